#pragma once
// The part that tests of kernel entries share: memory on any backend, made-up numbers, and comparisons that name the
// worst element. Values travel as doubles, whatever the dtype on the device.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/device/kernels.h"

namespace grus::test {

using Values = std::vector<double>;
using Sizes = std::vector<int64_t>;

struct Backend {
  const KernelTable& table;
  Context* context;
};
/// Lists every backend there is, reference first.
const std::vector<Backend>& backends();

/// An array is memory on a backend, freed at the end of its scope.
class Array {
 public:
  Array(const Backend& backend, DType dtype, const Values& values);
  ~Array();
  Array(const Array&) = delete;

  Values values() const;
  /// Returns the whole array as contiguous `dims`, or any view of it.
  View view(const Sizes& dims) const;
  View view(const Sizes& dims, const Sizes& strides, int64_t offset = 0) const;
  /// Returns rows that lie row_stride apart (0: next to one another).
  Matrix matrix(int64_t rows, int64_t cols, int64_t row_stride = 0, int64_t offset = 0) const;
  Matrix row() const { return matrix(1, count_); }
  Matrix column() const { return matrix(count_, 1); }

 private:
  const Backend& backend_;
  DType dtype_;
  int64_t count_;
  mutable DeviceBuffer buffer_{};
};

/// Returns n repeatable numbers spread over [low, high); another `salt` gives others.
Values spread(int64_t n, int salt = 0, double low = -1, double high = 1);
Values joined(std::initializer_list<Values> parts);

/// Fails, naming the worst element, unless |got - expected| <= tolerance (1 + |expected|) everywhere; NaN equals NaN.
void check_near(const Values& got, const Values& expected, double tolerance, const std::string& what);
/// Calls `run` on every backend, twice, and checks for the same bits both times and for results near the reference's.
void check_agreement(double tolerance, const std::string& what, const std::function<Values(const Backend&)>& run);
/// Checks that gradient[i] is d f(x) / d x[i], by central differences.
void check_gradient(const std::function<double(const Values&)>& f, const Values& x, const Values& gradient,
                    const std::string& what);
double dot(const Values& a, const Values& b);
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline double tolerance_of(DType dtype, double f32, double f64) { return dtype == DType::f32 ? f32 : f64; }
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr DType float_types[] = {DType::f32, DType::f64};
inline constexpr DType number_types[] = {DType::f32, DType::f64, DType::i32, DType::i64};

}  // namespace grus::test
