#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/npy_format.h"
#include "data/read/zip.h"
#include "formats/pickle.h"
#include "formats/torch_file.h"

namespace grus::formats {
namespace {

using Kind = PickleValue::Kind;

constexpr uint64_t most_pickle_bytes = uint64_t{1} << 28;
constexpr int most_depth = 32;        // of dicts in dicts
constexpr uint64_t most_repeats = 8;  // tensors may hold so many times the file's bytes, by sharing storages

struct StorageType {
  std::string_view name;   // what a pickle says
  std::string_view descr;  // NumPy's name of the elements; bfloat16 has none
  int64_t bytes;
};
constexpr StorageType storage_types[] = {{"torch.FloatStorage", "<f4", 4}, {"torch.DoubleStorage", "<f8", 8},
                                         {"torch.HalfStorage", "<f2", 2},  {"torch.BFloat16Storage", "", 2},
                                         {"torch.IntStorage", "<i4", 4},   {"torch.LongStorage", "<i8", 8},
                                         {"torch.ShortStorage", "<i2", 2}, {"torch.CharStorage", "|i1", 1},
                                         {"torch.ByteStorage", "|u1", 1},  {"torch.BoolStorage", "|b1", 1}};

constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2",
                           rebuild_parameter = "torch._utils._rebuild_parameter";

std::vector<std::string_view> known_names() {
  std::vector<std::string_view> names = {rebuild_tensor, rebuild_parameter, "collections.OrderedDict"};
  for (const StorageType& type : storage_types) names.push_back(type.name);
  return names;
}

// What a tensor is made of: elements of a storage, from an offset on, with strides.
struct Layout {
  const StorageType* type = nullptr;
  std::string storage;
  int64_t offset = 0;
  Shape shape;
  std::vector<int64_t> strides;
};

class TorchFile {
 public:
  TorchFile(const std::filesystem::path& path, Device device)
      : file_(path.string()), device_(device), zip_(open(file_)) {
    std::error_code error;
    room_ = std::filesystem::file_size(path, error) * most_repeats;
    const data::ZipEntry* pickle = nullptr;
    for (const data::ZipEntry& entry : zip_.entries()) {
      members_[entry.name] = &entry;
      if (entry.name.ends_with("/data.pkl") && std::ranges::count(entry.name, '/') == 1) pickle = &entry;
    }
    require<DataError>(pickle, "{}: need the member data.pkl of a file of torch.save, got an archive without it",
                       file_);
    prefix_ = pickle->name.substr(0, pickle->name.size() - std::string_view("data.pkl").size());
    require<DataError>(!members_.contains(prefix_ + "constants.pkl"),
                       "{}: need a state dict of torch.save, got a TorchScript program", file_);
    if (const auto order = members_.find(prefix_ + "byteorder"); order != members_.end())
      require<DataError>(bytes_of(*order->second) == "little",
                         "{}: need numbers whose lowest byte is first, got others", file_);
    require<DataError>(pickle->bytes <= most_pickle_bytes, "{}: need a pickle of at most {} bytes, got {}", file_,
                       most_pickle_bytes, pickle->bytes);
    const Pickle content(bytes_of(*pickle), file_, known_names());
    require<DataError>(content.root().kind == Kind::dict, "{}: need a dict of tensors, got {}", file_,
                       describe(content.root()));
    collect(content.root(), "", 0);
  }

  nn::NamedTensors tensors;

 private:
  static data::ZipReader open(const std::string& file) {
    {
      data::ByteReader begin(file);
      std::string first(4, '\0');
      first.resize(begin.read(first.data(), first.size()));
      require<DataError>(first.starts_with("PK"),
                         "{}: need a file of torch.save since PyTorch 1.6 (a zip archive), got another", file);
    }
    return data::ZipReader(file);
  }

  std::string bytes_of(const data::ZipEntry& entry) {
    require<DataError>(entry.method == data::ZipEntry::stored, "{}: need members that are stored, got '{}' packed",
                       file_, Shown{entry.name});
    const auto source = zip_.open(entry);
    std::string bytes = source->take(entry.bytes, "a member");
    char after = 0;
    source->read(&after, 1);  // the end is where its checksum is compared
    return bytes;
  }

  void collect(const PickleValue& value, const std::string& name, int depth) {
    require<DataError>(depth <= most_depth, "{}: need dicts at most {} deep, got '{}'", file_, most_depth, Shown{name});
    const std::string before = name.empty() ? "" : name + ".";
    if (value.kind == Kind::dict)
      for (const auto& [key, inner] : value.entries)
        collect(*inner, before + (key->kind == Kind::integer ? fmt::to_string(key->integer) : key->text), depth + 1);
    if (value.kind == Kind::list || value.kind == Kind::tuple)
      for (size_t i = 0; i < value.items.size(); ++i) collect(*value.items[i], before + fmt::to_string(i), depth + 1);
    if (value.kind == Kind::call) tensors.push_back({name, tensor_of(value, name)});
    most(++values_ <= 10'000'000, name);
  }

  // Throws for what a small file could claim to fill a memory with.
  void most(bool holds, const std::string& name) const {
    require<DataError>(holds, "{}: need tensors of at most {} times the file's bytes, got more at '{}'", file_,
                       most_repeats, Shown{name});
  }

  [[noreturn]] void refuse(const std::string& name, const PickleValue& got) const {
    fail<DataError>("{}: need a tensor as torch.save writes it at '{}', got {}", file_, Shown{name}, describe(got));
  }

  Tensor tensor_of(const PickleValue& call, const std::string& name) {
    const PickleValue& arguments = *call.items[1];
    if (arguments.kind != Kind::tuple || arguments.items.empty()) refuse(name, arguments);
    if (call.items[0]->text == rebuild_parameter) {
      if (arguments.items[0]->kind != Kind::call || arguments.items[0]->items[0]->text != rebuild_tensor)
        refuse(name, *arguments.items[0]);
      return tensor_of(*arguments.items[0], name);
    }
    return elements(layout_of(arguments, name), name);
  }

  Layout layout_of(const PickleValue& arguments, const std::string& name) const {
    const auto& items = arguments.items;
    if (items.size() < 4 || items[0]->kind != Kind::persistent || items[1]->kind != Kind::integer ||
        items[1]->integer < 0)
      refuse(name, arguments);
    const PickleValue& id = *items[0]->items[0];  // ("storage", type, key, device, count)
    if (id.kind != Kind::tuple || id.items.size() != 5 || id.items[2]->kind != Kind::text) refuse(name, id);
    Layout layout{.type = nullptr,
                  .storage = id.items[2]->text,
                  .offset = items[1]->integer,
                  .shape = {},
                  .strides = integers(*items[3], name)};
    for (const StorageType& type : storage_types)
      if (type.name == id.items[1]->text) layout.type = &type;
    if (!layout.type) refuse(name, *id.items[1]);
    const std::vector<int64_t> sizes = integers(*items[2], name);
    if (sizes.size() != layout.strides.size()) refuse(name, *items[3]);
    require<DataError>(sizes.size() <= static_cast<size_t>(max_rank), "{}: need at most {} axes of '{}', got {}", file_,
                       max_rank, Shown{name}, sizes.size());
    layout.shape = Shape(std::span<const int64_t>(sizes));
    return layout;
  }

  std::vector<int64_t> integers(const PickleValue& value, const std::string& name) const {
    if (value.kind != Kind::tuple && value.kind != Kind::list) refuse(name, value);
    std::vector<int64_t> all;
    for (const PickleValue* item : value.items) {
      if (item->kind != Kind::integer || item->integer < 0) refuse(name, *item);
      all.push_back(item->integer);
    }
    return all;
  }

  Tensor elements(const Layout& at, const std::string& name) {
    const auto member = members_.find(prefix_ + "data/" + at.storage);
    require<DataError>(member != members_.end(), "{}: need the storage of '{}', got none of the name '{}'", file_,
                       Shown{name}, Shown{at.storage});
    const auto held = static_cast<int64_t>(member->second->bytes) / at.type->bytes;
    const std::optional<int64_t> count = count_inside(at, held);
    require<DataError>(count.has_value(), "{}: need '{}' inside of its storage of {} elements, got another place",
                       file_, Shown{name}, held);
    const auto bytes = static_cast<uint64_t>(*count * at.type->bytes);
    most(bytes <= room_, name);
    room_ -= bytes;
    if (at.storage != storage_name_) {
      storage_ = bytes_of(*member->second);
      storage_name_ = at.storage;
    }
    return tensor_from(gathered(at, *count), at);
  }

  // Returns the number of elements, or nothing where one would lie outside of the storage's `held`.
  static std::optional<int64_t> count_inside(const Layout& at, int64_t held) {
    int64_t count = 1, last = at.offset;
    for (int axis = 0; axis < at.shape.rank(); ++axis) {
      const int64_t size = at.shape[axis], stride = at.strides[static_cast<size_t>(axis)];
      if (size == 0) return 0;
      int64_t reach = 0;
      if (__builtin_mul_overflow(count, size, &count) || count > (int64_t{1} << 40)) return std::nullopt;
      if (__builtin_mul_overflow(size - 1, stride, &reach) || __builtin_add_overflow(last, reach, &last))
        return std::nullopt;
    }
    if (last >= held) return std::nullopt;
    return count;
  }

  // Returns the elements' bytes in C order.
  std::string gathered(const Layout& at, int64_t count) const {
    const auto size = static_cast<size_t>(at.type->bytes);
    std::string bytes;
    bytes.reserve(static_cast<size_t>(count) * size);
    std::vector<int64_t> index(at.strides.size());
    for (int64_t i = 0, from = at.offset; i < count; ++i) {
      bytes.append(storage_, static_cast<size_t>(from) * size, size);
      for (size_t axis = index.size(); axis-- > 0;) {
        from += at.strides[axis];
        if (++index[axis] < at.shape[static_cast<int>(axis)]) break;
        from -= index[axis] * at.strides[axis];
        index[axis] = 0;
      }
    }
    return bytes;
  }

  Tensor tensor_from(const std::string& bytes, const Layout& at) const {
    if (!at.type->descr.empty())
      return data::npy_elements(bytes, std::string(at.type->descr), at.shape, device_, file_);
    return Tensor::from_bytes(std::as_bytes(std::span(bytes)), at.shape, DType::bf16, device_);
  }

  const std::string file_;
  const Device device_;
  data::ZipReader zip_;
  std::map<std::string, const data::ZipEntry*> members_;
  std::string prefix_, storage_name_, storage_;
  uint64_t room_ = 0;
  int64_t values_ = 0;
};

}  // namespace

nn::NamedTensors read_torch(const std::filesystem::path& path, Device device) {
  return std::move(TorchFile(path, device).tensors);
}

}  // namespace grus::formats
