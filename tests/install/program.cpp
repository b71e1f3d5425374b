// A program of somebody who has Grus installed: d(sum(x w)) / dw is the sums of x's columns.
#include <cstdio>

#include "grus.h"

int main() {
  const grus::Tensor x = grus::Tensor::from({1.0f, 2.0f, 3.0f, 4.0f}, {2, 2});
  const auto w = grus::Leaf::create(grus::Tensor::ones({2, 1}));
  grus::Tape tape;
  tape.backward(grus::sum(grus::matmul(x, w->tensor())));
  for (const float gradient : w->grad().to_vector<float>()) std::printf("%g\n", gradient);
}
