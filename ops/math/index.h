#pragma once
// These ops pick elements by integer tensors (i32 or i64). An id out of range is a UsageError that names it and the
// size it must fit.
#include <optional>

#include "core/tensor/tensor.h"

namespace grus {

/// y[i...] = table[ids[i...]].   table (V, ...), ids any shape -> y ids.shape + table.shape[1:].   Saves ids; the
/// gradient adds to the touched rows only. Throws UsageError, ShapeError, DtypeError, DeviceError.
Tensor gather_rows(const Tensor& table, const Tensor& ids);
/// y = gather_rows(table, ids), but the row `padding_index` gets no gradient. Throws as gather_rows does.
Tensor embedding(const Tensor& table, const Tensor& ids, std::optional<int64_t> padding_index = std::nullopt);

/// y = the entries `ids` (K) of x along an axis, whose size becomes K.
Tensor index_select(const Tensor& x, int axis, const Tensor& ids);
/// y[i, j, k] = x[i, ids[i, j, k], k] for axis 1, as torch.gather. ids has x's rank, and on other axes sizes of at most
/// x's.
Tensor gather(const Tensor& x, int axis, const Tensor& ids);
/// y = x, then y[i, ids[i, j, k], k] += source[i, j, k] for axis 1; source has the shape of ids.
Tensor scatter_add(const Tensor& x, int axis, const Tensor& ids, const Tensor& source);
/// y = zeros (rows, ...), then y[ids[n]] += x[n].   x (N, ...), ids (N).   It is the adjoint of gather_rows.
Tensor scatter_rows(const Tensor& x, const Tensor& ids, int64_t rows);

/// y = value where mask (bool, broadcasts) holds, else x.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);
/// y[..., j] = (ids[...] == j), j < classes.
Tensor one_hot(const Tensor& ids, int64_t classes, DType dtype = DType::f32);

struct [[nodiscard]] TopK {
  Tensor values, ids;  // (..., k), largest first and, among equals, lowest id first; ids i64
};
/// Returns the k largest along the last axis. The gradient goes to the chosen elements.
TopK top_k(const Tensor& x, int64_t k);

/// Returns how many ids are not `allowed`. Throws UsageError, naming the id and the cure, where one of those is outside
/// [0, size); DtypeError unless ids are i32 or i64. The host waits for the device unless it knows the ids' range
/// (Raw::known_range).
int64_t require_ids(const char* op, const Tensor& ids, int64_t size, std::optional<int64_t> allowed = std::nullopt,
                    const char* what = "ids", const char* cure = "");

}  // namespace grus
