#include "core/backends/cpu/elementwise_rows.h"

#include "core/backends/reference/left_out.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/elementwise_rows.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

template <class T>
HWY_INLINE Number<T> number(double value) {
  return Number<T>::of(value);
}
#define K number<T>

// Each expression becomes a struct that computes vectors from vectors. in[] is as ElementFunctions says.
#define GRUS_UNARY(name, y_expression, dx_expression, ...)               \
  struct Value_##name {                                                  \
    static constexpr int inputs = 1;                                     \
    template <class T>                                                   \
    static HWY_INLINE Number<T> of(const Number<T>* in) {                \
      const Number<T> x = in[0];                                         \
      return y_expression;                                               \
    }                                                                    \
  };                                                                     \
  struct Slope_##name {                                                  \
    static constexpr int inputs = 3;                                     \
    template <class T>                                                   \
    static HWY_INLINE Number<T> of(const Number<T>* in) {                \
      [[maybe_unused]] const Number<T> x = in[0], y = in[1], dy = in[2]; \
      return dx_expression;                                              \
    }                                                                    \
  };
#define GRUS_BINARY(name, y_expression, da_expression, db_expression, ...)          \
  struct Value_##name {                                                             \
    static constexpr int inputs = 2;                                                \
    template <class T>                                                              \
    static HWY_INLINE Number<T> of(const Number<T>* in) {                           \
      const Number<T> a = in[0], b = in[1];                                         \
      return y_expression;                                                          \
    }                                                                               \
  };                                                                                \
  struct SlopeA_##name {                                                            \
    static constexpr int inputs = 4;                                                \
    template <class T>                                                              \
    static HWY_INLINE Number<T> of(const Number<T>* in) {                           \
      [[maybe_unused]] const Number<T> a = in[0], b = in[1], y = in[2], dy = in[3]; \
      return da_expression;                                                         \
    }                                                                               \
  };                                                                                \
  struct SlopeB_##name {                                                            \
    static constexpr int inputs = 4;                                                \
    template <class T>                                                              \
    static HWY_INLINE Number<T> of(const Number<T>* in) {                           \
      [[maybe_unused]] const Number<T> a = in[0], b = in[1], y = in[2], dy = in[3]; \
      return db_expression;                                                         \
    }                                                                               \
  };
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
#undef K

/// An input that stands still is a vector of copies with a step of 0, so that one loop serves every mix.
template <class T, class Function>
void run_row(const ElementRow<T>& row) {
  using N = Number<T>;
  constexpr int inputs = Function::inputs;
  HWY_ALIGN T copies[inputs][N::lanes];
  const T* in[inputs];
  int64_t step[inputs];
  for (int k = 0; k < inputs; ++k) {
    in[k] = row.in[k];
    step[k] = N::lanes;
    if (row.step[k] == 0) {
      N::of(*row.in[k]).store(copies[k]);
      in[k] = copies[k];
      step[k] = 0;
    }
  }
  N x[inputs];
  int64_t i = 0;
  for (; i + N::lanes <= row.n; i += N::lanes) {
    for (int k = 0; k < inputs; ++k) {
      x[k] = N::load(in[k]);
      in[k] += step[k];
    }
    Function::template of<T>(x).store(row.out + i);
  }
  if (i == row.n) return;
  for (int k = 0; k < inputs; ++k) x[k] = N::load(in[k], row.n - i);
  Function::template of<T>(x).store(row.out + i, row.n - i);
}

template <class T>
const ElementFunctions<T>* functions() {
  static constexpr ElementFunctions<T> functions = {
#define GRUS_UNARY(name, ...) run_row<T, Value_##name>,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
      {
#include "core/device/elementwise.def"
      },
#define GRUS_UNARY(name, ...) is_left_out("unary_gradient") ? nullptr : run_row<T, Slope_##name>,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
      {
#include "core/device/elementwise.def"
      },
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) run_row<T, Value_##name>,
#define GRUS_COMPARE(...)
      {
#include "core/device/elementwise.def"
      },
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) is_left_out("binary_gradient") ? nullptr : run_row<T, SlopeA_##name>,
#define GRUS_COMPARE(...)
      {{
#include "core/device/elementwise.def"
       },
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) is_left_out("binary_gradient") ? nullptr : run_row<T, SlopeB_##name>,
#define GRUS_COMPARE(...)
       {
#include "core/device/elementwise.def"
       }}};
  return &functions;
}

const ElementFunctions<float>* functions_f32() { return functions<float>(); }
const ElementFunctions<double>* functions_f64() { return functions<double>(); }

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(functions_f32);
HWY_EXPORT(functions_f64);

template <>
const ElementFunctions<float>& element_functions<float>() {
  static const auto& functions = *HWY_DYNAMIC_DISPATCH(functions_f32)();
  return functions;
}
template <>
const ElementFunctions<double>& element_functions<double>() {
  static const auto& functions = *HWY_DYNAMIC_DISPATCH(functions_f64)();
  return functions;
}

}  // namespace grus::cpu
#endif
