// 7. An op of your own: composed of others, or with a gradient that you write; both proven.
// Run it: ./dev run 07_custom_op
#include <cmath>
#include <numbers>

#include <grus/grus.h>

using namespace grus;

// Composed: a function of tensors is an op already. Its gradients, of any order, follow from the ops that it calls.
//   mish(x) = x tanh(log(1 + exp(x)))          (Misra 2020)
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }

// With a gradient of its own, where that is simpler or more exact than what the composition gives:
//   y = log(cosh(x)) = |x| + softplus(-2 |x|) - log(2)          dy/dx = tanh(x)
// The Op carries the name for errors and profiles. record() takes the tensors that the op is about, the result
// (computed on detached inputs, so that the tape gets one record and not several), and the rule. The rule gets dy, then
// one parameter for each of the tensors, and adds the gradients of the inputs. The type of a parameter says what the
// record keeps:
//   Input             the place for the gradient, no value         (a bias)
//   SavedInput        both: x.add(gradient) and x.value
//   const Tensor&     the value alone                              (the result, a mask, ids)
// A value alone that is not the result counts as a constant, in gradients of gradients, too. The rule calls ops, so
// that the gradient of the gradient follows again, and it captures plain values only.
const Op log_cosh_op("log_cosh");

Tensor log_cosh(const Tensor& x) {
  const Tensor size = abs(x.detach());
  return record(log_cosh_op, {x}, size + softplus(-2.0 * size) - std::numbers::ln2,
                [](const Tensor& dy, SavedInput x) { x.add(dy * tanh(x.value)); });
}

// This op has a slip that everybody makes one day: its rule is the gradient of another function.
const Op slip_op("slip");

Tensor slip(const Tensor& x) {
  return record(slip_op, {x}, log_cosh(x.detach()),
                [](const Tensor& dy, SavedInput x) { x.add(dy * sigmoid(x.value)); });
}

int main() {
  Rng rng(1);
  const std::vector<Tensor> inputs{random_normal({2, 3}, 0, 1, rng, DType::f64)};
  const auto check = [&](Tensor (*op)(const Tensor&)) {
    const TensorFunction f = [op](std::span<const Tensor> in) { return op(in[0]); };
    gradcheck(f, inputs);      // the gradient agrees with differences, in double precision
    gradgradcheck(f, inputs);  // and so does the gradient's gradient
  };
  check(mish);
  check(log_cosh);
  fmt::print("gradcheck and gradgradcheck found no difference\n");

  bool found = false;
  try {
    check(slip);
  } catch (const Error& error) {
    found = true;
    fmt::print("of the slip they say: {}\n", error.what());
  }

  Tape tape;
  const Tensor x = tape.watch(Tensor::from({-1.0, 0.0, 2.0}, {3}));
  const Tensor slope = tape.grad(sum(log_cosh(x)), {x})[0];
  fmt::print("d log(cosh(x)) / dx at -1, 0, 2: {}\n", slope);
  return found && std::abs(slope.to_vector<double>()[2] - std::tanh(2.0)) < 1e-12 ? 0 : 1;
}
