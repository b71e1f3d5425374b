// What the table's row of scan does not say: what a step sees, what a tape keeps, dropout, cells with more to give.
#include "ops/sequence/scan.h"

#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/tape/tape.h"
#include "core/tensor/leaf.h"
#include "core/watch/tape_print.h"
#include "ops/gradcheck.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/gru.h"
#include "ops/sequence/lstm.h"
#include "ops/sequence/rnn.h"
#include "ops/sequence/sequence.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

const std::vector<int64_t> scan_lengths = {3, 1, 5, 5, 2};

/// h' = tanh(W x + U h): with random zeros in h, where a rate is given.
class PlainCell : public Cell {
 public:
  PlainCell(Tensor w, Tensor u, double rate = 0) : w_(std::move(w)), u_(std::move(u)), rate_(rate) {}
  std::vector<int64_t> sizes() const override { return {u_.dim(0)}; }
  Tensor project(const Tensor& x) const override {
    projected.push_back(x.dim(0));
    return linear(x, w_);
  }
  Output step(const Tensor& x, const State& state) const override {
    seen.push_back(x.dim(0));
    return tanh(x + linear(rate_ > 0 ? dropout(state.h, rate_) : state.h, u_));
  }
  mutable std::vector<int64_t> seen, projected;  // rows

 private:
  Tensor w_, u_;
  double rate_;
};

PlainCell plain_cell(Device d) { return {draw({4, 3}, -1, 1, 1, d), draw({4, 4}, -1, 1, 2, d)}; }

/// A state of three tensors of different sizes: h, how often h[0] was positive, and the sum of all x.
class Counting : public Cell {
 public:
  std::vector<int64_t> sizes() const override { return {2, 1, 3}; }
  Output step(const Tensor& x, const State& s) const override {
    const Tensor h = slice(x, 1, 0, 2) - s.h;
    return State(h, s.c + cast(greater(slice(h, 1, 0, 1), 0.0), h.dtype()), {s.others[0] + x});
  }
};

/// A step that is wrong in one way or another.
class Wrong : public Cell {
 public:
  explicit Wrong(Output given) : given_(std::move(given)) {}
  std::vector<int64_t> sizes() const override { return {2, 2}; }
  Output step(const Tensor&, const State&) const override { return given_; }

 private:
  Output given_;
};

}  // namespace

TEST_CASE("scan: a step sees the rows of the sequences that are alive, and all inputs are projected at once") {
  for (const Device& d : devices())
    for (const bool reverse : {false, true}) {
      const PlainCell cell = plain_cell(d);
      const Lengths lengths(scan_lengths, -1, d);
      (void)scan(cell, draw({16, 3}, -1, 1, 3, d), lengths, {}, {.reverse = reverse});
      CHECK(cell.projected == std::vector<int64_t>{16});
      CHECK(cell.seen == (reverse ? std::vector<int64_t>{2, 2, 3, 4, 5} : std::vector<int64_t>{5, 4, 3, 2, 2}));
    }
}

TEST_CASE("scan: padded places change nothing and come back as zeros, and longer padding only as more of them") {
  for (const Device& d : devices()) {
    const PlainCell cell = plain_cell(d);
    const Tensor x = draw({5, 5, 3}, -1, 1, 3, d);
    const Lengths lengths(scan_lengths, -1, d);
    const Output packed = scan(cell, pack(x, lengths), lengths), padded = scan(cell, x, lengths),
                 longer = scan(cell, pad(x, {{0, 2}, {0, 0}, {0, 0}}, 1e9), lengths);
    CHECK(padded.y.to_vector<double>() == unpack(packed.y, lengths).to_vector<double>());
    CHECK(padded.state.h.to_vector<double>() == packed.state.h.to_vector<double>());
    CHECK(longer.y.rows(0, 5).to_vector<double>() == padded.y.to_vector<double>());
    CHECK(sum(abs(longer.y.rows(5, 7))).item() == 0);
  }
}

TEST_CASE("scan: a state may have tensors of several sizes, which begin as zeros and end as each sequence left them") {
  for (const Device& d : devices()) {
    const Tensor x = draw({16, 3}, -1, 1, 3, d);
    const Lengths lengths(scan_lengths, -1, d);
    for (const bool reverse : {false, true}) {
      const Output out = scan(Counting(), x, lengths, {}, {.reverse = reverse});
      const Tensor sums = scatter_rows(x, lengths.batch_rows(), 5);
      CHECK(sum(abs(out.state.others[0] - sums)).item() < 1e-14);
      CHECK(out.state.c.shape() == Shape{5, 1});
      const Output more = scan(Counting(), x, lengths, out.state, {.reverse = reverse});
      CHECK(sum(abs(more.state.others[0] - 2.0 * sums)).item() < 1e-14);
    }
  }
}

TEST_CASE(
    "scan: in segments values, gradients and random numbers are those of the whole loop, and the tape keeps less") {
  for (const Device& d : devices())
    for (const bool reverse : {false, true})
      for (const int64_t segment : {1, 2, 4, 9}) {
        const auto w = Leaf::create(draw({4, 3}, -1, 1, 1, d)), u = Leaf::create(draw({4, 4}, -1, 1, 2, d));
        const Lengths lengths({2, 9, 0, 7, 9}, -1, d);
        const Tensor x = draw({27, 3}, -1, 1, 3, d), h0 = draw({5, 4}, -1, 1, 4, d);
        size_t bytes = 0;
        const auto gradients = [&](int64_t checkpoint) {
          manual_seed(5);
          const PlainCell cell(w->tensor(), u->tensor(), 0.25);
          Tape tape;
          const Tensor in = tape.watch(x), from = tape.watch(h0);
          const Output out = scan(cell, in, lengths, from, {.reverse = reverse, .checkpoint = checkpoint});
          bytes = saved_bytes(tape);
          const Tensor loss = sum(out.y * out.y) + sum(out.state.h);
          const std::vector<Tensor> inputs{in, from, w->tensor(), u->tensor()};
          std::vector<Tensor> found = tape.grad(loss, inputs);
          found.push_back(out.y.detach());
          return found;
        };
        const std::vector<Tensor> whole = gradients(0);
        const size_t all = bytes;
        const std::vector<Tensor> parts = gradients(segment);
        if (segment == 4) CHECK(bytes < all / 2);
        // The masks are drawn in the order of the steps, so they are the same.
        for (size_t i = 0; i < whole.size(); ++i) CHECK(sum(abs(whole[i] - parts[i])).item() < 1e-12);
      }
}

TEST_CASE("scan: fused loops go in segments, too, and keep themselves while the tape needs them") {
  for (const Device& d : devices())
    for (const bool reverse : {false, true}) {
      const auto leaf = [d](Shape shape, uint64_t seed) { return Leaf::create(draw(shape, -1, 1, seed, d)); };
      const auto w3 = leaf({12, 3}, 1), u3 = leaf({12, 4}, 2), w4 = leaf({16, 3}, 3), u4 = leaf({16, 4}, 4);
      const Lengths lengths(scan_lengths, -1, d);
      const Tensor x = draw({16, 3}, -1, 1, 3, d), h0 = draw({5, 4}, -1, 1, 4, d);
      const auto gradients = [&](int64_t checkpoint) {
        Tape tape;
        const Tensor in = tape.watch(x), from = tape.watch(h0);
        const ScanOptions options{.reverse = reverse, .checkpoint = checkpoint};
        const RecurrentWeights gru{w3->tensor(), u3->tensor(), {}, {}}, lstm{w4->tensor(), u4->tensor(), {}, {}};
        const Output a = scan(cells::Gru(gru, {Reset::before, Update::keep}), in, lengths, from, options),
                     b = scan(cells::Lstm(lstm), in, lengths, {from, from}, options);
        const Tensor loss = sum(a.y * b.y) + sum(a.state.h * b.state.c);
        const std::vector<Tensor> inputs{in, from, w3->tensor(), u3->tensor(), w4->tensor(), u4->tensor()};
        return tape.grad(loss, inputs);
      };
      const std::vector<Tensor> whole = gradients(0), parts = gradients(2);
      for (size_t i = 0; i < whole.size(); ++i) CHECK(sum(abs(whole[i] - parts[i])).item() < 1e-12);
    }
}

TEST_CASE("scan: dropout between layers is one mask a sequence where it is locked, and one a step where it is not") {
  for (const bool locked : {false, true}) {
    const Device d("cpu");
    const Tensor one = Tensor::ones({1, 1}, DType::f64, d), zero = Tensor::zeros({1, 1}, DType::f64, d);
    const cells::Rnn copy({one, zero, {}, {}}, Activation::relu);  // y = x, for x >= 0
    const Cell* const layers[] = {&copy, &copy};
    manual_seed(3);
    const Output out = scan(layers, Tensor::ones({40, 6, 1}, DType::f64, d), Lengths::dense(40, 6, d), {},
                            {.dropout = 0.5, .locked = locked});
    int constant = 0;
    for (int64_t b = 0; b < 6; ++b) {
      const double kept = sum(slice(out.y, 1, b, b + 1)).item();
      constant += kept == 0 || kept == 80;
    }
    CHECK(constant == (locked ? 6 : 0));
  }
}

TEST_CASE("scan: a step that gives something else than it must is named") {
  const Tensor x = Tensor::ones({3, 2}), h = Tensor::ones({2, 2}), narrow = Tensor::ones({2, 1});
  const Lengths lengths({2, 1});
  const auto error = [&](Output given) { return message_of([&] { return scan(Wrong(given), x, lengths).y; }); };
  CHECK(error(Output()) == "[scan] need a step whose y has a row for each of 2 sequences, got ()");
  CHECK(error(h) == "[scan] need a step that gives 2 tensors of state, got no c");
  CHECK(error(State(h, narrow)) == "[scan] need a step that gives c of its state (2, 2), got (2, 1)");
  CHECK(error(Output(h, State(h, h.to(DType::f64)))) == "[scan] need a step that gives c of its state in f32, got f64");
  CHECK(error(Output(h, State(h, h, {h}))) ==
        "[scan] need a step that gives 2 tensors of state, got others[0] as well");
  CHECK(error(State(h, h)) == "[scan] need a step whose y has a row for each of 1 sequences, got (2, 2)");
}

TEST_CASE("scan: layers that are none, and states of other layers, are refused") {
  const PlainCell cell = plain_cell(Device("cpu"));
  const Cell* const cells[] = {&cell, &cell, &cell};
  const Tensor x = draw({3, 3}, -1, 1, 3, Device("cpu"));
  const Lengths lengths({2, 1});
  CHECK(message_of([&] { return scan(std::span<const Cell* const>(), x, lengths).y; }) ==
        "[scan] need a cell for each layer, got 0");
  CHECK(message_of([&] { return scan(cells, x, lengths, {}, {.bidirectional = true}).y; }) ==
        "[scan] need two cells for each layer, got 3");
  CHECK(message_of([&] {
          return scan(cells, x, lengths, Tensor::zeros({2, 2, 4}, DType::f64)).y;
        }) == "[scan] need a first state (layers * directions = 3, B, H), got (2, 2, 4)");
  CHECK(message_of([&] { return scan(cell, x, lengths, {}, {.checkpoint = -1}).y; }) ==
        "[scan] need a number of steps between kept states, got -1");
}

TEST_CASE("state: detach gives every tensor's values, and gradients stop there") {
  Tape tape;
  const Tensor h = tape.watch(Tensor::ones({1, 2}));
  const State state = State(h * 2.0, h * 3.0, {h * 4.0}).detach();
  CHECK(state[2].to_vector<float>() == std::vector<float>{4, 4});
  CHECK(!state[3].defined());
  for (size_t k = 0; k < 3; ++k) CHECK(!tape.tracks(state[k]));
}

namespace {

/// A decoder that remembers where it looked (coverage, Tu et al. 2016): state {h, coverage (B, S)}.
class Coverage : public Cell {
 public:
  Coverage(AttentionMemory memory, Tensor weight, Tensor v, const Lengths& targets)
      : memory_(std::move(memory)),
        rows_(attention_rows(memory_.lengths, targets.order())),
        weight_(std::move(weight)),
        v_(std::move(v)) {}
  std::vector<int64_t> sizes() const override { return {weight_.dim(0), memory_.lengths.longest()}; }
  Output step(const Tensor& x, const State& s) const override {
    AttentionOutput seen = additive_attention(s.h + sum(s.c, 1, true), memory_, rows_.first(x.dim(0)), v_);
    const Tensor h = tanh(linear(concat({x, seen.context}, 1), weight_));
    return {h, {h, s.c + seen.weights}, seen};
  }

 private:
  AttentionMemory memory_;
  AttentionRows rows_;
  Tensor weight_, v_;
};

}  // namespace

TEST_CASE("scan: a cell that attends gives its contexts and alignments, and is differentiable through them") {
  for (const Device& d : devices()) {
    const Lengths targets({2, 1, 3}, -1, d), sources({1, 3, 2}, -1, d);
    const auto f = [&](std::span<const Tensor> in) -> std::vector<Tensor> {
      const Coverage cell({in[1], in[2], sources}, in[3], in[4], targets);
      const Output out = scan(cell, in[0], targets);
      return {out.y, out.state.c, out.attention.context, square(out.attention.weights)};
    };
    const std::vector<Tensor> inputs{draw({6, 2}, -1, 1, 1, d), draw({6, 3}, -1, 1, 2, d), draw({6, 2}, -1, 1, 3, d),
                                     draw({3, 4}, -1, 1, 4, d), draw({3}, -1, 1, 5, d)};
    CHECK(message_of([&] { gradcheck(TensorsFunction(f), inputs); }) == "");
    const std::vector<Tensor> out = f(inputs);
    CHECK(out[2].shape() == Shape{6, 2});
    CHECK(out[3].shape() == Shape{6, 3});
  }
}

TEST_CASE("attention_gru: a sequence without steps keeps the state that it began with") {
  for (const Device& d : devices()) {
    const Lengths targets({2, 0, 1}, -1, d), sources({1, 3, 2}, -1, d);
    const Tensor h0 = draw({3, 4}, -1, 1, 1, d);
    const AttentionMemory memory{draw({6, 2}, -1, 1, 2, d), draw({6, 3}, -1, 1, 3, d), sources};
    const AttentionGruWeights w{{},
                                {draw({12, 5}, -1, 1, 4, d), draw({12, 4}, -1, 1, 5, d), {}, {}},
                                draw({2, 4}, -1, 1, 6, d),
                                {},
                                draw({2}, -1, 1, 7, d),
                                {}};
    const Output out = attention_gru(draw({3, 2}, -1, 1, 8, d), targets, h0, memory, w);
    CHECK(out.state.h[1].to_vector<double>() == h0[1].to_vector<double>());
    CHECK(out.state.h[0].to_vector<double>() == out.y[2].to_vector<double>());
    CHECK(out.state.h[2].to_vector<double>() == out.y[1].to_vector<double>());
  }
}
