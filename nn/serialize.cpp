#include "nn/serialize.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "core/tensor/raw.h"
#include "nn/gru.h"
#include "nn/safetensors_header.h"
#include "nn/stored_tensors.h"

namespace grus::nn {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

namespace {

constexpr uint64_t most_header_bytes = 100'000'000;  // the format's own limit
constexpr const char* checksum_key = "grus.checksum";

std::string_view view_of(const void* bytes, size_t count) { return {static_cast<const char*>(bytes), count}; }

// A File reads bytes in order and computes their checksum.
class File {
 public:
  explicit File(const std::filesystem::path& path) : name_(path.string()) {
    require<DataError>(file_exists(path), "{}: need a safetensors file, got no such file", name_);
    require<DataError>(is_file(path) || is_file(path.parent_path()),
                       "{}: need a safetensors file, got something that is not a file", name_);
    bytes_.emplace(open_file_or_member(path));
  }
  void read(void* to, uint64_t bytes) {
    const size_t got = bytes_->read(to, static_cast<size_t>(bytes));
    require<DataError>(got == bytes, "{}: need {} more bytes, got {}", name_, bytes, got);
    crc_.add(view_of(to, bytes));
  }
  // Reads JSON that may bear the file's checksum. The checksum covers the JSON with zeros in the place of its digits.
  std::string read_header(uint64_t bytes) {
    const Crc32 before = crc_;
    std::string text(bytes, '\0'), covered;
    read(text.data(), bytes);
    covered = text;
    seal_ = open_seal(covered, written_crc_);
    crc_ = before;
    crc_.add(covered);
    return text;
  }
  // Throws at the end unless the bytes are those that were written. Files of other programs have no checksum.
  void check(bool has_checksum) const {
    require<DataError>(seal_ == Seal::found || (seal_ == Seal::none && !has_checksum),
                       "{}: need a checksum as Grus writes it, got a damaged one", name_);
    require<DataError>(seal_ == Seal::none || crc_.value() == written_crc_,
                       "{}: need bytes with {}, got {}: the file is damaged, or another program changed it and kept "
                       "'{}' in its metadata",
                       name_, checksum_text(written_crc_), checksum_text(crc_.value()), checksum_key);
  }
  const std::string& name() const { return name_; }
  uint64_t size() const { return bytes_->size(); }

 private:
  std::string name_;
  std::optional<FileBytes> bytes_;
  Crc32 crc_;
  Seal seal_ = Seal::none;
  uint32_t written_crc_ = 0;
};

// Reads floats in pieces, which stay in the cache while they are checked and stored.
Tensor read_floats(File& file, const TensorEntry& entry, Device device, std::vector<std::byte>& buffer) {
  constexpr size_t piece = size_t{1} << 17;
  Tensor tensor = Tensor::empty(entry.shape, dtype_of_stored(entry.stored), device);
  const View view = Raw::write_view(tensor);
  buffer.resize(std::max(buffer.size(), piece));
  const size_t size = entry.end - entry.begin;
  for (size_t at = 0; at < size; at += piece) {
    const size_t bytes = std::min(piece, size - at);
    file.read(buffer.data(), bytes);
    device.check(device.kernels().upload(device.context(), view.buffer, at, buffer.data(), bytes), "upload");
  }
  return tensor;
}

// The buffer serves all tensors: fresh memory for each would cost more than reading it.
Tensor read_tensor(File& file, const TensorEntry& entry, Device device, std::vector<std::byte>& buffer) {
  if (is_float(dtype_of_stored(entry.stored))) return read_floats(file, entry, device, buffer);
  buffer.resize(std::max<size_t>(buffer.size(), entry.end - entry.begin));
  const std::span<const std::byte> bytes(buffer.data(), entry.end - entry.begin);
  file.read(buffer.data(), bytes.size());
  const bool valid = entry.stored != Stored::boolean ||
                     std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
  require<DataError>(valid, "{}: need bytes of 0 or 1 for the BOOL '{}', got others", file.name(), Shown{entry.name});
  return Tensor::from_bytes(bytes, entry.shape, dtype_of_stored(entry.stored), device);
}

// Returns the header, padded so that the data starts at a multiple of 8, with an open seal.
std::string header_bytes(const std::vector<StoredTensor>& tensors, Metadata metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  metadata[checksum_key] = empty_seal;
  header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const StoredTensor& entry : tensors) {
    const uint64_t end = offset + static_cast<uint64_t>(entry.shape.numel()) * size_of(entry.type);
    header[entry.name] = {{"dtype", name_of(entry.type)},
                          {"shape", std::vector<int64_t>(entry.shape.begin(), entry.shape.end())},
                          {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    fail<UsageError>("[write_safetensors] need names and metadata in UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + text;
}

// Calls visit(bytes) for one tensor after the other. The file's beginning depends on all of them, and together they may
// be too large to hold twice.
template <class Visit>
void visit_bytes(const std::vector<StoredTensor>& tensors, const Visit& visit) {
  for (const StoredTensor& entry : tensors) {
    const std::vector<std::byte> bytes = entry.bytes();
    visit(view_of(bytes.data(), bytes.size()));
  }
}

}  // namespace

namespace {

SafetensorsHeader read_header(File& file) {
  uint64_t length = 0;
  require<DataError>(file.size() >= 8, "{}: need a safetensors file of at least 8 bytes, got {}", file.name(),
                     file.size());
  file.read(&length, 8);
  require<DataError>(
      length <= file.size() - 8 && length <= most_header_bytes,
      "{}: need a header that fits in the file's {} bytes, got a length of {}: not a safetensors file, or truncated",
      file.name(), file.size(), length);
  return parse_safetensors_header(file.name(), file.read_header(length), file.size() - 8 - length);
}

}  // namespace

WeightForm weight_form(const std::filesystem::path& path) {
  File file(path);
  return form_of(read_header(file));
}

TensorFile read_safetensors(const std::filesystem::path& path, Device device) {
  File file(path);
  SafetensorsHeader header = read_header(file);
  const bool has_checksum = header.metadata.erase(checksum_key) > 0;
  TensorFile content;
  content.metadata = std::move(header.metadata);
  std::vector<std::byte> buffer;
  for (const TensorEntry& entry : header.entries)
    content.tensors.push_back({entry.name, read_tensor(file, entry, device, buffer)});
  file.check(has_checksum);
  content.form = widen_quantized(file.name(), header.entries, content.tensors, content.metadata);
  return content;
}

namespace {

// Hands the file's bytes to `write`, piece by piece, all but the first of which are one tensor's.
template <class Write>
void write_pieces(const NamedTensors& tensors, Metadata metadata, WeightForm form, const Write& write) {
  for (const NamedTensor& entry : tensors)
    require<UsageError>(entry.tensor.defined(), "[write_safetensors] need a tensor for '{}', got an undefined one",
                        entry.name);
  std::vector<StoredTensor> order = stored_as(form, tensors, metadata);
  std::set<std::string> names{"__metadata__"};
  for (const StoredTensor& entry : order)
    require<UsageError>(names.insert(entry.name).second, "[write_safetensors] need each name once, got '{}' again",
                        entry.name);
  // Wide elements come first, so that each tensor starts at a multiple of its element's size.
  std::stable_sort(order.begin(), order.end(),
                   [](const StoredTensor& a, const StoredTensor& b) { return size_of(a.type) > size_of(b.type); });
  std::string header = header_bytes(order, metadata);
  Crc32 crc;
  crc.add(header);
  visit_bytes(order, [&crc](std::string_view bytes) { crc.add(bytes); });
  close_seal(header, crc.value());
  write(std::string_view(header));
  visit_bytes(order, write);
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata,
                       WeightForm form) {
  std::optional<AtomicFile> file;  // made when there is something to write: what cannot be written leaves no file
  write_pieces(tensors, metadata, form, [&](std::string_view bytes) {
    if (!file) file.emplace(path);
    file->write(bytes);
  });
  file->commit();
}

std::string safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata, WeightForm form) {
  std::string all;
  write_pieces(tensors, metadata, form, [&](std::string_view bytes) { all += bytes; });
  return all;
}

namespace {

void add_conventions(Metadata& metadata, const ModuleBase& module) {
  const auto all = module.conventions();
  const bool one = std::ranges::all_of(all, [&](const auto& entry) { return entry.second == all.front().second; });
  for (const auto& [path, convention] : all)
    if (convention != convention_of({})) metadata.emplace(convention_key(one ? "" : path), convention);
}

}  // namespace

std::string convention_key(std::string_view path) {
  return path.empty() ? "grus.gru" : fmt::format("grus.gru:{}", path);
}

std::string convention_in(const Metadata& metadata, std::string_view path) {
  auto said = metadata.find(convention_key(path));
  if (said == metadata.end()) said = metadata.find(convention_key());
  return said == metadata.end() ? "" : said->second;
}

void check_conventions(const std::string& file, const TensorFile& content, const ModuleBase& module) {
  for (const auto& [path, wanted] : module.conventions()) {
    const auto below = [&, &path = path](const NamedTensor& entry) {
      return path.empty() || entry.name.starts_with(path + ".");
    };
    if (std::ranges::none_of(content.tensors, below)) continue;
    const std::string said = convention_in(content.metadata, path), got = said.empty() ? convention_of({}) : said;
    require<DataError>(got == wanted, "{}: need a GRU{} of '{}', got one of '{}'{}", file,
                       path.empty() ? "" : fmt::format(" '{}'", path), wanted, Shown{got},
                       said.empty() ? ", which is PyTorch's, as the file names none" : "");
  }
}

void save_weights(const std::filesystem::path& path, const ModuleBase& module, const Metadata& metadata) {
  Metadata all = metadata;
  add_conventions(all, module);
  for (const auto& [alias, stored] : module.aliases()) all.emplace(alias, stored);
  write_safetensors(path, module.state_dict(), all);
}

LoadReport load_weights(const std::filesystem::path& path, ModuleBase& module, bool strict) {
  TensorFile file = read_safetensors(path);
  check_conventions(path.string(), file, module);
  try {
    return module.load_state_dict(std::move(file.tensors), strict);
  } catch (const DataError& e) {
    fail<DataError>("{}: {}", path.string(), e.what());
  }
}

}  // namespace grus::nn
