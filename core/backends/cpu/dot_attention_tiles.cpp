#include "core/backends/cpu/dot_attention_tiles.h"

#include <algorithm>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/random.h"
#include "core/backends/reference/access.h"

namespace grus::cpu {

Rows rows_at(const Matrix& x, const AttentionSide& side, const Queries& of, int64_t first, int64_t count,
             std::vector<float>& room) {
  const float* const base = data<float>(x) + of.h * x.batch_stride;
  if (!side.starts.buffer)
    return {base + (first * side.step + of.b * side.item) * x.row_stride, side.step * x.row_stride};
  room.resize(static_cast<size_t>(count * x.cols));
  for (int64_t i = 0; i < count; ++i)
    std::copy_n(base + reference::row_at(side, of.b, first + i) * x.row_stride, x.cols, room.data() + i * x.cols);
  return {room.data(), x.cols};
}

float* row_at(const Matrix& x, const AttentionSide& side, const Queries& of, int64_t step) {
  return data<float>(x) + of.h * x.batch_stride + reference::row_at(side, of.b, step) * x.row_stride;
}

void multiply(const TileProduct& form, Rows a, Rows b, float* y, int64_t stride) {
  const auto [transpose_a, transpose_b, m, n, k, alpha, beta] = form;
  if (m == 0 || n == 0) return;
  if (k > 0)
    return blas_gemm({transpose_a, transpose_b, m, n, k, alpha, a.at, a.stride, b.at, b.stride, beta, y, stride, y,
                      stride, Precision::f32});
  for (int64_t i = 0; i < m && beta == 0; ++i) std::fill_n(y + i * stride, n, 0.0f);
}

int64_t keys_of(const DotAttentionArgs& a, int64_t b, int64_t t) {
  const int64_t keys = reference::steps_of(a.keys, b);
  return a.causal ? std::clamp<int64_t>(t + a.past + 1, 0, keys) : keys;
}

void mask_row(const DotAttentionArgs& a, const Queries& of, int64_t t, int64_t s, int64_t count, float* scores) {
  const int64_t seen = std::clamp<int64_t>(keys_of(a, of.b, t) - s, 0, count);
  std::fill(scores + seen, scores + count, minus_infinity);
  if (a.mask.rank == 0) return;
  const int64_t* strides = a.mask.strides;
  const int64_t place = of.b * strides[0] + of.h * strides[1] + t * strides[2] + s * strides[3], stride = strides[3];
  if (a.mask.dtype == DType::boolean) {
    const bool* allowed = data<const bool>(a.mask) + place;
    for (int64_t j = 0; j < seen; ++j) scores[j] = allowed[j * stride] ? scores[j] : minus_infinity;
  } else {
    const float* added = data<const float>(a.mask) + place;
    for (int64_t j = 0; j < seen; ++j) scores[j] += added[j * stride];
  }
}

const float* kept(const DotAttentionArgs& a, const Queries& of, int64_t t, int64_t s, int64_t count, float* keep) {
  if (a.dropout == 0) return nullptr;
  const int64_t first = ((of.b * a.heads + of.h) * a.queries.count + t) * a.keys.count + s;
  keep_mask_row(a.seed, a.draw, a.dropout, static_cast<uint64_t>(first), count, keep);
  return keep;
}

int64_t items_per_task(int64_t work) { return (1 << 16) / std::max<int64_t>(1, work) + 1; }

}  // namespace grus::cpu
