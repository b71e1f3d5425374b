#include "data/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/little_endian.h"

namespace grus::data {
namespace {

constexpr uint64_t end_bytes = 22, locator_bytes = 20, wide_end_bytes = 56, entry_bytes = 46, header_bytes = 30;
constexpr uint32_t see_wide = 0xFFFFFFFFu;  // a size or offset stands in zip64's field
constexpr uint16_t stored = 0, deflated = 8;

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
    const size_t got = entry_.method == stored ? next(to, wanted) : unpack(to, wanted);
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
    const bool longer = entry_.method == stored ? passed_ < entry_.packed : !ended_ && unpack(&more, 1) > 0;
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

// Replaces sizes and the offset by those of zip64's extra field, which holds those that say see_wide, in this order.
bool read_wide(std::string_view extra, uint64_t& bytes, uint64_t& packed, uint64_t& offset) {
  std::vector<uint64_t*> wanted;
  for (uint64_t* field : {&bytes, &packed, &offset})
    if (*field == see_wide) wanted.push_back(field);
  while (!wanted.empty() && extra.size() >= 4) {
    const auto id = number_at<uint16_t>(extra, 0), length = number_at<uint16_t>(extra, 2);
    if (extra.size() < 4u + length) return false;
    if (id == 1 && length >= 8 * wanted.size()) {
      for (size_t i = 0; i < wanted.size(); ++i) *wanted[i] = number_at<uint64_t>(extra, 4 + 8 * i);
      return true;
    }
    extra.remove_prefix(4u + length);
  }
  return wanted.empty();
}

}  // namespace

ZipReader::ZipReader(const std::string& path) : name_(path), stream_(path, std::ios::binary) {
  std::error_code error;
  require<DataError>(std::filesystem::exists(path, error), "{}: need a zip archive, got no such file", path);
  size_ = std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
  require<DataError>(stream_.is_open() && !error, "{}: need a file that can be read", path);
  const Directory directory = find_directory();
  read_entries(directory);
  check_overlap(directory.begin);
}

std::string ZipReader::at(uint64_t offset, uint64_t count, const char* what) {
  require<DataError>(offset <= size_ && count <= size_ - offset,
                     "{}: need {} bytes of {} at byte {}, got a file of {} bytes", name_, count, what, offset, size_);
  std::string bytes(count, '\0');
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(offset));
  stream_.read(bytes.data(), static_cast<std::streamsize>(count));
  require<DataError>(static_cast<uint64_t>(stream_.gcount()) == count, "{}: need {} more bytes, got {}", name_, count,
                     stream_.gcount());
  return bytes;
}

ZipReader::Directory ZipReader::find_directory() {
  constexpr uint64_t longest_comment = 65535;
  const uint64_t count = std::min(size_, end_bytes + longest_comment);
  const std::string tail = at(size_ - count, count, "the archive's end");
  size_t place = tail.rfind("PK\5\6");
  while (place != std::string::npos &&
         (tail.size() - place < end_bytes || tail.size() - place - end_bytes != number_at<uint16_t>(tail, place + 20)))
    place = place == 0 ? std::string::npos : tail.rfind("PK\5\6", place - 1);
  require<DataError>(place != std::string::npos,
                     "{}: need a zip archive, got no end of one: another file, or cut short", name_);
  const uint64_t end = size_ - count + place;
  Directory found{number_at<uint32_t>(tail, place + 16), number_at<uint32_t>(tail, place + 12),
                  number_at<uint16_t>(tail, place + 10)};
  if (end >= locator_bytes) found = find_wide_directory(end, found);
  require<DataError>(found.begin <= end && found.bytes <= end - found.begin,
                     "{}: need a directory before byte {}, got one of {} bytes at byte {}", name_, end, found.bytes,
                     found.begin);
  return found;
}

ZipReader::Directory ZipReader::find_wide_directory(uint64_t end, Directory found) {
  const std::string locator = at(end - locator_bytes, locator_bytes, "zip64's locator");
  if (!locator.starts_with("PK\6\7")) return found;
  const std::string wide = at(number_at<uint64_t>(locator, 8), wide_end_bytes, "zip64's end");
  require<DataError>(wide.starts_with("PK\6\6"), "{}: need zip64's end at byte {}, got something else", name_,
                     number_at<uint64_t>(locator, 8));
  return {number_at<uint64_t>(wide, 48), number_at<uint64_t>(wide, 40), number_at<uint64_t>(wide, 32)};
}

void ZipReader::read_entries(const Directory& directory) {
  const std::string bytes = at(directory.begin, directory.bytes, "the directory");
  std::set<std::string> names;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t offset = bytes.size() - rest.size();
    const bool whole = rest.size() >= entry_bytes && rest.starts_with("PK\1\2");
    const uint64_t length = whole ? number_at<uint16_t>(rest, 28) : 0,
                   extra = whole ? number_at<uint16_t>(rest, 30) : 0;
    const uint64_t total = entry_bytes + length + extra + (whole ? number_at<uint16_t>(rest, 32) : 0);
    require<DataError>(whole && total <= rest.size(), "{}: need an entry of the directory at byte {}, got none", name_,
                       directory.begin + offset);
    ZipEntry entry{.name = std::string(rest.substr(entry_bytes, length)),
                   .method = number_at<uint16_t>(rest, 10),
                   .crc = number_at<uint32_t>(rest, 16),
                   .packed = number_at<uint32_t>(rest, 20),
                   .bytes = number_at<uint32_t>(rest, 24),
                   .header = number_at<uint32_t>(rest, 42)};
    const Shown name{entry.name};
    require<DataError>(read_wide(rest.substr(entry_bytes + length, extra), entry.bytes, entry.packed, entry.header),
                       "{}: need zip64's sizes of '{}', got none", name_, name);
    require<DataError>(names.insert(entry.name).second, "{}: need each name once, got '{}' again", name_, name);
    require<DataError>((number_at<uint16_t>(rest, 8) & 1u) == 0, "{}: need members in the clear, got '{}' encrypted",
                       name_, name);
    require<DataError>(entry.method == stored || entry.method == deflated,
                       "{}: need members stored or deflated, got '{}' by method {}", name_, name, entry.method);
    locate(entry);
    entries_.push_back(std::move(entry));
    rest.remove_prefix(total);
  }
  require<DataError>(entries_.size() == directory.entries, "{}: need {} entries in the directory, got {}", name_,
                     directory.entries, entries_.size());
}

void ZipReader::locate(ZipEntry& entry) {
  const std::string header = at(entry.header, header_bytes, "a member's header");
  const uint64_t length = number_at<uint16_t>(header, 26), begin = entry.header + header_bytes;
  require<DataError>(
      header.starts_with("PK\3\4") && length == entry.name.size() && at(begin, length, "a member's name") == entry.name,
      "{}: need the header of '{}' at byte {}, got something else", name_, Shown{entry.name}, entry.header);
  entry.begin = begin + length + number_at<uint16_t>(header, 28);
}

// Members that share bytes make a small file hold more than anybody packed.
void ZipReader::check_overlap(uint64_t directory) const {
  std::vector<const ZipEntry*> order;
  for (const ZipEntry& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->header < b->header; });
  for (size_t i = 0; i < order.size(); ++i) {
    const uint64_t end = i + 1 < order.size() ? order[i + 1]->header : directory;
    require<DataError>(order[i]->begin <= end && order[i]->packed <= end - order[i]->begin,
                       "{}: need members that do not overlap, got {} bytes of '{}' at byte {}", name_, order[i]->packed,
                       Shown{order[i]->name}, order[i]->begin);
  }
}

std::unique_ptr<ByteSource> ZipReader::open(const ZipEntry& entry) {
  return std::make_unique<Member>(name_, stream_, entry);
}

}  // namespace grus::data
