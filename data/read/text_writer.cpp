#include "data/read/text_writer.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/base/error.h"

namespace grus::data {

// A gzip member whose header has neither name nor time, so that the same text gives the same bytes.
class TextWriter::Gzip {
 public:
  Gzip() {
    constexpr int gzip_window = 15 + 16;
    require<Error>(deflateInit2(&stream_, 6, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                   "[gzip] need memory to pack, got none");
  }
  ~Gzip() { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  template <class Put>
  void pack(std::string_view text, int flush, const Put& put) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<uInt>(out_.size());
      deflate(&stream_, flush);
      put(std::string_view(reinterpret_cast<const char*>(out_.data()), out_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::array<Bytef, 1u << 16> out_;
};

struct TextWriter::Target {
  std::optional<AtomicFile> file;  // standard output has none
  std::optional<Gzip> gzip;
  std::string waiting;
};

TextWriter::TextWriter(const std::string& path) : target_(new Target) {
  if (path != "-") target_->file.emplace(path);
  if (path.ends_with(".gz")) target_->gzip.emplace();
}

TextWriter::~TextWriter() = default;

void TextWriter::put(std::string_view bytes) {
  if (bytes.empty()) return;
  if (target_->file) return target_->file->write(bytes);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  require<Error>(written, "standard output: {}", std::strerror(errno));
}

void TextWriter::write(std::string_view text) {
  constexpr size_t enough = 1u << 16;
  target_->waiting += text;
  if (target_->waiting.size() < enough) return;
  if (target_->gzip) target_->gzip->pack(target_->waiting, Z_NO_FLUSH, [this](std::string_view bytes) { put(bytes); });
  else put(target_->waiting);
  target_->waiting.clear();
}

void TextWriter::flush() {
  if (target_->file) return;
  put(target_->waiting);
  target_->waiting.clear();
  const bool written = std::fflush(stdout) == 0;
  require<Error>(written, "standard output: {}", std::strerror(errno));
}

void TextWriter::commit() {
  if (target_->gzip) target_->gzip->pack(target_->waiting, Z_FINISH, [this](std::string_view bytes) { put(bytes); });
  if (!target_->file) return flush();
  if (!target_->gzip) put(target_->waiting);
  target_->file->commit();
}

}  // namespace grus::data
