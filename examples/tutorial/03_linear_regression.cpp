// 3. Linear regression: the training loop that every later program has. Run it: ./dev run 03_linear_regression
#include <cmath>

#include <grus/grus.h>

using namespace grus;

int main() {
  // The data are 200 points of y = 3 x1 - 2 x2 + 1 with a little noise.
  Rng rng(1);
  const Tensor x = random_normal({200, 2}, 0, 1, rng);
  const Tensor true_weight = Tensor::from({3.f, -2.f}, {1, 2}), true_bias = Tensor::ones({1});
  const Tensor y = linear(x, true_weight, true_bias) + random_normal({200, 1}, 0, 0.1, rng);

  // A module owns named parameters; this one has "weight" (1, 2) and "bias" (1).
  nn::Linear model(2, 1, rng);
  fmt::print("{}\n", model.summary());

  optim::Sgd optimizer(model.named_parameters(), {.lr = 0.1});
  for (int step = 0; step < 60; ++step) {
    Tape tape;                                  // 1. write down what follows
    const Tensor loss = mse_loss(model(x), y);  // 2. how wrong is the model?
    tape.backward(loss);                        // 3. which way does each parameter make it worse?
    optimizer.step();                           // 4. go a little the other way
    optimizer.zero_grad();                      // 5. gradients add up: begin the next step with none
    if (step % 10 == 0) fmt::print("step {:2}   loss {:.4f}\n", step, loss.item());
  }

  const std::vector<float> weight = model.weight.value().to_vector<float>();
  const double bias = model.bias.value().item();
  fmt::print("\nfound y = {:.2f} x1 + {:.2f} x2 + {:.2f}\n", weight[0], weight[1], bias);
  return std::abs(weight[0] - 3) < 0.05 && std::abs(weight[1] + 2) < 0.05 && std::abs(bias - 1) < 0.05 ? 0 : 1;
}
