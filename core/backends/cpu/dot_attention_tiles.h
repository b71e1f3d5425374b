#pragma once
// The tiles of dot-product attention: where their rows lie, what masks and dropout make of them, and their products.
#include <limits>
#include <vector>

#include "core/backends/cpu/entries.h"

namespace grus::cpu {

inline constexpr int64_t query_tile = 64, key_tile = 256;
inline constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// Rows of floats, `stride` apart.
struct Rows {
  const float* at;
  int64_t stride;
};

/// A tile of queries: sequence b, head h, steps [t, t + count).
struct Queries {
  int64_t b, h, t, count;
};

/// Returns steps [first, first + count) of a matrix: where they lie, or copied to `room` where they are packed.
Rows rows_at(const Matrix& x, const AttentionSide& side, const Queries& of, int64_t first, int64_t count,
             std::vector<float>& room);
float* row_at(const Matrix& x, const AttentionSide& side, const Queries& of, int64_t step);

/// y (m, n) = alpha op(a) op(b) + beta y, on this thread; a k of 0 gives beta y.
struct TileProduct {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  float alpha, beta;
};
void multiply(const TileProduct& form, Rows a, Rows b, float* y, int64_t stride);

/// Returns how many keys the query of step t may see, masks aside.
int64_t keys_of(const DotAttentionArgs& a, int64_t b, int64_t t);
/// Masks the scores of a query of keys [s, s + count).
void mask_row(const DotAttentionArgs& a, const Queries& of, int64_t t, int64_t s, int64_t count, float* scores);
/// Fills `keep` with the factors of dropout for a query's keys [s, s + count). Returns null where there is none.
const float* kept(const DotAttentionArgs& a, const Queries& of, int64_t t, int64_t s, int64_t count, float* keep);
/// Returns how many items of so many multiply-adds are worth a thread.
int64_t items_per_task(int64_t work);

}  // namespace grus::cpu
