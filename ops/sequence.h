#pragma once
// Between padded (T, B, ...) and packed rows (N, ...): step-major, longest sequence first (core/tensor/lengths.h).
#include "core/tape/tape.h"
#include "core/tensor/lengths.h"

namespace grus {

/// Packed rows of x (T, B, ...): y[n] = x[t, b] at the real places. T may exceed the longest length.
Tensor pack(const Tensor& x, const Lengths& lengths);
/// The inverse, zeros at padded places: (N, ...) -> (T, B, ...).
Tensor unpack(const Tensor& packed, const Lengths& lengths);

/// A copy of x (lengths, rows) that lives as long as the active tape, for closures to point to; null without one.
template <class T>
const T* keep_on_tape(const T& x) {
  Tape* tape = Tape::active();
  if (!tape) return nullptr;
  auto kept = std::make_shared<const T>(x);
  tape->keep(kept);
  return kept.get();
}

}  // namespace grus
