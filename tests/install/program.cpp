// A program written against an installed Grus: d(sum(x w)) / dw is the sums of the columns of x; then an op of one's
// own.
#include <cstdio>

#include <grus/grus.h>

namespace {

using grus::Tensor;

const grus::Op cube_op("cube");

/// y = x^3 as a user writes it: the gradient's rule stands beside the value.
Tensor cube(const Tensor& x) {
  const Tensor value = x.detach();
  return grus::record(cube_op, {x}, value * value * value,
                      [](const Tensor& dy, grus::SavedInput x) { x.add(3.0 * grus::square(x.value) * dy); });
}

/// y = x^3 with a rule whose gradient has another shape than x.
Tensor misshapen(const Tensor& x) {
  return grus::record(cube_op, {x}, x.detach(), [](const Tensor& dy, grus::Input x) { x.add(grus::sum(dy)); });
}

}  // namespace

int main() {
  const Tensor x = Tensor::from({1.0f, 2.0f, 3.0f, 4.0f}, {2, 2});
  const auto w = grus::Leaf::create(Tensor::ones({2, 1}));
  {
    grus::Tape tape;
    tape.backward(grus::sum(grus::matmul(x, w->tensor())));
    for (const float gradient : w->grad().to_vector<float>()) std::printf("%g\n", gradient);
  }

  const grus::TensorFunction f = [](std::span<const Tensor> in) { return cube(in[0]); };
  const std::vector<Tensor> inputs{Tensor::from({-1.0, 0.5, 2.0}, {3})};
  grus::gradcheck(f, inputs);
  grus::gradgradcheck(f, inputs);
  std::printf("cube is proven\n");
  try {
    grus::Tape tape;
    tape.backward(grus::sum(misshapen(w->tensor())));
  } catch (const grus::ShapeError& error) {
    std::printf("%s\n", error.what());
  }
}
