#pragma once
// Functions of one number as the library computes them, beside what they should give, for the sweep.
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::accuracy {

/// A function, and how far the library may be from its exact value, in units of the last place of the larger of |exact|
/// and `floor`; a floor of 0 means that small values must be right in their own last place.
struct Function {
  const char* name;
  Tensor (*compute)(const Tensor& x);
  double (*exact)(double x);                 // for f32
  long double (*exact_of_f64)(long double);  // for f64
  double most_f32, most_f64;
  double floor = 0;
  bool at_infinity = true;  // whether infinities must give the limits: false where PyTorch gives NaN too
};

/// Lists the functions that core/device/elementwise.def names, which are right in their last places and exact at 0 and
/// infinity; then rows and ops that are composed of them, and gradients, which must stay near everywhere.
const std::vector<Function>& functions();

}  // namespace grus::accuracy
