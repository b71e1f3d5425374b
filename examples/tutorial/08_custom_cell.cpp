// 8. Recurrent cells of your own: one step in plain ops, and `scan` does the rest. Three cells learn to remember.
// Run it: ./dev run 08_custom_cell
#include <grus/grus.h>

using namespace grus;

// The minimal gated unit (Zhou et al. 2016) is a GRU with one gate.
//   f = sigmoid(W_f [x; h] + b_f)      n = tanh(W_n [x; f * h] + b_n)      h' = (1 - f) * h + f * n
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

// This LSTM has peepholes: its gates look at the memory c, too (Gers and Schmidhuber 2000). Its state has two tensors,
// and `project` multiplies the inputs of all steps by their weights at once, before the loop.
//   i, f = sigmoid(W x + U h + p * c)      c' = f * c + i * tanh(W_g x + U_g h)
//   o = sigmoid(W_o x + U_o h + p_o * c')  h' = o * tanh(c')
class PeepholeLstm : public nn::Module<PeepholeLstm>, public Cell {
 public:
  PeepholeLstm(int64_t input, int64_t hidden, Rng& rng)
      : in(child("in", nn::Linear(input, 4 * hidden, rng))),
        back(child("back", nn::Linear(hidden, 4 * hidden, rng, {.bias = false}))),
        peephole(param("peephole", nn::init::uniform({3, hidden}, -0.1, 0.1, rng))) {}
  std::vector<int64_t> sizes() const override { return {peephole.dim(1), peephole.dim(1)}; }
  Tensor project(const Tensor& x) const override { return in(x); }
  Output step(const Tensor& x, const State& state) const override {
    const auto sums = chunk(x + back(state.h), 4, 1);
    const Tensor p = peephole, i = sigmoid(sums[0] + p[0] * state.c), f = sigmoid(sums[1] + p[1] * state.c);
    const Tensor c = f * state.c + i * tanh(sums[2]), o = sigmoid(sums[3] + p[2] * c);
    return State{o * tanh(c), c};
  }
  nn::Linear in, back;
  nn::Parameter peephole;
};

// This GRU normalises its sums in each step (Ba et al. 2016): every row gets mean 0 and variance 1, then a scale and a
// shift that are learnt.
class NormalisedGru : public nn::Module<NormalisedGru>, public Cell {
 public:
  NormalisedGru(int64_t input, int64_t hidden, Rng& rng)
      : in(child("in", nn::Linear(input, 3 * hidden, rng))),
        back(child("back", nn::Linear(hidden, 3 * hidden, rng, {.bias = false}))),
        norm_in(child("norm_in", nn::LayerNorm(3 * hidden))),
        norm_back(child("norm_back", nn::LayerNorm(3 * hidden))) {}
  std::vector<int64_t> sizes() const override { return {back.weight.dim(1)}; }
  Tensor project(const Tensor& x) const override { return norm_in(in(x)); }
  Output step(const Tensor& x, const State& state) const override {
    const auto gx = chunk(x, 3, 1), gh = chunk(norm_back(back(state.h)), 3, 1);
    const Tensor r = sigmoid(gx[0] + gh[0]), z = sigmoid(gx[1] + gh[1]);
    return z * state.h + (1.0 - z) * tanh(gx[2] + r * gh[2]);
  }
  nn::Linear in, back;
  nn::LayerNorm norm_in, norm_back;
};

// A reader is one layer of any cell, and a number that is read off the last state.
template <class C>
class Reader : public nn::Module<Reader<C>> {
 public:
  explicit Reader(Rng& rng)
      : layers(this->child("layers", nn::Recurrent<C>({.input = 2, .hidden = 24}, rng))),
        output(this->child("output", nn::Linear(24, 1, rng))) {}
  Tensor forward(const Tensor& x, const Lengths& lengths) const { return output(layers(x, lengths).state.h[0]); }
  nn::Recurrent<C> layers;
  nn::Linear output;
};

// The adding problem (Hochreiter and Schmidhuber 1997): two numbers of a series are marked, at places that nobody knows
// beforehand, and the answer is their sum. The answer that is always 1 has a mean squared error of 1/6.
struct Series {
  Tensor x, sums;  // x (T, B, 2) has numbers and marks, sums (B, 1) the answers
  Lengths lengths;
};

Series draw(int64_t batch, Rng& rng) {
  constexpr int64_t steps = 12;
  const std::vector<float> numbers = random_uniform({steps, batch}, 0, 1, rng).to_vector<float>(),
                           places = random_uniform({3, batch}, 0, 1, rng).to_vector<float>();
  std::vector<float> x(static_cast<size_t>(steps * batch * 2)), sums(static_cast<size_t>(batch));
  std::vector<int64_t> lengths;
  for (int64_t b = 0; b < batch; ++b) {
    const auto place = [&](int64_t k, int64_t count) {
      return static_cast<int64_t>(places[static_cast<size_t>(k * batch + b)] * static_cast<float>(count));
    };
    lengths.push_back(steps - place(0, 5));  // lengths are 8 to 12
    const int64_t first = place(1, 4), second = 4 + place(2, 4);
    for (int64_t t = 0; t < steps; ++t) {
      const auto at = static_cast<size_t>(t * batch + b);
      x[2 * at] = numbers[at];
      x[2 * at + 1] = t == first || t == second ? 1.0f : 0.0f;
      if (x[2 * at + 1] > 0) sums[static_cast<size_t>(b)] += numbers[at];
    }
  }
  return {Tensor::from(x, {steps, batch, 2}), Tensor::from(sums, {batch, 1}), Lengths(lengths, steps)};
}

// Says whether the gradients are right, and then whether they lead anywhere.
template <class C>
bool try_cell(const char* name) {
  Rng rng(1);
  C small(3, 4, rng);
  small.to(DType::f64);
  const auto f = [&](std::span<const Tensor> in) {
    const Output out = scan(small, in[0], Lengths({3, 1, 2}));  // three ragged sequences, packed
    return std::vector<Tensor>{out.y, out.state.h};
  };
  gradcheck(TensorsFunction(f), {random_normal({6, 3}, 0, 1, rng, DType::f64)});

  Reader<C> model(rng);
  optim::Adam optimizer(model.named_parameters(), {.lr = 0.01});
  double loss = 0;
  for (int step = 1; step <= 300; ++step) {
    const Series series = draw(32, rng);
    Tape tape;
    const Tensor error = mse_loss(model(series.x, series.lengths), series.sums);
    tape.backward(error);
    optimizer.step(optim::clip_scale(model.named_parameters(), 1.0).scale);
    optimizer.zero_grad();
    loss = step == 1 ? error.item() : 0.9 * loss + 0.1 * error.item();
    if (step == 1) fmt::print("{:18} {:6} parameters   error {:.3f}", name, model.parameter_count(), loss);
  }
  fmt::print(" -> {:.3f}\n", loss);
  return loss < 0.08;
}

int main() {
  fmt::print("The sum of two marked numbers among 8 to 12; who always says 1 has an error of 0.167.\n\n");
  const bool minimal = try_cell<MinimalGatedUnit>("minimal gated unit"),
             peephole = try_cell<PeepholeLstm>("peephole LSTM"), normalised = try_cell<NormalisedGru>("normalised GRU");

  // Any cell runs in layers and in both directions, in reverse, and with little memory: with checkpoints the tape keeps
  // the states of every third step, and backward computes the others again.
  Rng rng(2);
  nn::Recurrent<MinimalGatedUnit> deep({.input = 2, .hidden = 8, .layers = 2, .bidirectional = true}, rng);
  const Series series = draw(4, rng);
  const Output out = deep(series.x, series.lengths);
  fmt::print("\ntwo layers in both directions: y {}, state {}\n", out.y.shape(), out.state.h.shape());
  const auto kept = [&](int64_t checkpoint) {
    Tape tape;
    const Output read = scan(deep.cell(0), series.x, series.lengths, {}, {.checkpoint = checkpoint});
    return saved_bytes(tape);
  };
  const size_t all = kept(0), some = kept(3);
  fmt::print("bytes kept for backward: {}, with checkpoints {}\n", all, some);
  return minimal && peephole && normalised && some < all ? 0 : 1;
}
