#include "core/base/shape.h"

#include <fmt/format.h>

namespace grus {

Shape::Shape(std::span<const int64_t> dims) {
  for (int64_t dim : dims) push_back(dim);
}

void Shape::push_back(int64_t dim) {
  require(rank_ < max_rank, "[shape] need at most {} axes, got more: {} and one of {}", max_rank, *this, dim);
  require(dim >= 0, "[shape] need sizes of at least 0, got {}", dim);
  dims_[static_cast<size_t>(rank_++)] = dim;
}

void Shape::fail_too_large() const { fail<ShapeError>("[shape] {} has too many elements", *this); }
void Shape::fail_negative() const { fail<ShapeError>("[shape] need sizes of at least 0, got {}", *this); }

Shape Shape::without(int axis) const {
  Shape result;
  for (int i = 0; i < rank_; ++i)
    if (i != axis) result.push_back((*this)[i]);
  return result;
}

Shape Shape::with(int axis, int64_t dim) const {
  require(dim >= 0, "[shape] need sizes of at least 0, got {}", dim);
  Shape result = *this;
  result[axis] = dim;
  return result;
}

Shape Shape::inserted(int axis, int64_t dim) const {
  Shape result;
  for (int i = 0; i <= rank_; ++i) {
    if (i == axis) result.push_back(dim);
    if (i < rank_) result.push_back((*this)[i]);
  }
  return result;
}

std::string to_string(const Shape& shape) { return fmt::format("({})", fmt::join(shape.begin(), shape.end(), ", ")); }

Shape place_of(int64_t element, const Shape& shape) {
  Shape place = shape;
  for (int axis = shape.rank() - 1; axis >= 0; element /= shape[axis--]) place[axis] = element % shape[axis];
  return place;
}

Shape broadcast(const Shape& a, const Shape& b, const char* op) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int lead = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    int64_t& dim = result[lead + i];
    if (dim == shorter[i] || shorter[i] == 1) continue;
    require(dim == 1, "[{}] need shapes that broadcast together, got {} and {}", op, a, b);
    dim = shorter[i];
  }
  return result;
}

int64_t sum_of_sizes(int64_t a, int64_t b, const char* op) {
  int64_t sum = 0;
  require(!__builtin_add_overflow(a, b, &sum), "[{}] need sizes that fit in 64 bits, got {} + {}", op, a, b);
  return sum;
}

int64_t product_of_sizes(int64_t a, int64_t b, const char* op) {
  int64_t product = 0;
  require(!__builtin_mul_overflow(a, b, &product), "[{}] need sizes that fit in 64 bits, got {} times {}", op, a, b);
  return product;
}

int normalize_axis(int axis, int rank, const char* op) {
  require(rank > 0, "[{}] need at least one axis, got a scalar or an undefined tensor", op);
  require(axis >= -rank && axis < rank, "[{}] need an axis in [{}, {}), got {}", op, -rank, rank, axis);
  return axis < 0 ? axis + rank : axis;
}

}  // namespace grus
