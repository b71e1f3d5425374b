#pragma once
// HDF5 files as far as Keras writes weights: groups in groups, arrays of floats in one piece, attributes of text. The C
// library reads and writes them where it was found at build time; it reads in a process of its own, as damaged files
// end it.
// Sources: hdf5_file.cpp; hdf5_reader.cpp, hdf5_writer.cpp and hdf5_handle.h, or hdf5_absent.cpp without the library.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::formats {

/// A group: its attributes of text, the arrays and the groups in it, in the order of their names.
struct Hdf5Group {
  std::string name = {};
  std::vector<std::pair<std::string, std::vector<std::string>>> texts = {};
  std::vector<std::pair<std::string, Tensor>> arrays = {};  // undefined where the elements are no floats
  std::vector<Hdf5Group> groups = {};

  const Hdf5Group* group(std::string_view name) const;
  const Tensor* array(std::string_view name) const;
  const std::vector<std::string>* text(std::string_view name) const;
};

/// Says whether this build has the library.
bool hdf5_available();

/// Reads all groups but those of the root named `skipped`; floats of 2 bytes become f32. Throws DataError, naming
/// `file`, for what is damaged or cut short, arrays in several pieces, packed or outside of the file, links to other
/// files, and arrays that together are larger than the file.
Hdf5Group read_hdf5(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& skipped,
                    Device device);
/// Returns what read_hdf5 reads as plain numbers and texts, one behind the other: the part that calls the library.
std::string flat_hdf5(std::string_view bytes, const std::string& file, const std::vector<std::string_view>& skipped);
/// Returns a file's bytes, which depend on the group alone. Arrays are f32 or f64.
std::string write_hdf5(const Hdf5Group& root);

}  // namespace grus::formats
