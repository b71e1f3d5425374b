#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/zip.h"

namespace grus::data {
namespace {

// A member's bytes, unpacked.
class Member : public ByteSource {
 public:
  Member(const std::string& archive, std::ifstream& stream, const ZipEntry& entry)
      : ByteSource(fmt::format("{}: '{}'", archive, printable(entry.name))), stream_(stream), entry_(entry) {
    constexpr int raw_window = -15;
    require<Error>(inflateInit2(&inflate_, raw_window) == Z_OK, "[zip] need memory to unpack, got none");
  }
  ~Member() override { inflateEnd(&inflate_); }

 private:
  size_t read_some(char* to, unsigned most) override {
    const uint64_t left = entry_.bytes - position();
    const auto wanted = static_cast<unsigned>(std::min<uint64_t>(left, most));
    const size_t got = entry_.method == ZipEntry::stored ? next(to, wanted) : unpack(to, wanted);
    crc_ = crc32(crc_, reinterpret_cast<const Bytef*>(to), static_cast<uInt>(got));
    if (got == 0 && most > 0) check();
    return got;
  }

  // Reads packed bytes.
  size_t next(char* to, uint64_t most) {
    const uint64_t count = std::min(most, entry_.packed - passed_);
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(entry_.begin + passed_));
    stream_.read(to, static_cast<std::streamsize>(count));
    require<DataError>(static_cast<uint64_t>(stream_.gcount()) == count, "{}: need {} bytes, got {}", name(), count,
                       stream_.gcount());
    passed_ += count;
    return count;
  }

  size_t unpack(char* to, unsigned most) {
    inflate_.next_out = reinterpret_cast<Bytef*>(to);
    inflate_.avail_out = most;
    while (inflate_.avail_out == most && most > 0 && !ended_) {
      if (inflate_.avail_in == 0) {
        inflate_.avail_in = static_cast<uInt>(next(packed_.data(), packed_.size()));
        inflate_.next_in = reinterpret_cast<Bytef*>(packed_.data());
      }
      const int code = inflate(&inflate_, Z_NO_FLUSH);
      require<DataError>(code == Z_OK || code == Z_STREAM_END, "{}: need deflated bytes, got damaged or missing ones",
                         name());
      ended_ = code == Z_STREAM_END;
    }
    return most - inflate_.avail_out;
  }

  // Compares with the directory at the end.
  void check() {
    char more = 0;
    const bool longer = entry_.method == ZipEntry::stored ? passed_ < entry_.packed : !ended_ && unpack(&more, 1) > 0;
    require<DataError>(!longer && position() == entry_.bytes, "{}: need {} bytes unpacked, got {}", name(),
                       entry_.bytes, longer ? "more" : fmt::format("{}", position()));
    require<DataError>(crc_ == entry_.crc, "{}: need bytes with CRC-32 {:08x}, got {:08x}: the file is damaged", name(),
                       entry_.crc, crc_);
  }

  std::ifstream& stream_;
  const ZipEntry entry_;
  z_stream inflate_{};
  std::array<char, 1u << 15> packed_;
  uint64_t passed_ = 0;
  uLong crc_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> ZipReader::open(const ZipEntry& entry) {
  return std::make_unique<Member>(name_, stream_, entry);
}

}  // namespace grus::data
