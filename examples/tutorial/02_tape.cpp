// 2. The tape: how a program gets its derivatives. Run it: ./dev run 02_tape
#include <cmath>

#include <grus/grus.h>

using namespace grus;

// A small network has two weights and a loss, and the chain rule gives its derivatives by hand:
//   h = tanh(w1 x),  y = w2 h,  loss = (y - t)^2
//   d loss / d y  = 2 (y - t)
//   d loss / d w2 = d loss / d y * h
//   d loss / d h  = d loss / d y * w2
//   d loss / d w1 = d loss / d h * (1 - h^2) * x         since tanh' = 1 - tanh^2
struct ByHand {
  double loss, dw1, dw2;
};

ByHand by_hand(double w1, double w2, double x, double t) {
  const double h = std::tanh(w1 * x), y = w2 * h;
  const double dy = 2 * (y - t), dw2 = dy * h, dh = dy * w2;
  return {(y - t) * (y - t), dh * (1 - h * h) * x, dw2};
}

int main() {
  const double x = 0.5, t = 2;
  const Tensor w1 = Tensor::full({}, 0.8, DType::f64), w2 = Tensor::full({}, -1.5, DType::f64);

  // While a Tape lives, it records every op on a value that it watches, in the order in which the ops run.
  Tape tape;
  const Tensor a = tape.watch(w1), b = tape.watch(w2);
  const Tensor h = tanh(a * x);
  const Tensor loss = square(b * h - t);
  fmt::print("the tape has {} records:", tape.size());
  for (size_t i = 0; i < tape.size(); ++i) fmt::print(" {}", tape.record(i).op->name());

  // The derivatives come from walking the records backwards: each record applies its own rule.
  const std::vector<Tensor> gradients = tape.grad(loss, {a, b});
  const ByHand expected = by_hand(0.8, -1.5, x, t);
  fmt::print("\n\n           tape       by hand\n");
  fmt::print("loss     {:8.5f}    {:8.5f}\n", loss.item(), expected.loss);
  fmt::print("d / dw1  {:8.5f}    {:8.5f}\n", gradients[0].item(), expected.dw1);
  fmt::print("d / dw2  {:8.5f}    {:8.5f}\n\n", gradients[1].item(), expected.dw2);

  // With create_graph the walk itself is recorded, which gives derivatives of derivatives: d^2 loss / d w2^2 = 2 h^2.
  const Tensor first = tape.grad(loss, {b}, true)[0];
  const double second = tape.grad(first, {b})[0].item(), hand = 2 * h.item() * h.item();
  fmt::print("d2 / dw2^2 {:.5f}, by hand {:.5f}\n\n", second, hand);

  // A proof for ops of your own: gradcheck compares their derivatives with differences, in double precision.
  gradcheck([](const Tensor& u, const Tensor& v) { return tanh(u) * v; }, {w1, w2});
  fmt::print("gradcheck found no difference\n");

  const double error = std::abs(gradients[0].item() - expected.dw1) + std::abs(gradients[1].item() - expected.dw2);
  return error < 1e-12 && std::abs(second - hand) < 1e-12 ? 0 : 1;
}
