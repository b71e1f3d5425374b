#pragma once
// Sequences are packed and unpacked here: between padded (T, B, ...) and packed rows (N, ...), which are step-major,
// longest sequence first (core/tensor/lengths.h).
#include "core/tape/tape.h"
#include "core/tensor/lengths.h"

namespace grus {

/// y[n] = x[t, b] at the real places.   x (T, B, ...) -> y (N, ...).   T may exceed the longest length. Throws
/// ShapeError, DeviceError.
Tensor pack(const Tensor& x, const Lengths& lengths);
/// y[t, b] = packed[n] at the real places, zeros at padded ones.   packed (N, ...) -> y (T, B, ...).   It undoes pack.
/// Throws ShapeError, DtypeError for bool, DeviceError.
Tensor unpack(const Tensor& packed, const Lengths& lengths);

/// Returns a copy of x (Lengths, AttentionRows) that lives as long as the active tape, for closures to point to; null
/// without an active tape.
template <class T>
const T* keep_on_tape(const T& x) {
  Tape* tape = Tape::active();
  if (!tape) return nullptr;
  auto kept = std::make_shared<const T>(x);
  tape->keep(kept);
  return kept.get();
}

}  // namespace grus
