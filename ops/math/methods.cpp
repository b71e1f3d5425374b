// Methods of Tensor that are functions of ops/ are defined here: x.f(...) is f(x, ...).
#include "ops/math/cumulative.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/mask.h"
#include "ops/math/matmul.h"
#include "ops/math/moments.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/math/sort.h"
#include "ops/math/triangle.h"

namespace grus {

#define GRUS_UNARY(name, ...) \
  Tensor Tensor::name() const { return grus::name(*this); }
#define GRUS_BINARY(name, ...)                                                \
  Tensor Tensor::name(const Tensor& b) const { return grus::name(*this, b); } \
  Tensor Tensor::name(double b) const { return grus::name(*this, b); }
#define GRUS_COMPARE(name, ...) GRUS_BINARY(name)
#include "core/device/elementwise.def"

Tensor Tensor::to(DType target) const { return cast(*this, target); }

Tensor Tensor::logical_and(const Tensor& b) const { return grus::logical_and(*this, b); }
Tensor Tensor::logical_or(const Tensor& b) const { return grus::logical_or(*this, b); }
Tensor Tensor::logical_not() const { return grus::logical_not(*this); }
Tensor Tensor::where(const Tensor& condition, const Tensor& b) const { return grus::where(condition, *this, b); }
Tensor Tensor::where(const Tensor& condition, double b) const { return grus::where(condition, *this, b); }
Tensor Tensor::clamp(double low, double high) const { return grus::clamp(*this, low, high); }

Tensor Tensor::sum(const Axes& axes, bool keepdim) const { return grus::sum(*this, axes, keepdim); }
Tensor Tensor::prod(const Axes& axes, bool keepdim) const { return grus::prod(*this, axes, keepdim); }
Tensor Tensor::any(const Axes& axes, bool keepdim) const { return grus::any(*this, axes, keepdim); }
Tensor Tensor::all(const Axes& axes, bool keepdim) const { return grus::all(*this, axes, keepdim); }
Tensor Tensor::var(const Axes& axes, double correction, bool keepdim) const {
  return grus::var(*this, axes, correction, keepdim);
}
Tensor Tensor::stddev(const Axes& axes, double correction, bool keepdim) const {
  return grus::stddev(*this, axes, correction, keepdim);
}
Tensor Tensor::norm(double p, const Axes& axes, bool keepdim) const { return grus::norm(*this, p, axes, keepdim); }
Tensor Tensor::cumsum(int axis) const { return grus::cumsum(*this, axis); }
Tensor Tensor::cumprod(int axis) const { return grus::cumprod(*this, axis); }
Sorted Tensor::sort(int axis, bool descending) const { return grus::sort(*this, axis, descending); }
Tensor Tensor::argsort(int axis, bool descending) const { return grus::argsort(*this, axis, descending); }
Tensor Tensor::mean(const Axes& axes, bool keepdim) const { return grus::mean(*this, axes, keepdim); }
Tensor Tensor::amax(const Axes& axes, bool keepdim) const { return grus::amax(*this, axes, keepdim); }
Tensor Tensor::amin(const Axes& axes, bool keepdim) const { return grus::amin(*this, axes, keepdim); }
Tensor Tensor::max() const { return grus::max(*this); }
Tensor Tensor::min() const { return grus::min(*this); }
Extremum Tensor::max(int axis, bool keepdim) const { return grus::max(*this, axis, keepdim); }
Extremum Tensor::min(int axis, bool keepdim) const { return grus::min(*this, axis, keepdim); }
Tensor Tensor::argmax(const Axes& axes, bool keepdim) const { return grus::argmax(*this, axes, keepdim); }
Tensor Tensor::argmin(const Axes& axes, bool keepdim) const { return grus::argmin(*this, axes, keepdim); }
Tensor Tensor::logsumexp(const Axes& axes, bool keepdim) const { return grus::logsumexp(*this, axes, keepdim); }

Tensor Tensor::matmul(const Tensor& b) const { return grus::matmul(*this, b); }
Tensor Tensor::softmax(int axis) const { return grus::softmax(*this, axis); }
Tensor Tensor::log_softmax(int axis) const { return grus::log_softmax(*this, axis); }

Tensor Tensor::permute(const Axes& order) const { return grus::permute(*this, order); }
Tensor Tensor::transpose(int axis_a, int axis_b) const { return grus::transpose(*this, axis_a, axis_b); }
Tensor Tensor::squeeze(const Axes& axes) const { return grus::squeeze(*this, axes); }
Tensor Tensor::unsqueeze(int axis) const { return grus::unsqueeze(*this, axis); }
Tensor Tensor::flatten(int first, int last) const { return grus::flatten(*this, first, last); }
Tensor Tensor::flip(const Axes& axes) const { return grus::flip(*this, axes); }
Tensor Tensor::broadcast_to(const Shape& shape) const { return grus::broadcast_to(*this, shape); }
Tensor Tensor::slice(int axis, int64_t begin, std::optional<int64_t> end, int64_t step) const {
  return grus::slice(*this, axis, begin, end, step);
}
Tensor Tensor::tile(int64_t times, int axis) const { return grus::tile(*this, times, axis); }
std::vector<Tensor> Tensor::split(std::span<const int64_t> sizes, int axis) const {
  return grus::split(*this, sizes, axis);
}
std::vector<Tensor> Tensor::split(std::initializer_list<int64_t> sizes, int axis) const {
  return grus::split(*this, sizes, axis);
}
std::vector<Tensor> Tensor::chunk(int64_t count, int axis) const { return grus::chunk(*this, count, axis); }

Tensor Tensor::index_select(int axis, const Tensor& ids) const { return grus::index_select(*this, axis, ids); }
Tensor Tensor::gather(int axis, const Tensor& ids) const { return grus::gather(*this, axis, ids); }
Tensor Tensor::scatter_add(int axis, const Tensor& ids, const Tensor& source) const {
  return grus::scatter_add(*this, axis, ids, source);
}
Tensor Tensor::masked_fill(const Tensor& mask, double value) const { return grus::masked_fill(*this, mask, value); }
TopK Tensor::top_k(int64_t k) const { return grus::top_k(*this, k); }

Tensor Tensor::roll(int64_t shift, int axis) const { return grus::roll(*this, shift, axis); }
Tensor Tensor::unfold(int axis, int64_t size, int64_t step) const { return grus::unfold(*this, axis, size, step); }
Tensor Tensor::triu(int64_t diagonal) const { return grus::triu(*this, diagonal); }
Tensor Tensor::tril(int64_t diagonal) const { return grus::tril(*this, diagonal); }
Tensor Tensor::diagonal(int64_t offset, int axis_a, int axis_b) const {
  return grus::diagonal(*this, offset, axis_a, axis_b);
}
Tensor Tensor::masked_select(const Tensor& mask) const { return grus::masked_select(*this, mask); }
Tensor Tensor::nonzero() const { return grus::nonzero(*this); }
Tensor Tensor::index_put(std::span<const Tensor> ids, const Tensor& values, bool accumulate) const {
  return grus::index_put(*this, ids, values, accumulate);
}
Tensor Tensor::index_put(std::initializer_list<Tensor> ids, const Tensor& values, bool accumulate) const {
  return grus::index_put(*this, ids, values, accumulate);
}

}  // namespace grus
