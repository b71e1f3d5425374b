#include <zlib.h>

#include "core/base/error.h"
#include "data/read/little_endian.h"
#include "data/read/zip.h"

namespace grus::data {
namespace {

constexpr uint16_t version = 45;              // the first with zip64
constexpr uint16_t first_day = (1 << 5) | 1;  // 1 January 1980: the same members give the same bytes
constexpr uint16_t utf8_name = 1u << 11;

std::string deflated(std::string_view bytes) {
  z_stream stream{};
  constexpr int raw_window = -15;
  require<Error>(deflateInit2(&stream, 6, Z_DEFLATED, raw_window, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                 "[zip] need memory to pack, got none");
  constexpr size_t most = 1u << 30;  // zlib counts in 32 bits
  std::string packed, chunk(1u << 16, '\0');
  do {
    const std::string_view part = bytes.substr(0, most);
    bytes.remove_prefix(part.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = static_cast<uInt>(chunk.size());
      deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
      packed.append(chunk, 0, chunk.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  deflateEnd(&stream);
  return packed;
}

}  // namespace

void ZipWriter::add(const std::string& name, std::string_view bytes, bool compressed) {
  const std::string packed = compressed ? deflated(bytes) : std::string();
  const std::string_view content = compressed ? packed : bytes;
  const auto crc = static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  const auto length = static_cast<uint16_t>(name.size());
  // What a member's header and its entry in the directory have in common.
  std::string common, sizes;
  append_numbers(common, version, utf8_name, compressed ? ZipEntry::deflated : ZipEntry::stored, uint16_t{0}, first_day,
                 crc, see_wide, see_wide, length);
  append_numbers(sizes, uint64_t{bytes.size()}, uint64_t{content.size()});
  std::string header = "PK\3\4" + common;
  append_numbers(header, uint16_t{20});
  header += name;
  append_numbers(header, uint16_t{1}, uint16_t{16});
  header += sizes;
  directory_ += "PK\1\2";
  append_numbers(directory_, version);
  directory_ += common;
  append_numbers(directory_, uint16_t{28}, uint16_t{0}, uint16_t{0}, uint16_t{0}, uint32_t{0}, see_wide);
  directory_ += name;
  append_numbers(directory_, uint16_t{1}, uint16_t{24});
  directory_ += sizes;
  append_numbers(directory_, written_);
  file_.write(header);
  file_.write(content);
  written_ += header.size() + content.size();
  ++entries_;
}

void ZipWriter::commit() {
  std::string end;
  if (entries_ > 0) {
    end = "PK\6\6";
    append_numbers(end, uint64_t{44}, version, version, uint32_t{0}, uint32_t{0}, entries_, entries_,
                   uint64_t{directory_.size()}, written_);
    end += "PK\6\7";
    append_numbers(end, uint32_t{0}, uint64_t{written_ + directory_.size()}, uint32_t{1});
  }
  // An empty archive begins with its end: NumPy knows it by these four bytes.
  const auto count = static_cast<uint16_t>(entries_ > 0 ? 0xFFFF : 0);
  const uint32_t place = entries_ > 0 ? see_wide : 0;
  end += "PK\5\6";
  append_numbers(end, uint16_t{0}, uint16_t{0}, count, count, place, place, uint16_t{0});
  file_.write(directory_);
  file_.write(end);
  file_.commit();
}

}  // namespace grus::data
