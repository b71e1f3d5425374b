#include "core/base/pack.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"

namespace grus {

static_assert(std::endian::native == std::endian::little, "packs are little-endian");

namespace {

namespace fs = std::filesystem;

constexpr std::string_view pack_start = "GRUSPACK";
constexpr uint64_t alignment = 64, head_bytes = 16, most_json_bytes = 1 << 20;

uint64_t aligned(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

bool starts_as_pack(FileBytes& file) {
  std::string start(pack_start.size(), '\0');
  return file.read(start.data(), start.size()) == start.size() && start == pack_start;
}

// A name is one part of a path.
bool is_member_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

void copy(AtomicFile& to, const fs::path& from, uint64_t bytes) {
  FileBytes file(from);
  std::string chunk(1 << 20, '\0');
  uint64_t copied = 0;
  while (const size_t got = file.read(chunk.data(), chunk.size())) {
    to.write(std::string_view(chunk).substr(0, got));
    copied += got;
  }
  require<Error>(copied == bytes, "{}: need the {} bytes that it had, got {}: something else writes it", from.string(),
                 bytes, copied);
}

struct Head {
  std::string json;
  uint64_t behind = 0;  // where members begin to be counted
  uint64_t file_bytes = 0;
};

Head read_head(const fs::path& pack) {
  FileBytes file(pack);
  require<DataError>(starts_as_pack(file), "{}: need a pack of a model, got another file", pack.string());
  Head head{.json = {}, .file_bytes = file.size()};
  uint64_t size = 0;
  const bool whole = file.read(&size, sizeof size) == sizeof size;
  require<DataError>(whole && size <= most_json_bytes && head_bytes + size <= head.file_bytes,
                     "{}: need a list of its files, got {} bytes of it in a file of {}: damaged or cut short",
                     pack.string(), size, head.file_bytes);
  head.json.resize(static_cast<size_t>(size));
  head.json.resize(file.read(head.json.data(), head.json.size()));
  require<DataError>(check_seal(head.json) == Seal::found,
                     "{}: need a list of its files with their checksum, got a damaged one", pack.string());
  head.behind = head_bytes + size;
  return head;
}

}  // namespace

void write_pack(const fs::path& pack, std::vector<fs::path> files, const PackedInstead& instead) {
  const auto name_of = [](const fs::path& file) { return file.filename().string(); };
  const auto other_bytes = [&](const fs::path& file) -> const std::string* {
    const auto at = std::ranges::find(instead, name_of(file), &PackedInstead::value_type::first);
    return at == instead.end() ? nullptr : &at->second;
  };
  std::ranges::sort(files, {}, name_of);
  json::Json members = json::Json::object();
  std::vector<uint64_t> sizes;
  uint64_t end = 0;
  for (const fs::path& file : files) {
    require<UsageError>(is_member_name(name_of(file)) && !members.contains(name_of(file)),
                        "[write_pack] need files of different names, got '{}'", Shown{file.string()});
    std::error_code error;
    const std::string* const bytes = other_bytes(file);
    sizes.push_back(bytes ? bytes->size() : fs::file_size(file, error));
    require<Error>(!error, "{}: {}", file.string(), error.message());
    members[name_of(file)] = {{"begin", end}, {"bytes", sizes.back()}};
    end += aligned(sizes.back());
  }
  std::string text = json::Json{{"checksum", empty_seal}, {"files", members}}.dump();
  text.resize(static_cast<size_t>(aligned(head_bytes + text.size()) - head_bytes), ' ');
  seal(text);
  const uint64_t size = text.size();
  AtomicFile out(pack);
  out.write(pack_start);
  out.write({reinterpret_cast<const char*>(&size), sizeof size});
  out.write(text);
  for (size_t i = 0; i < files.size(); ++i) {
    if (const std::string* const bytes = other_bytes(files[i])) out.write(*bytes);
    else copy(out, files[i], sizes[i]);
    out.write(std::string(static_cast<size_t>(aligned(sizes[i]) - sizes[i]), '\0'));
  }
  out.commit();
}

std::vector<PackMember> read_pack(const fs::path& pack) {
  const Head head = read_head(pack);
  const json::Json list = json::parse(head.json, pack.string());
  const json::Json& files = json::Members(list, pack.string()).at("files");
  require<DataError>(files.is_object(), "{}: need its files as an object, got {}", pack.string(), json::Shown{files});
  const auto room = static_cast<int64_t>(head.file_bytes - head.behind);
  std::vector<PackMember> members;
  int64_t end = 0;
  for (const auto& [name, place] : files.items()) {
    require<DataError>(is_member_name(name) && place.is_object(), "{}: need names of files and their places, got '{}'",
                       pack.string(), Shown{name});
    const json::Members numbers(place, pack.string());
    const int64_t begin = numbers.whole("begin", end, room), bytes = numbers.whole("bytes", 0, room - begin);
    members.push_back({name, pack, head.behind + static_cast<uint64_t>(begin), static_cast<uint64_t>(bytes)});
    end = begin + bytes;
  }
  return members;
}

std::optional<PackMember> find_member(const fs::path& path) {
  const fs::path pack = path.parent_path();
  if (pack.empty() || !is_file(pack)) return std::nullopt;
  for (PackMember& member : read_pack(pack))
    if (member.name == path.filename()) return std::move(member);
  fail<DataError>("{}: need a file '{}' in it, got none", pack.string(), Shown{path.filename().string()});
}

FileBytes open_file_or_member(const fs::path& path) {
  const std::optional<PackMember> member = find_member(path);
  return member ? FileBytes(member->pack, member->begin, member->bytes) : FileBytes(path);
}

bool file_exists(const fs::path& path) {
  std::error_code ignored;
  const fs::path pack = path.parent_path();
  if (pack.empty() || !is_file(pack)) return find_memory_file(path) || fs::exists(path, ignored);
  return std::ranges::any_of(read_pack(pack), [&](const PackMember& member) { return member.name == path.filename(); });
}

bool is_folder_or_pack(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return true;
  if (!is_file(path)) return false;
  FileBytes file(path);
  return starts_as_pack(file);
}

}  // namespace grus
