#pragma once
// Ops that pick elements by integer tensors (i32 or i64). An id out of range is a UsageError that names it and the size
// it must fit.
#include <optional>

#include "core/tensor/tensor.h"

namespace grus {

/// y[i...] = table[ids[i...]].   table (V, ...), ids any shape -> y ids.shape + table.shape[1:].   Saves ids; the
/// gradient adds to the touched rows only.
Tensor gather_rows(const Tensor& table, const Tensor& ids);
/// The same under the name users look for; rows whose id is `padding_index` get no gradient.
Tensor embedding(const Tensor& table, const Tensor& ids, std::optional<int64_t> padding_index = std::nullopt);

/// Entries `ids` (K) of an axis: its size becomes K.
Tensor index_select(const Tensor& x, int axis, const Tensor& ids);
/// y[i, j, k] = x[i, ids[i, j, k], k] for axis 1 (torch.gather). ids has x's rank, and elsewhere sizes of at most x's.
Tensor gather(const Tensor& x, int axis, const Tensor& ids);
/// y = x, then y[i, ids[i, j, k], k] += source[i, j, k] for axis 1; source has the shape of ids.
Tensor scatter_add(const Tensor& x, int axis, const Tensor& ids, const Tensor& source);
/// The rows of x (N, ...) added into zeros (rows, ...) at ids (N): the adjoint of gather_rows.
Tensor scatter_rows(const Tensor& x, const Tensor& ids, int64_t rows);

/// x, with `value` where mask (bool, broadcasts) holds.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);
/// y[..., j] = (ids[...] == j), j < classes.
Tensor one_hot(const Tensor& ids, int64_t classes, DType dtype = DType::f32);

struct [[nodiscard]] TopK {
  Tensor values, ids;  // (..., k), largest first; ids i64; ties: lowest id first
};
/// The k largest along the last axis. The gradient goes to the chosen elements.
TopK top_k(const Tensor& x, int64_t k);

/// Throws UsageError naming an id outside [0, size), except `allowed`, and the cure; how many others there are. Waits
/// for the device unless the ids came from the host (Tensor::known_range).
int64_t require_ids(const char* op, const Tensor& ids, int64_t size, std::optional<int64_t> allowed = std::nullopt,
                    const char* what = "ids", const char* cure = "");

}  // namespace grus
