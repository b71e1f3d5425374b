#pragma once
// A pack is the files of one folder in one file, which stands in the folder's place: PACK/NAME is the path of its
// member NAME for all that reads models. Layout, little-endian:
//   8 bytes "GRUSPACK", 8 bytes the size of the JSON, the JSON and spaces up to a multiple of 64, the members' bytes
//   {"checksum": "grus.crc32:...", "files": {"config.json": {"begin": 0, "bytes": 812}, ...}}
// Members begin at multiples of 64 bytes, counted from the JSON's end, and follow one another in the order of their
// names. The checksum is the JSON's; the members of a model are checked by those that the model has of them.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file_bytes.h"

namespace grus {

/// Where a member's bytes are.
struct PackMember {
  std::string name;
  std::filesystem::path pack;
  uint64_t begin = 0, bytes = 0;
};

/// Other bytes than a file has, by the name that it has in the pack.
using PackedInstead = std::vector<std::pair<std::string, std::string>>;
/// Writes the files, each under the last part of its path; the pack appears whole or not at all. Throws UsageError for
/// two of one name, Error for one that cannot be read, or that changes meanwhile.
void write_pack(const std::filesystem::path& pack, std::vector<std::filesystem::path> files,
                const PackedInstead& instead = {});
/// Returns the members in the order of their names. Throws DataError, naming the file, for what is no pack or damaged.
std::vector<PackMember> read_pack(const std::filesystem::path& pack);

/// Finds PACK/NAME; nothing for a path that is not within a file. Throws as read_pack does, and DataError for a member
/// that is not there.
std::optional<PackMember> find_member(const std::filesystem::path& path);
/// Opens a file, or a member of a pack. Throws as read_pack and FileBytes do, and DataError for a member that is not
/// there.
FileBytes open_file_or_member(const std::filesystem::path& path);
/// Says whether there is such a file, folder or member. Throws as read_pack does.
bool file_exists(const std::filesystem::path& path);
/// Says whether it is a folder, or a file that begins as a pack does.
bool is_folder_or_pack(const std::filesystem::path& path);

}  // namespace grus
