#include "core/base/error.h"
#include "formats/hdf5_file.h"
#include "formats/hdf5_handle.h"

namespace grus::formats {
namespace {

const Hdf5Handle& written(const Hdf5Handle& handle, const std::string& what) {
  require<Error>(handle.good(), "[write_hdf5] need room for '{}', got an error of the library", what);
  return handle;
}

// Texts have variable length and are UTF-8, as h5py writes them.
void write_text(hid_t group, const std::string& name, const std::string& text) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Hdf5Handle attribute(H5Acreate2(group, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const char* value = text.c_str();
  require<Error>(H5Awrite(written(attribute, name), type, &value) >= 0, "[write_hdf5] need room for '{}'", name);
}

void write_array(hid_t group, const std::string& name, const Tensor& x) {
  const bool wide = x.dtype() == DType::f64;
  require<UsageError>(wide || x.dtype() == DType::f32, "[write_hdf5] need '{}' in f32 or f64, got {}", name, x.dtype());
  const std::vector<hsize_t> sizes(x.shape().begin(), x.shape().end());
  const Hdf5Handle space(H5Screate_simple(x.rank(), sizes.data(), nullptr), H5Sclose),
      how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(how, false);  // the same weights give the same bytes
  const Hdf5Handle data(
      H5Dcreate2(group, name.c_str(), wide ? H5T_IEEE_F64LE : H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT),
      H5Dclose);
  const std::vector<std::byte> bytes = x.to_bytes();
  require<Error>(bytes.empty() || H5Dwrite(written(data, name), wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, H5S_ALL,
                                           H5S_ALL, H5P_DEFAULT, bytes.data()) >= 0,
                 "[write_hdf5] need room for '{}'", name);
}

void write_group(hid_t at, const Hdf5Group& group) {
  for (const auto& [name, texts] : group.texts) write_text(at, name, texts.at(0));
  for (const auto& [name, array] : group.arrays) write_array(at, name, array);
  for (const Hdf5Group& inner : group.groups) {
    const Hdf5Handle made(H5Gcreate2(at, inner.name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    write_group(written(made, inner.name), inner);
  }
}

}  // namespace

std::string write_hdf5(const Hdf5Group& root) {
  const Hdf5Turn turn;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, 1 << 20, 0);  // in memory alone
  const Hdf5Handle file(H5Fcreate("weights.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  const Hdf5Handle top(H5Gopen2(written(file, "a file"), "/", H5P_DEFAULT), H5Gclose);
  write_group(top, root);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  require<Error>(size > 0, "[write_hdf5] need the bytes of a file, got an error of the library");
  std::string bytes(static_cast<size_t>(size), '\0');
  H5Fget_file_image(file, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace grus::formats
