// Methods of Tensor that are ops of their own are defined here: rows, one entry, another shape, and copies.
#include <fmt/format.h>

#include "core/base/error.h"
#include "core/record/record.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

const Op rows_op("rows");
const Op index_op("index");
const Op reshape_op("reshape");
const Op place_rows_op("place_rows");
const Op clone_op("clone");
const Op to_op("to");

Shape infer_size(const Shape& from, std::initializer_list<int64_t> dims) {
  Shape shape;
  int inferred = -1;
  int64_t known = 1;
  for (int64_t dim : dims) {
    if (dim == -1) {
      require(inferred < 0, "[reshape] need at most one size of -1, got more");
      inferred = shape.rank();
      shape.push_back(1);
    } else {
      shape.push_back(dim);
      known = product_of_sizes(known, dim, "reshape");
    }
  }
  if (inferred >= 0) {
    require(known > 0 && from.numel() % known == 0,
            "[reshape] need sizes beside -1 whose product divides the {} elements of {}, got ({}), a product of {}",
            from.numel(), from, fmt::join(dims.begin(), dims.end(), ", "), known);
    shape[inferred] = from.numel() / known;
  }
  return shape;
}

/// y = zeros of `shape` with `gradient` in rows [begin, ...). It is the adjoint of taking rows, which is its adjoint.
Tensor recorded_placement(const Shape& shape, int64_t begin, const Tensor& gradient) {
  Tensor y = Tensor::zeros(shape, gradient.dtype(), gradient.device());
  const int64_t end = begin + gradient.dim(0);
  const Device device = y.device();
  Tensor part = Raw::rows(y, begin, end);
  device.check(device.kernels().copy(device.context(), Raw::write_view(part), Raw::view(gradient), false),
               "place_rows");
  return record(place_rows_op, {gradient}, y, [begin, end](const Tensor& dy, Input x) { x.add(dy.rows(begin, end)); });
}

/// dx[begin : begin + rows of gradient] += gradient.
void add_rows_at(Input x, int64_t begin, const Tensor& gradient) {
  if (!x.wanted()) return;
  if (x.recording()) return x.add(recorded_placement(x.shape(), begin, gradient));
  Tensor part = Raw::rows(x.zeroed_target(), begin, begin + gradient.dim(0));
  const Device device = part.device();
  device.check(device.kernels().copy(device.context(), Raw::write_view(part), Raw::view(gradient), true),
               "rows backward");
}

}  // namespace

Tensor Tensor::rows(int64_t begin, std::optional<int64_t> end) const {
  require_defined("rows");
  require(rank() >= 1, "[rows] need at least one axis, got shape {}", shape_);
  const int64_t count = shape_[0], asked = end.value_or(count);
  const int64_t first = begin < 0 ? begin + count : begin, last = asked < 0 ? asked + count : asked;
  require(first >= 0 && first <= last && last <= count, "[rows] need 0 <= begin <= end <= {}, got {} and {}", count,
          begin, asked);
  note(rows_op, [&] { return Noted{{"begin", first}, {"end", last}}; });
  return record(rows_op, {*this}, Raw::rows(*this, first, last),
                [first](const Tensor& dy, Input x) { add_rows_at(x, first, dy); });
}

Tensor Tensor::operator[](int64_t index) const {
  require_defined("index");
  require(rank() >= 1, "[index] need at least one axis, got shape {}", shape_);
  const int64_t i = index < 0 ? index + shape_[0] : index;
  require(i >= 0 && i < shape_[0], "[index] need an index in [{}, {}), got {}", -shape_[0], shape_[0], index);
  note(index_op, [&] { return Noted{{"index", i}}; });
  return record(index_op, {*this}, Raw::reshape(Raw::rows(*this, i, i + 1), shape_.without(0)),
                [i](const Tensor& dy, Input x) { add_rows_at(x, i, dy.reshape(dy.shape().inserted(0, 1))); });
}

Tensor Tensor::reshape(std::initializer_list<int64_t> dims) const { return reshape(infer_size(shape_, dims)); }

Tensor Tensor::reshape(const Shape& shape) const {
  require_defined("reshape");
  require(shape.numel() == numel(), "[reshape] need the same number of elements, got {} for {}", shape, shape_);
  if (numel() == 0) shape.bytes(size_of(dtype_));  // throws where a stride does not fit 64 bits
  return record(reshape_op, {*this}, Raw::reshape(*this, shape),
                [](const Tensor& dy, Input x) { x.add(dy.reshape(x.shape())); });
}

Tensor Tensor::clone() const {
  require_defined("clone");
  Tensor copy = empty(shape_, dtype_, device());
  device().check(device().kernels().copy(device().context(), Raw::write_view(copy), Raw::view(*this), false), "clone");
  return record(clone_op, {*this}, copy, [](const Tensor& dy, Input x) { x.add(dy); });
}

Tensor Tensor::to(Device target) const {
  require_defined("to");
  const Device from = device();
  if (target == from) return *this;
  return record(to_op, {*this}, from_bytes(to_bytes(), shape_, dtype_, target),
                [from](const Tensor& dy, Input x) { x.add(dy.to(from)); });
}

}  // namespace grus
