#pragma once
// The parts of the checks that every row of the table goes through.
#include <set>
#include <string>

#include "tests/ops/table/row.h"

namespace grus::test {

/// Returns a name such as "softmax, over axis 0, f32 on cpu".
std::string label(const Row& row, const Sample& sample, DType dtype, Device device);

/// Returns the sample's arguments, the same numbers on every device.
Tensors make_inputs(const Sample& sample, DType numbers, Device device);

/// A run of a sample: its outputs, then the gradients of the inputs that have one (of random weights on the outputs).
struct Run {
  Tensors outputs, gradients;
  std::vector<std::string> names = {};  // of the inputs that the gradients are of
};
Run run(const Function& f, const Tensors& inputs, bool with_gradients);
/// Checks that each output's gradient with respect to itself is what it is seeded with, and that no rule is run for it.
void check_own_gradients(const Function& f, const Tensors& inputs, const std::string& what);
/// Returns the ops that a run and its gradients of first and second order put on their tape.
std::set<std::string> recorded_ops(const Function& f, const Tensors& inputs);

struct Tolerance {
  double value;
  bool relative = false;  // relative to the value alone, however small; else to max(1, |value|)
};
/// Fails, naming `what` and the worst element, unless both runs agree.
void check_same(const Run& got, const Run& expected, Tolerance tolerance, const std::string& what);
void check_same(const Tensor& got, const Shape& shape, const std::vector<double>& expected, Tolerance tolerance,
                const std::string& what);

}  // namespace grus::test
