#pragma once
// The inner loops of elementwise ops, compiled once per instruction set; elementwise.cpp walks the outer axes.
#include <array>
#include <cstdint>

#include "core/device/kernels.h"

namespace grus::cpu {

inline constexpr int max_inputs = 4;

/// out[i] = f(in[0][i * step[0]], ...) for i < n; a step is 0 or 1.
template <class T>
struct ElementRow {
  int64_t n;
  T* out;
  const T* in[max_inputs];
  int step[max_inputs];
};

#define GRUS_UNARY(...) +1
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
inline constexpr size_t unary_ops = 0
#include "core/device/elementwise.def"
    ;
#define GRUS_UNARY(...)
#define GRUS_BINARY(...) +1
#define GRUS_COMPARE(...)
inline constexpr size_t binary_ops = 0
#include "core/device/elementwise.def"
    ;

template <class T>
using ElementFunction = void (*)(const ElementRow<T>& row);

/// One function per row of core/device/elementwise.def. A unary one takes x, its gradient x, y, dy; a binary one a, b,
/// its gradients a, b, y, dy.
template <class T>
struct ElementFunctions {
  std::array<ElementFunction<T>, unary_ops> unary, unary_gradient;
  std::array<ElementFunction<T>, binary_ops> binary, binary_gradient[2];
};

template <class T>
const ElementFunctions<T>& element_functions();
template <>
const ElementFunctions<float>& element_functions<float>();
template <>
const ElementFunctions<double>& element_functions<double>();

}  // namespace grus::cpu
