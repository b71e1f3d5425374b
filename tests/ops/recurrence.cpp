// Every fused recurrence against its composed twin, values and gradients, on every linked-in backend; gradient checks
// in f64.
#include <doctest/doctest.h>

#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "ops/attention_gru.h"
#include "ops/elementwise.h"
#include "ops/gradcheck.h"
#include "ops/linear_cross_entropy.h"
#include "ops/lstm.h"
#include "ops/matmul.h"
#include "ops/reduce.h"
#include "ops/sequence.h"
#include "ops/shape.h"

using namespace grus;

namespace {

struct Source {
  explicit Source(const char* device, uint64_t seed = 1) : device(device), rng(seed) {}
  Tensor operator()(const Shape& shape, DType dtype = DType::f64) {
    return random_normal(shape, 0, 0.6, rng, dtype, device);
  }
  Device device;
  Rng rng;
};

GruWeights gru_weights(Source& random, int64_t input, int64_t hidden, DType dtype = DType::f64) {
  return {random({3 * hidden, input}, dtype), random({3 * hidden, hidden}, dtype), random({3 * hidden}, dtype),
          random({3 * hidden}, dtype)};
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  if (a.numel() == 0) return 0;
  const auto x = cast(a, DType::f64).to_vector<double>(), y = cast(b, DType::f64).to_vector<double>();
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i)
    largest = std::isfinite(x[i] - y[i]) ? std::max(largest, std::abs(x[i] - y[i])) : INFINITY;
  return largest;
}

/// Outputs and gradients of f and g at the same inputs agree to `tolerance`.
void check_same(const TensorsFunction& f, const TensorsFunction& g, const std::vector<Tensor>& inputs,
                double tolerance) {
  Rng rng(7);
  const auto run = [&](const TensorsFunction& function, Rng weights) {
    Tape tape;
    std::vector<Tensor> watched;
    for (const Tensor& input : inputs) watched.push_back(tape.watch(input));
    std::vector<Tensor> outputs = function(watched), seeds;
    for (const Tensor& y : outputs) seeds.push_back(random_normal(y.shape(), 0, 1, weights, y.dtype(), y.device()));
    std::vector<Tensor> results = tape.grad(outputs, seeds, watched, false);
    results.insert(results.end(), outputs.begin(), outputs.end());
    return results;
  };
  const std::vector<Tensor> a = run(f, rng), b = run(g, rng);
  for (size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    REQUIRE(a[i].defined() == b[i].defined());
    if (a[i].defined()) CHECK(largest_difference(a[i], b[i]) < tolerance);
  }
}

const std::vector<int64_t> ragged = {3, 1, 5, 5, 2};

}  // namespace

TEST_CASE(
    "gru: fused equals composed, values and every gradient, all forms, both directions, ragged lengths, h0 not zero") {
  for (const char* device : {"reference", "cpu"})
    for (DType dtype : {DType::f64, DType::f32})
      for (Reset reset : {Reset::after, Reset::before})
        for (Update update : {Update::keep, Update::replace})
          for (bool reverse : {false, true}) {
            CAPTURE(device);
            CAPTURE(dtype);
            Source random(device);
            const Lengths lengths(ragged, -1, random.device);
            const GruForm form{reset, update};
            const GruWeights w = gru_weights(random, 3, 17, dtype);
            const std::vector<Tensor> inputs{random({lengths.total(), 3}, dtype),
                                             random({5, 17}, dtype),
                                             w.weight_ih,
                                             w.weight_hh,
                                             w.bias_ih,
                                             w.bias_hh};
            const auto run = [&](auto op) {
              return [&lengths, form, reverse, op](std::span<const Tensor> in) -> std::vector<Tensor> {
                const GruOutput out = op(in[0], lengths, in[1], GruWeights{in[2], in[3], in[4], in[5]}, form, reverse);
                return {out.y, out.h};
              };
            };
            check_same(run(gru_packed), run(gru_packed_composed), inputs, dtype == DType::f64 ? 1e-12 : 2e-5);
          }
}

TEST_CASE("gru: gradients and gradients of gradients are those of finite differences") {
  for (Reset reset : {Reset::after, Reset::before}) {
    Source random("reference");
    const Lengths lengths({2, 1, 3}, -1, random.device);
    const GruWeights w = gru_weights(random, 2, 3);
    const TensorsFunction f = [&](std::span<const Tensor> in) -> std::vector<Tensor> {
      const GruOutput out =
          gru_packed(in[0], lengths, in[1], {in[2], in[3], in[4], in[5]}, {reset, Update::keep}, true);
      return {out.y, out.h};
    };
    const std::vector<Tensor> inputs{random({6, 2}), random({3, 3}), w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh};
    gradcheck(f, inputs);
    gradgradcheck(f, inputs);
  }
}

namespace {

LstmWeights lstm_weights(Source& random, int64_t input, int64_t hidden, DType dtype = DType::f64) {
  return {random({4 * hidden, input}, dtype), random({4 * hidden, hidden}, dtype), random({4 * hidden}, dtype),
          random({4 * hidden}, dtype)};
}

/// x, h0, c0 and the four weights as inputs of one function of them.
template <class Op>
TensorsFunction lstm_function(Op op, const Lengths& lengths, bool reverse) {
  return [=](std::span<const Tensor> in) -> std::vector<Tensor> {
    const LstmOutput out =
        op(in[0], lengths, LstmState{in[1], in[2]}, LstmWeights{in[3], in[4], in[5], in[6]}, reverse);
    return {out.y, out.h, out.c};
  };
}

std::vector<Tensor> lstm_inputs(Source& random, const Lengths& lengths, int64_t input, int64_t hidden, DType dtype) {
  const LstmWeights w = lstm_weights(random, input, hidden, dtype);
  return {random({lengths.total(), input}, dtype),
          random({lengths.batch(), hidden}, dtype),
          random({lengths.batch(), hidden}, dtype),
          w.weight_ih,
          w.weight_hh,
          w.bias_ih,
          w.bias_hh};
}

}  // namespace

TEST_CASE(
    "lstm: fused equals composed, values and every gradient, both directions, ragged lengths, h0 and c0 not zero") {
  for (const char* device : {"reference", "cpu"})
    for (DType dtype : {DType::f64, DType::f32})
      for (bool reverse : {false, true}) {
        CAPTURE(device);
        CAPTURE(dtype);
        Source random(device);
        const Lengths lengths(ragged, -1, random.device);
        check_same(lstm_function(lstm_packed, lengths, reverse), lstm_function(lstm_packed_composed, lengths, reverse),
                   lstm_inputs(random, lengths, 3, 17, dtype), dtype == DType::f64 ? 1e-12 : 2e-5);
      }
}

TEST_CASE("lstm: gradients and gradients of gradients are those of finite differences, for every input") {
  for (bool reverse : {false, true}) {
    Source random("reference");
    const Lengths lengths({2, 1, 3}, -1, random.device);
    const TensorsFunction f = lstm_function(lstm_packed, lengths, reverse);
    const std::vector<Tensor> inputs = lstm_inputs(random, lengths, 2, 3, DType::f64);
    gradcheck(f, inputs);
    gradgradcheck(f, inputs);
  }
}

TEST_CASE("lstm: each bias alone, or none, and zeros for states that are left out") {
  Source random("cpu");
  const Lengths lengths(ragged, -1, random.device);
  const std::vector<Tensor> in = lstm_inputs(random, lengths, 3, 5, DType::f64);
  const Tensor none = Tensor::zeros({20}, DType::f64, random.device),
               zeros = Tensor::zeros({5, 5}, DType::f64, random.device);
  for (int given = 0; given < 4; ++given) {
    const Tensor b = given & 1 ? in[5] : Tensor(), b2 = given & 2 ? in[6] : Tensor();
    const LstmOutput out = lstm_packed(in[0], lengths, {}, {in[3], in[4], b, b2}),
                     full = lstm_packed(in[0], lengths, {zeros, zeros},
                                        {in[3], in[4], b.defined() ? b : none, b2.defined() ? b2 : none});
    CHECK(largest_difference(out.y, full.y) == 0);
    CHECK(largest_difference(out.c, full.c) == 0);
  }
  gradcheck(TensorsFunction([&](std::span<const Tensor> w) {
              return std::vector<Tensor>{lstm_packed(in[0], lengths, {}, {w[0], w[1], w[2], {}}).y};
            }),
            {in[3], in[4], in[5]});
}

TEST_CASE("recurrence: without weight_ih, x holds the gates' inputs, and nothing else changes") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const Lengths lengths(ragged, -1, random.device);
    const std::vector<Tensor> in = lstm_inputs(random, lengths, 3, 5, DType::f64);
    const auto lstm_of = [&](std::span<const Tensor> w) -> std::vector<Tensor> {
      return {lstm_packed(w[0], lengths, {in[1], in[2]}, {{}, w[1], {}, w[2]}).y};
    };
    const Tensor gx = linear(in[0], in[3], in[5]);
    const std::vector<Tensor> weights{gx, in[4], in[6]};
    CHECK(largest_difference(lstm_of(weights)[0],
                             lstm_packed(in[0], lengths, {in[1], in[2]}, {in[3], in[4], in[5], in[6]}).y) < 1e-14);
    gradcheck(TensorsFunction(lstm_of), weights);
    gradgradcheck(TensorsFunction(lstm_of), weights);
    const GruWeights g = gru_weights(random, 3, 5);
    const auto gru_of = [&](std::span<const Tensor> w) -> std::vector<Tensor> {
      return {gru_packed(w[0], lengths, in[1], {{}, w[1], {}, w[2]}, {Reset::before, Update::keep}).y};
    };
    const std::vector<Tensor> gru_in{linear(in[0], g.weight_ih, g.bias_ih), g.weight_hh, g.bias_hh};
    CHECK(largest_difference(gru_of(gru_in)[0], gru_packed(in[0], lengths, in[1], g, {Reset::before, Update::keep}).y) <
          1e-14);
    gradcheck(TensorsFunction(gru_of), gru_in);
    CHECK(largest_difference(gx, linear(in[0], in[3], in[5])) == 0);  // the caller's rows stay as they are
  }
}

TEST_CASE(
    "lstm: padded places change nothing and come back as zeros; a batch of one gives what a batch of many gives") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const LstmWeights w = lstm_weights(random, 2, 4);
    const Tensor x = random({5, 5, 2});
    const Lengths lengths(ragged, 5, random.device);
    const LstmOutput short_run = lstm(x, &lengths, {}, w),
                     long_run = lstm(pad(x, {{0, 3}, {0, 0}, {0, 0}}, 1e9), &lengths, {}, w);
    CHECK(largest_difference(short_run.y, long_run.y.rows(0, 5)) == 0);
    CHECK(largest_difference(short_run.c, long_run.c) == 0);
    CHECK(sum(abs(long_run.y.rows(5, 8))).item() == 0);
    for (int64_t b = 0; b < 5; ++b) {
      const Tensor one = slice(x, 1, b, b + 1).rows(0, ragged[static_cast<size_t>(b)]);
      CHECK(largest_difference(lstm(one, nullptr, {}, w).c, short_run.c.rows(b, b + 1)) < 1e-13);
    }
  }
}

TEST_CASE("lstm: one unit, one step, by hand") {
  // i = f = o = sigmoid(0) = 1/2, g = tanh(1), c' = 1/2 * 3 + 1/2 * tanh(1), h' = 1/2 * tanh(c')
  const Tensor w = Tensor::from<double>({0, 0, 0.25, 0}, {4, 1}), u = Tensor::from<double>({0, 0, 0.5, 0}, {4, 1});
  const LstmState next =
      lstm_cell(Tensor::full({1, 1}, 2, DType::f64),
                {Tensor::full({1, 1}, 1, DType::f64), Tensor::full({1, 1}, 3, DType::f64)}, {w, u, {}, {}});
  const double c = 1.5 + 0.5 * std::tanh(1);
  CHECK(next.c.item() == doctest::Approx(c));
  CHECK(next.h.item() == doctest::Approx(0.5 * std::tanh(c)));
}

TEST_CASE("lstm: wrong shapes and lengths of zero are named") {
  Source random("reference");
  const LstmWeights w = lstm_weights(random, 3, 4);
  const Lengths lengths({2, 1}, -1, random.device);
  CHECK_THROWS_WITH_AS(
      lstm_packed(random({3, 2}), lengths, {}, w),
      "[lstm] need x (N = 3, I), weight_ih (4H, I) and weight_hh (4H, H), got (3, 2), (16, 3) and (16, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(lstm_packed(random({3, 3}), lengths, {{}, random({3, 4})}, w),
                       "[lstm] need c0 (B = 2, H = 4), got (3, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(lstm_packed(random({3, 16}), lengths, {}, {{}, w.weight_hh, w.bias_ih, {}}),
                       "[lstm] need, without weight_ih, x (N = 3, 4H), weight_hh (4H, H) and no bias_ih, got (3, 16), "
                       "(16, 4) and one",
                       ShapeError);
  CHECK_THROWS_WITH_AS(lstm_packed(random({2, 3}), Lengths({2, 0}, -1, random.device), {}, w),
                       "[lstm] need lengths of at least 1, got 0 for sequence 1", UsageError);
}

TEST_CASE("gru: padded places change nothing and come back as zeros") {
  for (const char* device : {"reference", "cpu"}) {
    Source random(device);
    const GruWeights w = gru_weights(random, 2, 4);
    const Tensor x = random({5, 5, 2});
    const Lengths lengths(ragged, 5, random.device);
    const Tensor more = pad(x, {{0, 3}, {0, 0}, {0, 0}}, 1e9);
    const GruOutput short_run = gru(x, &lengths, {}, w), long_run = gru(more, &lengths, {}, w);
    CHECK(largest_difference(short_run.y, long_run.y.rows(0, 5)) == 0);
    CHECK(largest_difference(short_run.h, long_run.h) == 0);
    CHECK(sum(abs(long_run.y.rows(5, 8))).item() == 0);
    CHECK(sum(abs(short_run.y[4][0])).item() == 0);
  }
}

TEST_CASE("gru: a batch of one gives what a batch of many gives") {
  Source random("cpu");
  const GruWeights w = gru_weights(random, 3, 8);
  const Tensor x = random({5, 5, 3});
  const Lengths lengths(ragged, 5, random.device);
  const GruOutput all = gru(x, &lengths, {}, w);
  for (int64_t b = 0; b < 5; ++b) {
    const Tensor one = slice(x, 1, b, b + 1).rows(0, ragged[static_cast<size_t>(b)]);
    const GruOutput alone = gru(one, nullptr, {}, w);
    CHECK(largest_difference(alone.h, all.h.rows(b, b + 1)) < 1e-13);
  }
}

TEST_CASE("gru: wrong shapes and lengths of zero are named") {
  Source random("reference");
  const GruWeights w = gru_weights(random, 3, 4);
  const Lengths lengths({2, 1}, -1, random.device);
  CHECK_THROWS_WITH_AS(
      gru_packed(random({3, 2}), lengths, {}, w),
      "[gru] need x (N = 3, I), weight_ih (3H, I) and weight_hh (3H, H), got (3, 2), (12, 3) and (12, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(gru_packed(random({2, 3}), Lengths({2, 0}, -1, random.device), {}, w),
                       "[gru] need lengths of at least 1, got 0 for sequence 1", UsageError);
}

TEST_CASE("attention: fused equals composed, a source of length zero gives a zero context") {
  for (const char* device : {"reference", "cpu"})
    for (DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(device);
      Source random(device);
      const Lengths source({4, 0, 7, 1}, -1, random.device);
      const AttentionRows rows = attention_rows(source, {2, 0, 1, 3});
      const std::vector<Tensor> inputs{random({4, 19}, dtype), random({12, 19}, dtype), random({12, 21}, dtype),
                                       random({19}, dtype)};
      const auto run = [&](auto op) {
        return [&source, &rows, op](std::span<const Tensor> in) -> std::vector<Tensor> {
          const AttentionOutput out = op(in[0], AttentionMemory{in[1], in[2], source}, rows, in[3]);
          return {out.context, out.weights};
        };
      };
      const auto fused = [](const Tensor& q, const AttentionMemory& m, const AttentionRows& r, const Tensor& v) {
        return additive_attention(q, m, r, v);
      };
      check_same(run(fused), run(additive_attention_composed), inputs, dtype == DType::f64 ? 1e-12 : 2e-5);
      const std::vector<Tensor> out = run(fused)(inputs);
      CHECK(sum(abs(out[0][2])).item() == 0);
      if (dtype == DType::f64) gradcheck(TensorsFunction(run(fused)), inputs);
    }
}

TEST_CASE("attention_gru: fused equals composed, single and conditional, every form, every gradient") {
  for (const char* device : {"reference", "cpu"})
    for (DType dtype : {DType::f64, DType::f32})
      for (bool conditional : {false, true})
        for (Reset reset : {Reset::after, Reset::before}) {
          CAPTURE(device);
          CAPTURE(conditional);
          constexpr int64_t E = 3, H = 17, A = 5, C = 6;
          Source random(device);
          const Lengths targets(ragged, -1, random.device), sources({2, 6, 1, 4, 3}, -1, random.device);
          const GruWeights first = gru_weights(random, E, H, dtype),
                           second = gru_weights(random, conditional ? C : E + C, H, dtype);
          const std::vector<Tensor> inputs{random({targets.total(), E}, dtype),
                                           random({5, H}, dtype),
                                           random({16, A}, dtype),
                                           random({16, C}, dtype),
                                           second.weight_ih,
                                           second.weight_hh,
                                           second.bias_ih,
                                           second.bias_hh,
                                           random({A, H}, dtype),
                                           random({A}, dtype),
                                           random({A}, dtype),
                                           first.weight_ih,
                                           first.weight_hh,
                                           first.bias_ih,
                                           first.bias_hh};
          const auto run = [&](auto op) {
            return [&, op](std::span<const Tensor> in) -> std::vector<Tensor> {
              AttentionGruWeights w{{}, {in[4], in[5], in[6], in[7]}, in[8], in[9], in[10], {reset, Update::replace}};
              if (conditional) w.first = {in[11], in[12], in[13], in[14]};
              const AttentionGruOutput out = op(in[0], targets, in[1], {in[2], in[3], sources}, w);
              return {out.states, out.contexts};
            };
          };
          check_same(run(attention_gru), run(attention_gru_composed), inputs, dtype == DType::f64 ? 1e-11 : 5e-5);
          if (dtype == DType::f64 && Device("reference") == random.device)
            gradcheck(TensorsFunction(run(attention_gru)), inputs);
        }
}

TEST_CASE("attention_gru: a step on its own equals the first step of the loop") {
  for (bool conditional : {false, true}) {
    Source random("cpu");
    const Lengths targets({1, 1, 1}, -1, random.device), sources({2, 3, 1}, -1, random.device);
    AttentionGruWeights w{{}, gru_weights(random, conditional ? 6 : 9, 4), random({5, 4}), random({5}), random({5}),
                          {}};
    if (conditional) w.first = gru_weights(random, 3, 4);
    const AttentionMemory memory{random({6, 5}), random({6, 6}), sources};
    const Tensor x = random({3, 3}), h = random({3, 4});
    const AttentionGruOutput loop = attention_gru(x, targets, h, memory, w);
    const AttentionGruOutput step = attention_gru_step(x, h, memory, attention_rows(sources, {0, 1, 2}), w);
    CHECK(largest_difference(loop.states, step.states) == 0);
    CHECK(largest_difference(loop.contexts, step.contexts) == 0);
    CHECK(largest_difference(loop.weights, step.weights) == 0);
  }
}

TEST_CASE("linear_cross_entropy: fused equals composed over several chunks, ignored rows and smoothing included") {
  for (const char* device : {"reference", "cpu"})
    for (DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(device);
      Source random(device);
      const Tensor targets = Tensor::from<int32_t>({1, 0, -100, 4, 4, 2, 3}, {7}, random.device);
      const std::vector<Tensor> inputs{random({7, 3}, dtype), random({5, 3}, dtype), random({5}, dtype)};
      const LinearCrossEntropyOptions options{.label_smoothing = 0.1, .chunk_rows = 3};
      const auto run = [&](auto op) {
        return [&targets, options, op](std::span<const Tensor> in) -> std::vector<Tensor> {
          return {op(in[0], in[1], in[2], targets, options).loss};
        };
      };
      check_same(run(linear_cross_entropy), run(linear_cross_entropy_composed), inputs,
                 dtype == DType::f64 ? 1e-12 : 1e-5);
      CHECK(std::abs(linear_cross_entropy(inputs[0], inputs[1], inputs[2], targets, options).nll_sum.item() -
                     linear_cross_entropy_composed(inputs[0], inputs[1], inputs[2], targets, options).nll_sum.item()) <
            1e-5);
      if (dtype == DType::f64) gradcheck(TensorsFunction(run(linear_cross_entropy)), inputs);
    }
  Source random("reference");
  CHECK_THROWS_WITH_AS(
      linear_cross_entropy(random({1, 3}), random({5, 3}), {}, Tensor::from<int32_t>({5}, {1}, random.device)),
      "[linear_cross_entropy] need targets in [0, 5), got 5", UsageError);
}
