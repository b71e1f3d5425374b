#pragma once
// What metrics keep of their updates, for metrics of one's own too. Both keep their terms on the device until somebody
// reads, so that an update does not wait for it.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// A RunningSum adds up terms of `size` elements each. Integers are added on the device, exactly; floats wait there and
/// are added as doubles on the host, when 256 terms or 2^20 elements have gathered, or at a read.
class RunningSum {
 public:
  /// Throws UsageError for a size below 1.
  explicit RunningSum(int64_t size);
  /// Adds a term of any shape with `size` elements: f32, f64, i32 or i64, on any device. Throws ShapeError, DtypeError.
  void add(const Tensor& term);
  void add(std::span<const double> term);
  /// Returns the sums, which waits for the device.
  const std::vector<double>& read() const;
  /// Replaces the sums by as many others.
  void set(std::vector<double> sums);
  void reset();

 private:
  void fold() const;
  mutable std::vector<double> sums_;     // what was folded
  mutable std::vector<Tensor> waiting_;  // of one dtype, on one device; of integers there is one
};

/// A FirstRow finds the first row that has something wrong. Rows count from 0 over all updates since the reset.
class FirstRow {
 public:
  /// Takes the flags (N) of the next N rows, as bools.
  void add(const Tensor& flags);
  /// Returns the first row whose flag was true, which waits for the device.
  std::optional<int64_t> read() const;
  /// Returns the number of rows, and replaces what was seen.
  int64_t rows() const { return rows_; }
  void set(int64_t rows, std::optional<int64_t> found);
  /// Throws UsageError, beginning with [metric], where there was such a row: its `what` are not numbers.
  void require_none(const std::string& metric, const char* what) const;
  void reset();

 private:
  int64_t rows_ = 0;
  mutable std::optional<int64_t> found_;
  mutable Tensor first_;  // () i64: the first row, or a number above all; undefined after a read
};

}  // namespace grus::metrics
