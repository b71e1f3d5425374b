#pragma once
// Zip archives (APPNOTE 6.3, with zip64), as far as .npz files need them.
// Sources: zip.cpp, zip_member.cpp, zip_writer.cpp.
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/atomic_file.h"
#include "data/read/byte_reader.h"

namespace grus::data {

constexpr uint32_t see_wide = 0xFFFFFFFFu;  // a size or offset stands in the field of zip64

struct ZipEntry {
  std::string name;
  static constexpr uint16_t stored = 0, deflated = 8;
  uint16_t method = stored;
  uint32_t crc = 0;
  uint64_t packed = 0, bytes = 0;  // sizes in the file and unpacked
  uint64_t header = 0, begin = 0;  // where its local header and its bytes begin
};

class ZipReader {
 public:
  /// Reads the directory. Throws DataError as NpzFile's constructor does.
  explicit ZipReader(const std::string& path);
  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// Opens a member. Its read() gives no more than entry.bytes, and at the end throws DataError unless size and CRC-32
  /// are those of the directory.
  std::unique_ptr<ByteSource> open(const ZipEntry& entry);

 private:
  struct Directory {
    uint64_t begin, bytes, entries;
  };
  std::string at(uint64_t offset, uint64_t count, const char* what);
  Directory find_directory();
  Directory find_wide_directory(uint64_t end, Directory found);
  void read_entries(const Directory& directory);
  void locate(ZipEntry& entry);
  void check_overlap(uint64_t directory) const;

  std::string name_;
  std::ifstream stream_;
  uint64_t size_ = 0;
  std::vector<ZipEntry> entries_;
};

/// Writes members one after the other, in zip64's form, which holds members of any size.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path) : file_(path) {}
  void add(const std::string& name, std::string_view bytes, bool compressed);
  void commit();

 private:
  AtomicFile file_;
  uint64_t written_ = 0, entries_ = 0;
  std::string directory_;
};

}  // namespace grus::data
