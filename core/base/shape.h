#pragma once
// A shape is a list of up to max_rank sizes in row-major order.
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "core/base/dtype.h"
#include "core/base/error.h"
#include "core/base/text_formatter.h"

namespace grus {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);

  int rank() const { return rank_; }
  int64_t numel() const {
    int64_t n = 1;
    for (int64_t dim : *this)
      if (__builtin_mul_overflow(n, dim, &n)) [[unlikely]]
        fail_too_large();
    return n;
  }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis)]; }
  int64_t back() const { return dims_[static_cast<size_t>(rank_ - 1)]; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  bool operator==(const Shape& other) const {
    if (rank_ != other.rank_) return false;
    for (int axis = 0; axis < rank_; ++axis)
      if ((*this)[axis] != other[axis]) return false;
    return true;
  }

  void push_back(int64_t dim);
  /// without() drops `axis`; with() puts `dim` in its place; inserted() puts `dim` before it.
  Shape without(int axis) const;
  Shape with(int axis, int64_t dim) const;
  /// Counts the bytes of all elements. Throws ShapeError when they, or strides over the sizes that are not 0, overflow.
  size_t bytes(size_t element) const {
    auto bytes = static_cast<int64_t>(element);
    bool empty = false;
    for (const int64_t dim : *this) {
      if (dim < 0) [[unlikely]]
        fail_negative();
      empty |= dim == 0;
      if (dim > 0 && __builtin_mul_overflow(bytes, dim, &bytes)) [[unlikely]]
        fail_too_large();
    }
    return empty ? 0 : static_cast<size_t>(bytes);
  }
  Shape inserted(int axis, int64_t dim) const;

 private:
  [[noreturn]] void fail_too_large() const;
  [[noreturn]] void fail_negative() const;
  std::array<int64_t, max_rank> dims_{};
  int rank_ = 0;
};

/// Returns "(2, 3)" for a shape of two sizes, and "()" for a scalar.
std::string to_string(const Shape& shape);

/// Returns the index along each axis of an element, counted in row-major order: (1, 2) for the last one of (2, 3).
Shape place_of(int64_t element, const Shape& shape);

/// Broadcasts two shapes by NumPy's rule: aligned at the last axis, sizes equal or 1. Throws ShapeError that names `op`
/// and both shapes.
Shape broadcast(const Shape& a, const Shape& b, const char* op);

/// Returns a + b, or a b. Throws ShapeError that names `op` on overflow.
int64_t sum_of_sizes(int64_t a, int64_t b, const char* op);
int64_t product_of_sizes(int64_t a, int64_t b, const char* op);

/// Maps an axis in [-rank, rank) to [0, rank). Throws ShapeError that names `op` for any other axis.
int normalize_axis(int axis, int rank, const char* op);

}  // namespace grus

template <>
struct fmt::formatter<grus::Shape> : grus::TextFormatter {
  auto format(const grus::Shape& shape, fmt::format_context& context) const {
    return write(grus::to_string(shape), context);
  }
};
template <>
struct fmt::formatter<grus::DType> : grus::TextFormatter {
  auto format(grus::DType dtype, fmt::format_context& context) const { return write(grus::name_of(dtype), context); }
};
