#include "ops/math/triangle.h"

#include <algorithm>

#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

/// Keeps x where j - i is at least `diagonal`, or at most that.
Tensor triangle(const char* op, const Tensor& x, int64_t diagonal, bool upper) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require(x.rank() >= 2, "[{}] need matrices (..., M, N), got {}", op, x.shape());
  const int64_t rows = x.dim(-2), columns = x.dim(-1), edge = std::clamp(diagonal, -rows, columns);
  const Tensor i = Tensor::arange(edge, rows + edge, x.device()).reshape({rows, 1});
  const Tensor j = Tensor::arange(0, columns, x.device());
  return where(upper ? j >= i : j <= i, x, 0.0);
}

}  // namespace

Tensor triu(const Tensor& x, int64_t diagonal) { return triangle("triu", x, diagonal, true); }
Tensor tril(const Tensor& x, int64_t diagonal) { return triangle("tril", x, diagonal, false); }

Tensor diagonal(const Tensor& x, int64_t offset, int axis_a, int axis_b) {
  constexpr const char* op = "diagonal";
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  axis_a = normalize_axis(axis_a, x.rank(), op);
  axis_b = normalize_axis(axis_b, x.rank(), op);
  require(axis_a != axis_b, "[{}] need two axes, got {} twice", op, axis_a);
  const int64_t rows = x.dim(axis_a), columns = x.dim(axis_b);
  require<UsageError>(offset >= -rows && offset <= columns, "[{}] need an offset in [{}, {}], got {}", op, -rows,
                      columns, offset);
  std::array<int, max_rank> order{};
  size_t count = 0;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis_a && i != axis_b) order[count++] = i;
  order[count++] = axis_a;
  order[count++] = axis_b;
  const int64_t size =
      std::max<int64_t>(0, offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns));
  const Tensor last = permute(x, std::span<const int>(order.data(), count));
  Shape flat = last.shape().without(x.rank() - 1);
  flat[flat.rank() - 1] = rows * columns;
  const int64_t first = offset >= 0 ? offset : -offset * columns;
  const Tensor ids =
      Tensor::arange(0, size, x.device()) * static_cast<double>(columns + 1) + static_cast<double>(first);
  if (size > 0) Raw::know_range(ids, {0, static_cast<double>(first + (size - 1) * (columns + 1))});
  return index_select(last.reshape(flat), -1, ids);
}

}  // namespace grus
