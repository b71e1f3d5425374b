// An optimizer written against an installed Grus: its equations are all there is to write.
#include <cstdio>

#include <grus/grus.h>

namespace {

using namespace grus;

/// s = alpha s + (1 - alpha) g^2;  w -= lr g / (sqrt(s) + eps)
class MyRmsprop : public optim::Optimizer {
 public:
  explicit MyRmsprop(const nn::Parameters& parameters, double lr = 0.01)
      : Optimizer("MyRmsprop", {{"lr", lr}, {"alpha", 0.99}, {"eps", 1e-8}}, {"square_mean"},
                  {{.parameters = parameters}}) {}

 protected:
  void update(optim::ParameterUpdate& p) override {
    Tensor& s = p.state("square_mean");
    s = p["alpha"] * s + (1 - p["alpha"]) * square(p.grad);
    p.value = p.value - p.lr * p.grad / (sqrt(s) + p["eps"]);
  }
};

/// Takes steps [from, to) of fitting y = 2 x_0 - x_1 + 0.5, clipped and with a schedule; returns the loss before the
/// last.
float learn(const nn::Linear& model, optim::Optimizer& optimizer, int from, int to) {
  const Tensor x = Tensor::from({0.f, 0.f, 1.f, 0.f, 0.f, 1.f, 1.f, 1.f}, {4, 2});
  const Tensor y = Tensor::from({0.5f, 2.5f, -0.5f, 1.5f}, {4, 1});
  const optim::Schedule schedule = optim::warmup(10, optim::cosine(200));
  float loss = 0;
  for (int step = from; step < to; ++step) {
    Tape tape;
    const Tensor error = mse_loss(model(x), y);
    tape.backward(error);
    optimizer.set_lr_factor(schedule(step));
    optimizer.step(optim::clip_scale(model.named_parameters(), 5.0).scale);
    optimizer.zero_grad();
    loss = error.item<float>();
  }
  return loss;
}

}  // namespace

int main() {
  Rng rng(1), again(1), third(1);
  const nn::Linear mine(2, 1, rng), theirs(2, 1, again), stopped(2, 1, third);
  MyRmsprop optimizer(mine.named_parameters(), 0.1), before(stopped.named_parameters(), 0.1),
      after(stopped.named_parameters(), 0.1);
  optim::Rmsprop built_in(theirs.named_parameters(), {.lr = 0.1});
  std::printf("%s\n", learn(mine, optimizer, 0, 200) < 1e-4f ? "it learns" : "it does not learn");
  learn(theirs, built_in, 0, 200);
  learn(stopped, before, 0, 100);
  after.load_state(before.state());
  learn(stopped, after, 100, 200);
  const auto weight = [](const nn::Linear& model) { return model.weight.value().to_vector<float>(); };
  std::printf("%s\n", weight(mine) == weight(theirs) ? "as the library's own" : "not as the library's own");
  std::printf("%s\n", weight(mine) == weight(stopped) ? "resumed exactly" : "not resumed exactly");
  try {
    optimizer.set("beta", 0.9);
  } catch (const UsageError& error) {
    std::printf("%s\n", error.what());
  }
}
