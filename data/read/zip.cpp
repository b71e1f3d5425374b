#include "data/read/zip.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/little_endian.h"

namespace grus::data {
namespace {

constexpr uint64_t end_bytes = 22, locator_bytes = 20, wide_end_bytes = 56, entry_bytes = 46, header_bytes = 30;

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
    require<DataError>(entry.method == ZipEntry::stored || entry.method == ZipEntry::deflated,
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

}  // namespace grus::data
