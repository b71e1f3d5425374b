#include "core/base/error.h"
#include "formats/hdf5_file.h"

namespace grus::formats {

bool hdf5_available() { return false; }

std::string flat_hdf5(std::string_view, const std::string& file, const std::vector<std::string_view>&) {
  fail<UsageError>("{}: need a build with libhdf5 to read HDF5, got one without", file);
}

std::string write_hdf5(const Hdf5Group&) {
  fail<UsageError>("[write_hdf5] need a build with libhdf5, got one without");
}

}  // namespace grus::formats
