#pragma once
// NumPy's array format (NEP 1): "\x93NUMPY", a version, the length of a header, the header, the elements.
// Sources: npy_format.cpp, npy_header.cpp.
#include <string>
#include <string_view>

#include "core/tensor/tensor.h"
#include "data/read/byte_reader.h"

namespace grus::data {

struct NpyHeader {
  std::string descr;  // NumPy's name of the elements' type, as '<f4'
  bool fortran = false;
  Shape shape;
};

/// Parses a header, a Python literal. Throws DataError, naming the file, for what is none, fields, and too many axes.
NpyHeader parse_npy_header(std::string_view text, const std::string& file);

/// Reads what stands before the elements. Throws DataError, naming the source, for what is no .npy file.
NpyHeader read_npy_header(ByteSource& source);
/// Returns how many bytes the elements take in the file. Throws DataError for types that no tensor holds, and for more
/// than `most`.
uint64_t npy_bytes(const NpyHeader& header, uint64_t most, const std::string& file);
/// Makes a tensor of elements as the file has them, in C order. Throws DataError for a bool that is none.
Tensor npy_elements(std::string_view bytes, const std::string& descr, const Shape& shape, Device device,
                    const std::string& file);

/// Reads one array. Throws DataError, naming the source, for what read_npy refuses, and for elements of more than
/// `most` bytes.
Tensor decode_npy(ByteSource& source, uint64_t most, Device device);

/// Returns what stands before the elements of a tensor: version 1.0, C order, padded to a multiple of 64 bytes.
std::string npy_header(const Tensor& x);

}  // namespace grus::data
