#include "formats/hdf5_file.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "formats/own_process.h"

namespace grus::formats {
namespace {

template <class Entry>
const Entry* entry_of(const std::vector<std::pair<std::string, Entry>>& entries, std::string_view name) {
  const auto at = std::ranges::find_if(entries, [&](const auto& entry) { return entry.first == name; });
  return at == entries.end() ? nullptr : &at->second;
}

// Takes apart what flat_hdf5 returned. What a damaged file did to the other process may stand there, too.
class FlatReader {
 public:
  FlatReader(std::string_view bytes, const std::string& file, Device device)
      : bytes_(bytes), file_(file), device_(device) {}

  Hdf5Group group(int depth = 0) {
    needs(depth < 64);
    Hdf5Group result;
    for (uint64_t n = count(); n > 0; --n) {
      auto& [name, texts] = result.texts.emplace_back(text(), std::vector<std::string>());
      for (uint64_t of = count(); of > 0; --of) texts.push_back(text());
    }
    for (uint64_t n = count(); n > 0; --n) {
      const std::string name = text();
      result.arrays.emplace_back(name, array());
    }
    for (uint64_t n = count(); n > 0; --n) {
      const std::string name = text();
      result.groups.push_back(group(depth + 1));
      result.groups.back().name = name;
    }
    return result;
  }

 private:
  void needs(bool holds) const {
    require<DataError>(holds, "{}: need groups and arrays, got what cannot be read: damaged", file_);
  }
  std::string_view take(uint64_t size) {
    needs(size <= bytes_.size());
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  uint64_t number() {
    uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t count() {
    const uint64_t value = number();
    needs(value <= bytes_.size());
    return value;
  }
  std::string text() { return std::string(take(number())); }
  Tensor array() {
    const uint64_t width = number();
    if (width == 0) return {};
    needs(width == 4 || width == 8);
    std::vector<int64_t> sizes(std::min<uint64_t>(number(), max_rank + 1));
    needs(sizes.size() <= static_cast<size_t>(max_rank));
    uint64_t bytes = width;
    for (int64_t& size : sizes) {
      const uint64_t one = number();
      needs(one < uint64_t{1} << 40 && !__builtin_mul_overflow(bytes, one, &bytes));
      size = static_cast<int64_t>(one);
    }
    const std::string_view part = take(bytes);
    return Tensor::from_bytes({reinterpret_cast<const std::byte*>(part.data()), part.size()},
                              Shape(std::span<const int64_t>(sizes)), width == 8 ? DType::f64 : DType::f32, device_);
  }

  std::string_view bytes_;
  const std::string& file_;
  Device device_;
};

}  // namespace

const Hdf5Group* Hdf5Group::group(std::string_view wanted) const {
  const auto at = std::ranges::find_if(groups, [&](const Hdf5Group& one) { return one.name == wanted; });
  return at == groups.end() ? nullptr : &*at;
}

const Tensor* Hdf5Group::array(std::string_view wanted) const { return entry_of(arrays, wanted); }

const std::vector<std::string>* Hdf5Group::text(std::string_view wanted) const { return entry_of(texts, wanted); }

Hdf5Group read_hdf5(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& skipped,
                    Device device) {
  require<DataError>(bytes.substr(0, 8) == "\x89HDF\r\n\x1a\n", "{}: need an HDF5 file, got another", file);
  const std::string flat = in_own_process(file, [&] { return flat_hdf5(bytes, file, skipped); });
  return FlatReader(flat, file, device).group();
}

}  // namespace grus::formats
