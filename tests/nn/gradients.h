#pragma once
// What tests of modules ask about the gradients of their parameters.
#include "nn/module.h"

namespace grus::test {

/// Tells whether there is a parameter, and each has a gradient.
inline bool all_have_gradients(const nn::Parameters& parameters) {
  for (const auto& [name, parameter] : parameters)
    if (!parameter.grad().defined()) return false;
  return !parameters.empty();
}

}  // namespace grus::test
