#pragma once
// Functions of one number as the library computes them, beside what they should give: what the sweep goes through.
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::accuracy {

/// How far the library may be from the exact value, in units of the last place of the larger of |exact| and `floor`:
/// 0 means that small values must be right in their own last place.
struct Function {
  const char* name;
  Tensor (*compute)(const Tensor& x);
  double (*exact)(double x);                 // for f32
  long double (*exact_of_f64)(long double);  // for f64
  double most_f32, most_f64;
  double floor = 0;
  bool at_infinity = true;  // whether infinities must give the limits: false where PyTorch gives NaN too
};

/// The functions that core/device/elementwise.def names: right in their last places, and exact at 0 and infinity.
/// Then the rows and ops that are composed of them, and gradients: they must stay near everywhere.
const std::vector<Function>& functions();

}  // namespace grus::accuracy
