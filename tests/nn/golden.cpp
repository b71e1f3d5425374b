// Against PyTorch: values and gradients, in f64 and f32.
#include "tests/support/golden.h"

#include "nn/attention.h"
#include "nn/gru.h"
#include "nn/rnn.h"
#include "ops/loss.h"
#include "ops/reduce.h"

using namespace grus;
using namespace grus::nn;
using test::difference;
using test::GoldenCase;

namespace {

struct Precision {
  DType dtype;
  double tolerance;
};
constexpr Precision precisions[] = {{DType::f64, 1e-10}, {DType::f32, 2e-5}};

void load_parameters(ModuleBase& module, const GoldenCase& c, DType dtype) {
  module.to(dtype);
  for (const auto& [name, parameter] : module.named_parameters()) parameter.leaf().assign(c.at(name, dtype));
}

void check_gradients(const ModuleBase& module, const GoldenCase& c, double tolerance) {
  for (const NamedParameter& p : module.named_parameters()) {
    CAPTURE(p.name);
    CHECK(difference(p.parameter.grad(), c.at("d/" + p.name)) < tolerance);
  }
}

template <class M>
void check_recurrent(M module, const GoldenCase& c, Precision p) {
  load_parameters(module, c, p.dtype);
  Tape tape;
  const Tensor x = tape.watch(c.at("x", p.dtype));
  const Tensor h0 = c.has("h0") ? tape.watch(c.at("h0", p.dtype)) : Tensor();
  const auto& lengths = c.settings["lengths"];
  const RecurrentOutput out =
      lengths.is_null() ? module(x, h0) : module(x, Lengths(lengths.template get<std::vector<int64_t>>()), h0);
  CHECK(difference(out.y, c.at("y")) < p.tolerance);
  CHECK(difference(out.h, c.at("h")) < p.tolerance);
  const Tensor loss = sum(out.y * c.at("wy", p.dtype)) + sum(out.h * c.at("wh", p.dtype));
  const std::vector<Tensor> inputs = h0.defined() ? std::vector{x, h0} : std::vector{x};
  const std::vector<Tensor> found = tape.grad(loss, inputs);
  CHECK(difference(found[0], c.at("d/x")) < p.tolerance);
  if (h0.defined()) CHECK(difference(found[1], c.at("d/h0")) < p.tolerance);
  tape.backward(loss);
  check_gradients(module, c, p.tolerance);
}

}  // namespace

TEST_CASE("golden: GRU and RNN layers equal PyTorch's, values and gradients, with layers, directions, lengths and h0") {
  for (const GoldenCase& c : test::golden_cases("recurrent")) {
    CAPTURE(c.name);
    const auto number = [&c](const char* key) { return c.settings[key].get<int64_t>(); };
    const bool bias = c.settings["bias"], both = c.settings["bidirectional"];
    for (const Precision& p : precisions) {
      if (c.settings["kind"] == "GRU")
        check_recurrent(Gru({.input = number("input"),
                             .hidden = number("hidden"),
                             .layers = number("layers"),
                             .bias = bias,
                             .bidirectional = both}),
                        c, p);
      else
        check_recurrent(Rnn({.input = number("input"),
                             .hidden = number("hidden"),
                             .layers = number("layers"),
                             .activation = c.settings["kind"] == "tanh" ? Activation::tanh : Activation::relu,
                             .bias = bias,
                             .bidirectional = both}),
                        c, p);
    }
  }
}

TEST_CASE("golden: attention with each score equals PyTorch's, values and gradients") {
  for (const GoldenCase& c : test::golden_cases("attention")) {
    CAPTURE(c.name);
    const Score score = c.name == "additive" ? Score::additive : c.name == "dot" ? Score::dot : Score::general;
    for (const Precision& p : precisions) {
      Attention attention({.query = c.settings["query"],
                           .memory = c.settings["memory"],
                           .score = score,
                           .hidden = c.settings["hidden"]});
      load_parameters(attention, c, p.dtype);
      Tape tape;
      const Tensor query = tape.watch(c.at("query", p.dtype)), states = tape.watch(c.at("states", p.dtype));
      const PreparedMemory memory =
          attention.prepare(states, Lengths(c.settings["lengths"].get<std::vector<int64_t>>()));
      const AttentionOutput out = attention(query, memory);
      CHECK(difference(out.context, c.at("context")) < p.tolerance);
      CHECK(difference(out.weights, c.at("weights")) < p.tolerance);
      const Tensor loss = sum(out.context * c.at("wc", p.dtype));
      const std::vector<Tensor> found = tape.grad(loss, std::vector{query, states});
      CHECK(difference(found[0], c.at("d/query")) < p.tolerance);
      CHECK(difference(found[1], c.at("d/states")) < p.tolerance);
      tape.backward(loss);
      check_gradients(attention, c, p.tolerance);
    }
  }
}

TEST_CASE("golden: cross-entropy equals PyTorch's with smoothing, an ignored class and weights") {
  for (const GoldenCase& c : test::golden_cases("loss")) {
    CAPTURE(c.name);
    for (const Precision& p : precisions) {
      CrossEntropyOptions options;
      if (c.settings.contains("ignore_index")) options.ignore_index = c.settings["ignore_index"].get<int64_t>();
      options.label_smoothing = c.settings.value("label_smoothing", 0.0);
      if (c.settings.contains("weight")) options.weight = c.at("weight", p.dtype);
      if (c.settings.value("reduction", "mean") == "sum") options.reduction = Reduction::sum;
      Tape tape;
      const Tensor logits = tape.watch(c.at("logits", p.dtype));
      const Tensor loss = cross_entropy(logits, c.at("targets"), options);
      CHECK(difference(loss, c.at("loss")) < p.tolerance);
      CHECK(difference(tape.grad(loss, std::vector{logits})[0], c.at("d/logits")) < p.tolerance);
    }
  }
}
