#pragma once
// Modules beside golden cases: parameters from the case, then values and all gradients compared.
#include <string>
#include <utility>
#include <vector>

#include "core/tape/tape.h"
#include "nn/module.h"
#include "ops/math/reduce.h"
#include "tests/support/golden.h"

namespace grus::test {

struct Tolerance {
  DType dtype;
  double tolerance;
};
constexpr Tolerance precisions[] = {{DType::f64, 1e-10}, {DType::f32, 2e-5}};

/// Results by the names that the case gives them: y, h, weights.
using Named = std::vector<std::pair<std::string, Tensor>>;

inline void load_parameters(nn::ModuleBase& module, const GoldenCase& c, DType dtype) {
  module.to(dtype);
  for (const auto& [name, parameter] : module.named_parameters()) parameter.leaf().assign(c.at(name, dtype));
}

template <class M>
M loaded(M module, const GoldenCase& c, DType dtype) {
  load_parameters(module, c, dtype);
  return module;
}

inline void check_gradients(const nn::ModuleBase& module, const GoldenCase& c, double tolerance) {
  for (const nn::NamedParameter& p : module.named_parameters()) {
    CAPTURE(p.name);
    CHECK(difference(p.parameter.grad(), c.at("d/" + p.name)) < tolerance);
  }
}

/// Runs f(inputs), which gives results by name, and compares them and all gradients: those of the inputs that the case
/// has, and those of the module where there is one.
template <class F>
void check(const nn::ModuleBase* module, const GoldenCase& c, Tolerance p, std::vector<const char*> names, F f) {
  Tape tape;
  std::vector<Tensor> inputs;
  for (const char* name : names)
    if (c.has(name)) inputs.push_back(tape.watch(c.at(name, p.dtype)));
  Tensor loss;
  for (const auto& [name, value] : f(inputs)) {
    CAPTURE(name);
    CHECK(difference(value, c.at(name)) < p.tolerance);
    const Tensor part = sum(value * c.at("w" + name, p.dtype));
    loss = loss.defined() ? loss + part : part;
  }
  const std::vector<Tensor> found = tape.grad(loss, inputs);
  for (size_t i = 0, k = 0; i < names.size(); ++i) {
    if (!c.has(names[i])) continue;
    CAPTURE(names[i]);
    CHECK(difference(found[k++], c.at(std::string("d/") + names[i])) < p.tolerance);
  }
  if (!module) return;
  tape.backward(loss);
  check_gradients(*module, c, p.tolerance);
}

}  // namespace grus::test
