#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/little_endian.h"
#include "formats/hdf5_file.h"
#include "formats/hdf5_handle.h"

namespace grus::formats {

bool hdf5_available() { return true; }

namespace {

constexpr int most_depth = 24;
constexpr int most_objects = 100'000;
constexpr hsize_t most_text = hsize_t{1} << 26;  // bytes of one attribute

class Hdf5Reader {
 public:
  Hdf5Reader(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& skipped)
      : file_(file), skipped_(skipped), room_(bytes.size()) {
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access, 1 << 16, 0);
    // The library copies the bytes, and does not write into ours.
    H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size());
    // An image needs a name that no file has.
    const Hdf5Handle opened(H5Fopen("/dev/null/image", H5F_ACC_RDONLY, access), H5Fclose);
    require<DataError>(opened.good(), "{}: need an HDF5 file, got another, or one that is damaged", file_);
    const Hdf5Handle group(H5Gopen2(opened, "/", H5P_DEFAULT), H5Gclose);
    flat = read(checked(group, "/"), "", 0);
  }

  std::string flat;

 private:
  const Hdf5Handle& checked(const Hdf5Handle& handle, const std::string& what) const {
    require<DataError>(handle.good(), "{}: need '{}' in this file, got one that cannot be read: damaged", file_,
                       Shown{what});
    return handle;
  }

  std::string read(hid_t group, const std::string& path, int depth) {
    require<DataError>(depth < most_depth, "{}: need groups at most {} deep, got '{}'", file_, most_depth, Shown{path});
    std::string arrays, groups;
    uint64_t array_count = 0, group_count = 0;
    for (const std::string& name : names_of(group, path)) {
      if (depth == 0 && std::ranges::find(skipped_, name) != skipped_.end()) continue;
      const std::string inner = path + "/" + name;
      require<DataError>(++objects_ <= most_objects, "{}: need at most {} groups and arrays, got more", file_,
                         most_objects);
      H5L_info_t link{};
      require<DataError>(H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD,
                         "{}: need groups and arrays of this file, got the link '{}'", file_, Shown{inner});
      const Hdf5Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
      const H5I_type_t type = H5Iget_type(checked(object, inner));
      if (type == H5I_GROUP) {
        groups += text_bytes(name) + read(object, inner, depth + 1);
        ++group_count;
      } else if (type == H5I_DATASET) {
        arrays += text_bytes(name) + array(object, inner);
        ++array_count;
      }
    }
    return texts_in(group, path) + number_bytes(array_count) + arrays + number_bytes(group_count) + groups;
  }

  static std::string number_bytes(uint64_t value) {
    std::string bytes;
    data::append_numbers(bytes, value);
    return bytes;
  }
  static std::string text_bytes(const std::string& value) { return number_bytes(value.size()) + value; }

  std::vector<std::string> names_of(hid_t group, const std::string& path) const {
    std::vector<std::string> names;
    const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
      auto* list = static_cast<std::vector<std::string>*>(to);
      if (list->size() > most_objects) return -1;
      list->emplace_back(name);
      return 0;
    };
    require<DataError>(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) >= 0,
                       "{}: need the names in '{}', got what cannot be read: damaged", file_, Shown{path});
    return names;
  }

  std::string texts_in(hid_t group, const std::string& path) const {
    std::string all;
    uint64_t count = 0;
    H5O_info_t info{};
    require<DataError>(H5Oget_info2(group, &info, H5O_INFO_NUM_ATTRS) >= 0, "{}: need '{}', got what cannot be read",
                       file_, Shown{path});
    for (hsize_t i = 0; i < info.num_attrs; ++i) {
      const Hdf5Handle attribute(H5Aopen_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT),
                                 H5Aclose);
      const Hdf5Handle type(H5Aget_type(checked(attribute, path)), H5Tclose);
      if (H5Tget_class(checked(type, path)) != H5T_STRING) continue;
      std::string name(1024, '\0');
      const ssize_t length = H5Aget_name(attribute, name.size(), name.data());
      require<DataError>(length >= 0 && length < 1024, "{}: need short names of attributes in '{}'", file_,
                         Shown{path});
      name.resize(static_cast<size_t>(length));
      const std::vector<std::string> texts = texts_of(attribute, type, path);
      all += text_bytes(name) + number_bytes(texts.size());
      for (const std::string& text : texts) all += text_bytes(text);
      ++count;
    }
    return number_bytes(count) + all;
  }

  std::vector<std::string> texts_of(hid_t attribute, hid_t type, const std::string& path) const {
    const Hdf5Handle space(H5Aget_space(attribute), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(checked(space, path));
    const size_t size = H5Tget_size(type);
    const auto damaged = [&](bool holds) {
      require<DataError>(holds, "{}: need attributes of text in '{}', got what cannot be read", file_, Shown{path});
    };
    damaged(count >= 0 && static_cast<hsize_t>(count) <= most_objects && size > 0 &&
            static_cast<hsize_t>(count) * size <= most_text);
    std::vector<std::string> texts;
    if (count == 0) return texts;
    if (H5Tis_variable_str(type) > 0) {
      std::vector<char*> values(static_cast<size_t>(count), nullptr);
      damaged(H5Aread(attribute, type, values.data()) >= 0);
      for (const char* value : values) texts.emplace_back(value ? value : "");
      H5Dvlen_reclaim(type, space, H5P_DEFAULT, values.data());
      return texts;
    }
    std::string bytes(static_cast<size_t>(count) * size, '\0');
    damaged(H5Aread(attribute, type, bytes.data()) >= 0);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const std::string text = bytes.substr(i * size, size);
      texts.push_back(text.substr(0, text.find('\0')));
    }
    return texts;
  }

  std::string array(hid_t data, const std::string& path) {
    const Hdf5Handle type(H5Dget_type(data), H5Tclose), space(H5Dget_space(data), H5Sclose),
        made(H5Dget_create_plist(data), H5Pclose);
    checked(type, path), checked(space, path), checked(made, path);
    if (H5Tget_class(type) != H5T_FLOAT) return number_bytes(0);
    const H5D_layout_t layout = H5Pget_layout(made);
    require<DataError>((layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && H5Pget_nfilters(made) == 0 &&
                           H5Pget_external_count(made) == 0,
                       "{}: need arrays in one piece as Keras writes them, got '{}' in pieces, packed or elsewhere",
                       file_, Shown{path});
    const std::vector<hsize_t> sizes = sizes_of(space, path);
    hsize_t count = 1;
    for (const hsize_t one : sizes) count *= one;
    const size_t size = H5Tget_size(type);
    const uint64_t stored = count * size;
    require<DataError>(stored <= room_ && (count == 0 || H5Dget_storage_size(data) == stored),
                       "{}: need the bytes of '{}' ({} numbers), got a file that is too short", file_, Shown{path},
                       count);
    room_ -= stored;
    const uint64_t width = size > 4 ? 8 : 4;
    std::string bytes = number_bytes(width) + number_bytes(sizes.size());
    for (const hsize_t one : sizes) bytes += number_bytes(one);
    const size_t head = bytes.size();
    bytes.resize(head + count * width);
    const hid_t wanted = width == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
    require<DataError>(count == 0 || H5Dread(data, wanted, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data() + head) >= 0,
                       "{}: need the numbers of '{}', got what cannot be read: damaged", file_, Shown{path});
    return bytes;
  }

  std::vector<hsize_t> sizes_of(hid_t space, const std::string& path) const {
    const int rank = H5Sget_simple_extent_ndims(space);
    require<DataError>(rank >= 0 && rank <= max_rank && H5Sget_simple_extent_type(space) != H5S_NULL,
                       "{}: need at most {} axes of '{}', got another array", file_, max_rank, Shown{path});
    std::vector<hsize_t> sizes(static_cast<size_t>(rank));
    if (rank > 0) H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
    hsize_t count = 1;
    for (const hsize_t one : sizes)
      require<DataError>(
          one < (hsize_t{1} << 40) && !__builtin_mul_overflow(count, one, &count) && count < (hsize_t{1} << 40),
          "{}: need '{}' of fewer numbers, got an axis of {}", file_, Shown{path}, one);
    return sizes;
  }

  const std::string& file_;
  const std::vector<std::string_view>& skipped_;
  uint64_t room_;
  int objects_ = 0;
};

}  // namespace

std::string flat_hdf5(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& skipped) {
  const Hdf5Turn turn;
  return Hdf5Reader(bytes, file, skipped).flat;
}

}  // namespace grus::formats
