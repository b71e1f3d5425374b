#pragma once
// NumPy's files of arrays, .npy and .npz, read and written.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::data {

/// A reader takes at most so many bytes of elements unless told otherwise: a small packed file can hold more than a
/// memory does.
inline constexpr uint64_t most_array_bytes = uint64_t{1} << 36;

/// Reads an .npy file, plain or gzip: versions 1 to 3, C or Fortran order. f4 f8 i4 i8 b1 keep their types; f2 becomes
/// f32, i1 i2 u2 become i32, u1 is u8, u4 becomes i64. Throws DataError, naming the file, for other types (u8,
/// big-endian, complex, text, objects), more than 6 axes, a damaged header, and bytes that are missing or too many.
Tensor read_npy(const std::string& path, Device device = default_device(), uint64_t most = most_array_bytes);

/// Writes an .npy file, packed when its name ends in ".gz", whole or not at all. numpy.load reads it as f4, f8, i4, i8
/// or b1.
void write_npy(const std::string& path, const Tensor& x);

/// An .npz file: arrays by name, read one at a time. Members are stored or deflated.
class NpzFile {
 public:
  /// Reads the names. Throws DataError for a file that is no zip archive, is cut short or damaged, has a name twice or
  /// members that overlap, are encrypted or packed otherwise.
  explicit NpzFile(const std::string& path);
  ~NpzFile();
  NpzFile(NpzFile&&) noexcept;
  NpzFile& operator=(NpzFile&&) noexcept;

  /// Returns the arrays' names, without ".npy", in the file's order.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// Reads an array as read_npy does, and checks its CRC-32. Throws DataError for a name that is not there.
  Tensor read(const std::string& name, Device device = default_device(), uint64_t most = most_array_bytes) const;

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
};

/// Writes an .npz file, whole or not at all; with `compressed`, members are deflated. The same arrays give the same
/// bytes. Throws UsageError for a name that is empty or comes twice.
void write_npz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays,
               bool compressed = false);

}  // namespace grus::data
