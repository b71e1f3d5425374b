#include "ops/math/index.h"

#include <algorithm>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus {
namespace {

const Op gather_rows_op("gather_rows");
const Op embedding_op("embedding");
const Op scatter_rows_op("scatter_rows");
const Op scatter_add_op("scatter_add");
const Op top_k_op("top_k");
const Op top_k_ids_op("top_k_ids", Op::Kind::plain);

void require_integers(const char* op, const Tensor& ids) {
  require<UsageError>(ids.defined(), "[{}] need ids, got an undefined tensor", op);
  require<DtypeError>(ids.dtype() == DType::i32 || ids.dtype() == DType::i64, "[{}] need i32 or i64 ids, got {} {}", op,
                      ids.dtype(), ids.shape());
}

void require_on(const char* op, const Tensor& x, const Tensor& ids) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require_integers(op, ids);
  require_device_of(op, x, ids, "ids");
}

/// Returns the number of elements of one entry of axis 0.
int64_t row_size(const Shape& shape) { return shape.without(0).numel(); }

Tensor as_rows(const Tensor& x) { return Raw::reshape(x, {x.dim(0), row_size(x.shape())}); }

/// table[ids[i]] += x[i], in place.
void add_rows(Tensor& table, const Tensor& x, const Tensor& ids) {
  if (x.numel() == 0) return;
  const Device device = table.device();
  Tensor rows = as_rows(table);
  const Matrix from = Raw::matrix(Raw::reshape(x, {ids.numel(), rows.dim(1)}));
  device.check(device.kernels().scatter_add_rows(device.context(), Raw::write_matrix(rows), from, launch::column(ids)),
               "scatter_add_rows");
}

/// y = table[ids], recorded as `op`. Row `padding` gets no gradient; -1 stands for none.
Tensor lookup(const Op& op, const Tensor& table, const Tensor& ids, int64_t padding) {
  const char* name = op.name();
  require_on(name, table, ids);
  require(table.rank() >= 1, "[{}] need a table (V, ...), got {}", name, table.shape());
  require_ids(name, ids, table.dim(0));
  Shape shape = ids.shape();
  for (int i = 1; i < table.rank(); ++i) shape.push_back(table.dim(i));
  const Device device = table.device();
  Tensor y = Tensor::empty(shape, table.dtype(), device);
  if (y.numel() > 0) {
    Tensor rows = Raw::reshape(y, {ids.numel(), row_size(table.shape())});
    device.check(device.kernels().gather_rows(device.context(), Raw::write_matrix(rows), Raw::matrix(as_rows(table)),
                                              launch::column(ids)),
                 name);
  }
  if (const auto known = Raw::known_range(table); known && !is_float(y.dtype())) Raw::know_range(y, *known);
  return record(op, {table, ids}, y, [padding](const Tensor& dy, Input table, const Tensor& ids) {
    const Shape& table_shape = table.shape();
    Tensor rows = dy.reshape(table_shape.with(0, ids.numel()));
    if (padding >= 0) {
      Shape mask = rows.shape();
      for (int i = 1; i < mask.rank(); ++i) mask[i] = 1;
      rows = masked_fill(rows, equal(ids, static_cast<double>(padding)).reshape(mask), 0);
    }
    if (table.recording()) return table.add(scatter_rows(rows, ids.reshape({ids.numel()}), table_shape[0]));
    add_rows(table.zeroed_target(), rows, ids);
  });
}

/// Returns for each element of ids a place in x flattened. The id is the coordinate along `axis`; the element's own
/// coordinates are those along other axes.
Tensor flat_places(const char* op, const Tensor& x, int axis, const Tensor& ids) {
  require_on(op, x, ids);
  bool fits = ids.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) fits = i == axis || ids.dim(i) <= x.dim(i);
  require(fits, "[{}] need ids with the rank of x, and sizes of at most x's but along axis {}, got x {} and ids {}", op,
          axis, x.shape(), ids.shape());
  require_ids(op, ids, x.dim(axis));
  std::array<int64_t, max_rank> strides{};
  int64_t stride = 1;
  for (int i = x.rank() - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = stride;
    stride *= x.dim(i);
  }
  const auto scaled = [&](const Tensor& coordinates, int i) {
    const int64_t by = strides[static_cast<size_t>(i)];
    return by == 1 ? coordinates : coordinates * static_cast<double>(by);
  };
  Tensor places = scaled(cast(ids, DType::i64), axis);
  for (int i = 0; i < x.rank(); ++i) {
    if (i == axis || ids.dim(i) <= 1) continue;
    Shape along;
    for (int j = 0; j < x.rank(); ++j) along.push_back(j == i ? ids.dim(i) : 1);
    places = places + scaled(Tensor::arange(0, ids.dim(i), x.device()), i).reshape(along);
  }
  Raw::know_range(places, {0, static_cast<double>(x.numel() - 1)});
  return places;
}

}  // namespace

int64_t require_ids(const char* op, const Tensor& ids, int64_t size, std::optional<int64_t> allowed, const char* what,
                    const char* cure) {
  require_integers(op, ids);
  if (ids.numel() == 0) return 0;
  if (const auto known = Raw::known_range(ids); known && known->low >= 0 && known->high < static_cast<double>(size)) {
    const bool counts =
        allowed && static_cast<double>(*allowed) >= known->low && static_cast<double>(*allowed) <= known->high;
    if (!counts) return ids.numel();
  }
  const NoGrad off;
  int64_t count = 0, place = 0;
  for (const int64_t id : cast(ids, DType::i64).to_vector<int64_t>()) {  // the host waits for the device
    if (id != allowed) {
      ++count;
      require<UsageError>(id >= 0 && id < size, "[{}] need {} in [0, {}), got {} at {}{}", op, what, size, id,
                          place_of(place, ids.shape()), cure);
    }
    ++place;
  }
  return count;
}

Tensor gather_rows(const Tensor& table, const Tensor& ids) { return lookup(gather_rows_op, table, ids, -1); }

Tensor embedding(const Tensor& table, const Tensor& ids, std::optional<int64_t> padding_index) {
  require<UsageError>(table.defined(), "[embedding] need a tensor, got an undefined one");
  require(table.rank() >= 1, "[embedding] need a table (V, ...), got {}", table.shape());
  require<UsageError>(!padding_index || (*padding_index >= 0 && *padding_index < table.dim(0)),
                      "[embedding] need a padding index in [0, {}), got {}", table.dim(0), padding_index.value_or(0));
  return lookup(embedding_op, table, ids, padding_index.value_or(-1));
}

Tensor scatter_rows(const Tensor& x, const Tensor& ids, int64_t rows) {
  require_on("scatter_rows", x, ids);
  require_number("scatter_rows", x);
  require<UsageError>(rows >= 0, "[scatter_rows] need at least 0 rows, got {}", rows);
  require(x.rank() >= 1 && ids.shape() == Shape{x.dim(0)},
          "[scatter_rows] need x (N, ...) and ids (N), got x {} and ids {}", x.shape(), ids.shape());
  require_ids("scatter_rows", ids, rows);
  Tensor y = Tensor::zeros(x.shape().with(0, rows), x.dtype(), x.device());
  add_rows(y, x, ids);
  return record(scatter_rows_op, {x, ids}, y,
                [](const Tensor& dy, Input x, const Tensor& ids) { x.add(gather_rows(dy, ids)); });
}

Tensor index_select(const Tensor& x, int axis, const Tensor& ids) {
  require_on("index_select", x, ids);
  axis = normalize_axis(axis, x.rank(), "index_select");
  require(ids.rank() == 1, "[index_select] need ids (K), got {}", ids.shape());
  require_ids("index_select", ids, x.dim(axis));
  if (axis == 0) return gather_rows(x, ids);
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.dim(i);
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.dim(i);
  const Tensor starts = Tensor::arange(0, outer, x.device()) * static_cast<double>(x.dim(axis));
  const Tensor rows = starts.reshape({outer, 1}) + cast(ids, DType::i64);
  Raw::know_range(rows, {0, static_cast<double>(outer * x.dim(axis) - 1)});
  return gather_rows(x.reshape({outer * x.dim(axis), inner}), rows).reshape(x.shape().with(axis, ids.numel()));
}

Tensor gather(const Tensor& x, int axis, const Tensor& ids) {
  require_on("gather", x, ids);
  axis = normalize_axis(axis, x.rank(), "gather");
  return gather_rows(x.reshape({x.numel()}), flat_places("gather", x, axis, ids));
}

Tensor scatter_add(const Tensor& x, int axis, const Tensor& ids, const Tensor& source) {
  require_same_kind("scatter_add", x, source);
  require_number("scatter_add", x);
  require_on("scatter_add", x, ids);
  axis = normalize_axis(axis, x.rank(), "scatter_add");
  require(source.shape() == ids.shape(), "[scatter_add] need a source of the shape of ids, got {} and ids {}",
          source.shape(), ids.shape());
  const Tensor places = flat_places("scatter_add", x, axis, ids);
  Tensor y = x.detach().clone();
  Tensor flat = Raw::reshape(y, {y.numel()});
  add_rows(flat, source, places);
  return record(scatter_add_op, {x, places, source}, y,
                [](const Tensor& dy, Input x, const Tensor& places, Input source) {
                  x.add(dy);
                  if (source.wanted()) source.add(gather_rows(dy.reshape({dy.numel()}), places));
                });
}

Tensor one_hot(const Tensor& ids, int64_t classes, DType dtype) {
  require<UsageError>(classes >= 0, "[one_hot] need at least 0 classes, got {}", classes);
  require_ids("one_hot", ids, classes);
  const Tensor column = cast(ids, DType::i64).reshape(ids.shape().inserted(ids.rank(), 1));
  return cast(equal(column, Tensor::arange(0, classes, ids.device())), dtype);
}

TopK top_k(const Tensor& x, int64_t k) {
  require<UsageError>(x.defined(), "[top_k] need a tensor, got an undefined one");
  require_number("top_k", x);
  require(x.rank() >= 1, "[top_k] need at least one axis, got shape {}", x.shape());
  require(k >= 1 && k <= x.dim(-1), "[top_k] need k in [1, {}], got {}", x.dim(-1), k);
  const Shape shape = x.shape().with(x.rank() - 1, k);
  const Device device = x.device();
  TopK y{Tensor::empty(shape, x.dtype(), device), Tensor::empty(shape, DType::i64, device)};
  if (x.numel() > 0)
    device.check(
        device.kernels().top_k(device.context(), Raw::write_matrix(y.values), Raw::write_matrix(y.ids), Raw::matrix(x)),
        "top_k");
  Raw::know_range(y.ids, {0, static_cast<double>(x.dim(-1) - 1)});
  y.values = record(top_k_op, {x, y.ids}, y.values, [](const Tensor& dy, Input x, const Tensor& ids) {
    x.add(scatter_add(Tensor::zeros(x.shape(), dy.dtype(), dy.device()), -1, ids, dy));
  });
  y.ids = record_plain(top_k_ids_op, {x}, y.ids);
  return y;
}

}  // namespace grus
