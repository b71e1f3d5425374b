#pragma once
// What the table makes of a row.
#include <set>
#include <string>

#include "tests/ops/table/row.h"

namespace grus::test {

/// "softmax, over axis 0, f32 on cpu"
std::string label(const Row& row, const Sample& sample, DType dtype, Device device);

/// The sample's arguments; the same numbers on every device.
Tensors make_inputs(const Sample& sample, DType numbers, Device device);

/// A sample run once: its outputs, then the gradients of the inputs that have one (of random weights on the outputs).
struct Run {
  Tensors outputs, gradients;
};
Run run(const Function& f, const Tensors& inputs, bool with_gradients);
/// That each output's gradient with respect to itself is what it is seeded with, and no rule is run for it.
void check_own_gradients(const Function& f, const Tensors& inputs, const std::string& what);
/// The ops that a run and its gradients of first and second order put on their tape.
std::set<std::string> recorded_ops(const Function& f, const Tensors& inputs);

struct Tolerance {
  double value;
  bool relative = false;  // to the value alone, however small; else to max(1, |value|)
};
/// Fails, naming `what` and the worst element, unless both runs agree.
void check_same(const Run& got, const Run& expected, Tolerance tolerance, const std::string& what);
void check_same(const Tensor& got, const Shape& shape, const std::vector<double>& expected, Tolerance tolerance,
                const std::string& what);

}  // namespace grus::test
