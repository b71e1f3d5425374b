#include "data/read/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/npy_format.h"
#include "data/read/text.h"
#include "data/read/text_writer.h"
#include "data/read/zip.h"

namespace grus::data {
namespace {

constexpr std::string_view suffix = ".npy";

void require_array(const char* where, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", where);
}

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Tensor read_npy(const std::string& path, Device device, uint64_t most) {
  ByteReader reader(path);
  return decode_npy(reader, most, device);
}

void write_npy(const std::string& path, const Tensor& x) {
  require_array("write_npy", x);
  TextWriter out(path);
  out.write(npy_header(x));
  out.write(text_of(x.to_bytes()));
  out.commit();
}

struct NpzFile::Archive {
  std::string path;
  ZipReader zip;
};

NpzFile::NpzFile(const std::string& path) : archive_(new Archive{path, ZipReader(path)}) {}
NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> names;
  for (const ZipEntry& entry : archive_->zip.entries())
    if (entry.name.ends_with(suffix)) names.push_back(entry.name.substr(0, entry.name.size() - suffix.size()));
  return names;
}

bool NpzFile::has(const std::string& name) const {
  const std::vector<std::string> all = names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

Tensor NpzFile::read(const std::string& name, Device device, uint64_t most) const {
  for (const ZipEntry& entry : archive_->zip.entries())
    if (entry.name == name + std::string(suffix)) return decode_npy(*archive_->zip.open(entry), most, device);
  fail<DataError>("{}: need an array of: {}, got '{}'", archive_->path,
                  printable(fmt::format("{}", fmt::join(names(), ", "))), Shown{name});
}

void write_npz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays, bool compressed) {
  constexpr size_t longest_name = 65'000;
  std::set<std::string_view> seen;
  for (const auto& [name, array] : arrays) {
    require_array("write_npz", array);
    const bool valid = !name.empty() && name.size() <= longest_name && find_invalid_utf8(name) == std::string::npos;
    require<UsageError>(valid && seen.insert(name).second,
                        "[write_npz] need names that differ, of 1 to {} bytes in UTF-8, got '{}'", longest_name,
                        Shown{name});
  }
  ZipWriter zip(path);
  for (const auto& [name, array] : arrays) {
    std::string member = npy_header(array);
    member += text_of(array.to_bytes());
    zip.add(name + std::string(suffix), member, compressed);
  }
  zip.commit();
}

}  // namespace grus::data
