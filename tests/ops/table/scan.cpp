// Recurrences of a cell that somebody else wrote: the minimal gated unit, which has no fused loop.
#include "ops/sequence/scan.h"

#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/rnn.h"
#include "ops/sequence/sequence.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

/// Zhou et al. 2016: f = sigmoid(W_f [x; h] + b_f), n = tanh(W_n [x; f * h] + b_n), h' = (1 - f) * h + f * n.
class MinimalGatedUnit final : public Cell {
 public:
  explicit MinimalGatedUnit(In in)
      : forget_(in["forget"]),
        forget_bias_(in["forget_bias"]),
        candidate_(in["candidate"]),
        candidate_bias_(in["candidate_bias"]) {}
  std::vector<int64_t> sizes() const override { return {forget_.dim(0)}; }
  Output step(const Tensor& x, const State& state) const override {
    const Tensor f = sigmoid(linear(concat({x, state.h}, 1), forget_, forget_bias_));
    const Tensor n = tanh(linear(concat({x, f * state.h}, 1), candidate_, candidate_bias_));
    return (1.0 - f) * state.h + f * n;
  }

 private:
  Tensor forget_, forget_bias_, candidate_, candidate_bias_;
};

/// Each sequence alone, a step at a time: y, packed, and the last states.
Tensors one_by_one(const Cell& cell, const Tensor& x, const Lengths& lengths, const Tensor& h0, bool reverse) {
  Tensors ys(static_cast<size_t>(lengths.total())), last;
  for (int64_t b = 0; b < lengths.batch(); ++b) {
    Tensor h = h0.defined() ? h0.rows(b, b + 1) : Tensor::zeros({1, cell.sizes()[0]}, x.dtype(), x.device());
    for (int64_t i = 0; i < lengths[b]; ++i) {
      const int64_t t = reverse ? lengths[b] - 1 - i : i;
      const int64_t row = lengths.start(t) + lengths.rank()[static_cast<size_t>(b)];
      h = cell.step(x.rows(row, row + 1), h).y;
      ys[static_cast<size_t>(row)] = h;
    }
    last.push_back(h);
  }
  return {concat(ys), concat(last)};
}

std::vector<Input> weights(int64_t input, int64_t hidden) {
  return {{"forget", {hidden, input + hidden}, -1, 1},
          {"forget_bias", {hidden}, -1, 1},
          {"candidate", {hidden, input + hidden}, -1, 1},
          {"candidate_bias", {hidden}, -1, 1}};
}

Sample sample_of(std::string what, std::vector<int64_t> lengths, bool reverse, Size size = Size::ordinary) {
  const int64_t input = 2, hidden = 3, batch = static_cast<int64_t>(lengths.size());
  int64_t total = 0;
  for (const int64_t length : lengths) total += length;
  const Function f = [=](In in) -> Tensors {
    const Lengths ragged(lengths, -1, in["x"].device());
    const Output out = scan(MinimalGatedUnit(in), in["x"], ragged, in["h0"], {.reverse = reverse});
    return {out.y, out.state.h};
  };
  const Function twin = [=](In in) -> Tensors {
    return one_by_one(MinimalGatedUnit(in), in["x"], Lengths(lengths, -1, in["x"].device()), in["h0"], reverse);
  };
  std::vector<Input> inputs = weights(input, hidden);
  inputs.insert(inputs.begin(), {{{total, input}}, {"h0", {batch, hidden}}});
  return {std::move(what), inputs, f, {}, total > 0 ? twin : Function(), size};
}

/// Padded, dense, and from zeros.
Sample padded_sample(bool ragged) {
  std::vector<Input> inputs = weights(2, 3);
  inputs.insert(inputs.begin(), {{3, 2, 2}});
  return {ragged ? "padded, from zeros" : "dense, from zeros", inputs, [=](In in) -> Tensors {
            const Tensor& x = in["x"];
            const MinimalGatedUnit cell(in);
            const Output out = ragged ? scan(cell, x, Lengths({1, 2}, 3, x.device())) : scan(cell, x);
            return {out.y, out.state.h};
          }};
}

/// Two layers in both directions, of plain networks.
Sample layers_sample() {
  static constexpr const char* names[4][2] = {{"weight_ih_0", "weight_hh_0"},
                                              {"weight_ih_0_reverse", "weight_hh_0_reverse"},
                                              {"weight_ih_1", "weight_hh_1"},
                                              {"weight_ih_1_reverse", "weight_hh_1_reverse"}};
  const auto cells = [](In in) {
    std::vector<cells::Rnn> all;
    for (size_t i = 0; i < 4; ++i)
      all.emplace_back(RecurrentWeights{in[names[i][0]], in[names[i][1]], {}, {}},
                       i < 2 ? Activation::tanh : Activation::relu);
    return all;
  };
  std::vector<Input> inputs{{{6, 2}}, {"h0", {4, 3, 3}}};
  for (int i = 0; i < 4; ++i)
    inputs.insert(inputs.end(), {{names[i][0], {3, i < 2 ? 2 : 6}, -1, 1}, {names[i][1], {3, 3}, -1, 1}});
  const Function layers = [cells](In in) -> Tensors {
    const auto made = cells(in);
    const Cell* const all[] = {&made[0], &made[1], &made[2], &made[3]};
    const Lengths lengths({2, 1, 3}, -1, in["x"].device());
    const Output out = scan(all, in["x"], lengths, in["h0"], {.bidirectional = true});
    return {out.y, out.state.h};
  };
  const Function one_after_another = [cells](In in) -> Tensors {
    const auto made = cells(in);
    const Tensor& h0 = in["h0"];
    const Lengths lengths({2, 1, 3}, -1, in["x"].device());
    const auto run = [&](int64_t i, const Tensor& rows) {
      return scan(made[static_cast<size_t>(i)], rows, lengths, h0.defined() ? h0[i] : h0, {.reverse = i % 2 == 1});
    };
    const Output a = run(0, in["x"]), b = run(1, in["x"]);
    const Tensor middle = concat({a.y, b.y}, 1);
    const Output c = run(2, middle), d = run(3, middle);
    return {concat({c.y, d.y}, 1), stack({a.state.h, b.state.h, c.state.h, d.state.h})};
  };
  return {"two layers in both directions", inputs, layers, {}, one_after_another};
}

std::vector<ErrorCase> scan_errors() {
  const auto zeros = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  const auto cell = [zeros](Device d) {
    return MinimalGatedUnit(Inputs({"forget", "forget_bias", "candidate", "candidate_bias"},
                                   Tensors{zeros({3, 5}, d), zeros({3}, d), zeros({3, 5}, d), zeros({3}, d)}));
  };
  return {{[=](Device d) {
             scan(cell(d), zeros({3, 2}, d), Lengths({2, 2}, -1, d));
           },
           "[scan] need x (N = 4, I), packed, or (T, B = 2, I), got (3, 2)"},
          {[=](Device d) {
             scan(cell(d), zeros({3, 2}, d), Lengths({2, 1}, -1, d), zeros({3, 3}, d));
           },
           "[scan] need h of the first state (B = 2, H = 3), got (3, 3)"},
          {[=](Device d) {
             scan(cell(d), zeros({3, 2}, d), Lengths({2, 1}, -1, d), State(zeros({2, 3}, d), zeros({2, 3}, d)));
           },
           "[scan] need a first state of 1 tensors, got c as well"},
          {[=](Device d) {
             scan(cell(d), zeros({3, 2}, d));
           },
           "[scan] need x (T, B, I), or lengths beside it, got (3, 2)"}};
}

}  // namespace

std::vector<Row> scan_rows() {
  return {{"scan",
           "state, y = step(x, state) for each step of each sequence, of any cell",
           floats,
           2,
           {sample_of("ragged", {2, 1, 3}, false), sample_of("ragged, reverse", {2, 1, 3}, true),
            sample_of("empty sequences", {0, 2, 0}, false), sample_of("empty sequences, reverse", {0, 2, 0}, true),
            sample_of("no sequences", {}, false), sample_of("sequences of nothing", {0, 0}, true), padded_sample(true),
            padded_sample(false), layers_sample(), sample_of("large", many_sequences(), false, Size::large)},
           scan_errors(),
           1e-4}};
}

}  // namespace grus::test
