#pragma once
// Positions of steps, for models that have no other sense of order.
#include "core/tensor/lengths.h"

namespace grus {

/// y[t, 2i] = sin(p / base^(2i / E)), y[t, 2i + 1] = cos of the same, p = first + t (Vaswani et al. 2017, 3.5).   y (T,
/// E).   Throws UsageError for negative sizes or a base that is not above 0, DtypeError unless f32 or f64.
Tensor sinusoidal_positions(int64_t steps, int64_t width, int64_t first = 0, double base = 10000,
                            DType dtype = DType::f32, Device device = default_device());
/// Returns the step of each packed row, i64 (N): gather_rows(table, packed_positions(lengths)).
Tensor packed_positions(const Lengths& lengths);

/// Which coordinates of a head make a pair: i and i + D/2 (`half`, as LLaMA's files), or 2i and 2i + 1 (`interleaved`,
/// as in the paper). A permutation of a projection's rows makes one of the other.
enum class RotaryPairs { half, interleaved };
struct Rotary {
  RotaryPairs pairs = RotaryPairs::half;
  double base = 10000;
};
/// y = x with each pair (a, b) of each head turned by the angle p base^(-2i/D): (a cos - b sin, a sin + b cos), at
/// position p = first + t (Su et al. 2021, RoFormer). Products of queries and keys then depend on their distance alone.
/// x (T, B, H D), or (T, H D) of one sequence. Throws ShapeError unless the heads divide a row into even sizes.
Tensor rotary_embedding(const Tensor& x, int64_t heads, const Rotary& rotary = {}, int64_t first = 0);
/// Takes packed rows (N, H D).
Tensor rotary_embedding_packed(const Tensor& x, const Lengths& lengths, int64_t heads, const Rotary& rotary = {});

}  // namespace grus
