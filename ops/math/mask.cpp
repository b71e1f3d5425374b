#include "ops/math/mask.h"

#include <vector>

#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

/// Returns the numbers of the elements of a bool tensor that are true; the host waits for the device.
std::vector<int64_t> true_places(const Tensor& mask) {
  const std::vector<std::byte> bytes = mask.to_bytes();
  std::vector<int64_t> places(bytes.size() + 1);  // one more: what is written last may not count
  size_t count = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    places[count] = static_cast<int64_t>(i);
    count += static_cast<size_t>(bytes[i]);
  }
  places.resize(count);
  return places;
}

/// Returns for each id tuple the number of the row of x, whose leading axes `ids` name, that it stands for.
Tensor row_places(const Tensor& x, std::span<const Tensor> ids, const Shape& common) {
  constexpr const char* op = "index_put";
  Tensor places;
  int64_t rows = 1;
  for (size_t k = 0; k < ids.size(); ++k) {
    const int64_t size = x.dim(static_cast<int>(k));
    require_device_of(op, x, ids[k], "ids");
    require_ids(op, ids[k], size);
    const Tensor here = cast(ids[k], DType::i64);
    places = k == 0 ? here : places * static_cast<double>(size) + here;
    rows *= size;
  }
  places = broadcast_to(places, common).reshape({common.numel()});
  if (common.numel() > 0) Raw::know_range(places, {0, static_cast<double>(rows - 1)});
  return places;
}

/// Returns ids into x's rows followed by the given ones: each row's own, or that of the last value put there.
Tensor sources(const Tensor& places, int64_t rows) {
  std::vector<int64_t> from(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) from[static_cast<size_t>(i)] = i;
  const std::vector<int64_t> put = places.to_vector<int64_t>();
  for (size_t n = 0; n < put.size(); ++n) from[static_cast<size_t>(put[n])] = rows + static_cast<int64_t>(n);
  return Tensor::from(from, places.device());
}

}  // namespace

Tensor nonzero(const Tensor& x) {
  require<UsageError>(x.defined(), "[nonzero] need a tensor, got an undefined one");
  if (x.dtype() != DType::boolean) require_number("nonzero", x);
  const std::vector<int64_t> places = true_places(x.dtype() == DType::boolean ? x : not_equal(x, 0.0));
  const auto rank = static_cast<size_t>(x.rank());
  std::vector<int64_t> all(places.size() * rank);
  for (size_t n = 0; n < places.size(); ++n) {
    int64_t rest = places[n];
    for (size_t axis = rank; axis-- > 0;) {
      const int64_t size = x.dim(static_cast<int>(axis));
      all[n * rank + axis] = rest % size;
      rest /= size;
    }
  }
  return Tensor::from(all, {static_cast<int64_t>(places.size()), x.rank()}, x.device());
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  constexpr const char* op = "masked_select";
  require<UsageError>(x.defined() && mask.defined(), "[{}] need a tensor and a mask, got an undefined one", op);
  require<DtypeError>(mask.dtype() == DType::boolean, "[{}] need a bool mask, got {} {}", op, mask.dtype(),
                      mask.shape());
  require_device_of(op, x, mask, "a mask");
  const Shape shape = broadcast(x.shape(), mask.shape(), op);
  const Tensor whole = broadcast_to(x, shape);
  const Tensor ids = Tensor::from(true_places(broadcast_to(mask, shape)), x.device());
  return gather_rows(whole.reshape({shape.numel()}), ids);
}

Tensor index_put(const Tensor& x, std::span<const Tensor> ids, const Tensor& values, bool accumulate) {
  constexpr const char* op = "index_put";
  require_same_kind(op, x, values);
  const auto named = static_cast<int>(ids.size());
  require(named >= 1 && named <= x.rank(), "[{}] need ids for 1 to {} leading axes of x {}, got {}", op, x.rank(),
          x.shape(), named);
  Shape common;
  for (const Tensor& each : ids) {
    require<UsageError>(each.defined(), "[{}] need ids, got an undefined tensor", op);
    common = broadcast(common, each.shape(), op);
  }
  const Tensor places = row_places(x, ids, common);
  int64_t rows = 1, width = 1;
  Shape shape = common;
  for (int i = 0; i < x.rank(); ++i) {
    (i < named ? rows : width) *= x.dim(i);
    if (i >= named) shape.push_back(x.dim(i));
  }
  require(values.rank() <= shape.rank() && broadcast(values.shape(), shape, op) == shape,
          "[{}] need values that broadcast to {}, got {}", op, shape, values.shape());
  const Tensor table = x.reshape({rows, width});
  const Tensor put = broadcast_to(values, shape).reshape({common.numel(), width});
  if (accumulate) {
    require_number(op, x);
    const Tensor added = scatter_rows(put, places, rows);
    return (table + added).reshape(x.shape());
  }
  return gather_rows(concat({table, put}), sources(places, rows)).reshape(x.shape());
}

Tensor index_put(const Tensor& x, std::initializer_list<Tensor> ids, const Tensor& values, bool accumulate) {
  return index_put(x, std::span<const Tensor>(ids.begin(), ids.size()), values, accumulate);
}

}  // namespace grus
