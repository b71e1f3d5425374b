// A recurrent cell written against an installed Grus: the minimal gated unit (Zhou et al. 2016) learns which sequences
// began with a 1.
#include <cstdio>

#include <grus/grus.h>

using namespace grus;

class MinimalGatedUnit : public nn::Module<MinimalGatedUnit>, public Cell {
 public:
  MinimalGatedUnit(int64_t input, int64_t hidden, Rng& rng)
      : forget(child("forget", nn::Linear(input + hidden, hidden, rng))),
        candidate(child("candidate", nn::Linear(input + hidden, hidden, rng))) {}
  std::vector<int64_t> sizes() const override { return {forget.weight.dim(0)}; }
  Output step(const Tensor& x, const State& state) const override {
    const Tensor f = sigmoid(forget(concat({x, state.h}, 1)));
    const Tensor n = tanh(candidate(concat({x, f * state.h}, 1)));
    return (1.0 - f) * state.h + f * n;
  }
  nn::Linear forget, candidate;
};

int main() {
  Rng rng(1);
  nn::Recurrent<MinimalGatedUnit> layers({.input = 1, .hidden = 8}, rng);
  nn::Linear output(8, 1, rng);
  nn::Parameters parameters = layers.named_parameters();
  for (const nn::NamedParameter& p : output.named_parameters()) parameters.push_back({"output." + p.name, p.parameter});
  optim::Adam adam(parameters, {.lr = 0.02});
  const Lengths lengths({6, 4, 5, 3, 6, 2, 4, 5});
  float loss = 1;
  for (int step = 0; step < 150; ++step) {
    const Tensor x = cast(random_uniform({6, 8, 1}, 0, 1, rng) > 0.5, DType::f32);
    Tape tape;
    const Tensor error = mse_loss(output(layers(x, lengths).state.h[0]), x[0]);
    tape.backward(error);
    adam.step();
    adam.zero_grad();
    loss = 0.9f * loss + 0.1f * error.item<float>();
  }
  std::printf("the minimal gated unit %s\n", loss < 0.05f ? "remembers" : "forgets");
}
