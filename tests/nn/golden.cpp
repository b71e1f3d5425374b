// Values and gradients of modules against PyTorch's, in f64 and f32.
#include "nn/attention.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/reduce.h"
#include "tests/nn/golden_module.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::test;

namespace {

template <class M>
Named run_layer(const M& module, const std::vector<Tensor>& in, const nlohmann::json& lengths) {
  const auto run = [&](const auto&... first) {
    return lengths.is_null() ? module(in[0], first...)
                             : module(in[0], Lengths(lengths.get<std::vector<int64_t>>()), first...);
  };
  if constexpr (std::is_same_v<M, Lstm>) {
    const Output out = in.size() > 1 ? run(State{in[1], in[2]}) : run();
    return {{"y", out.y}, {"h", out.state.h}, {"c", out.state.c}};
  } else {
    const Output out = in.size() > 1 ? run(in[1]) : run();
    return {{"y", out.y}, {"h", out.state.h}};
  }
}

template <class M>
void check_recurrent(M module, const GoldenCase& c, Tolerance p) {
  load_parameters(module, c, p.dtype);
  check(&module, c, p, {"x", "h0", "c0"},
        [&](const std::vector<Tensor>& in) { return run_layer(module, in, c.settings["lengths"]); });
}

}  // namespace

TEST_CASE("golden: GRU and RNN layers equal PyTorch's, values and gradients, with layers, directions, lengths and h0") {
  for (const GoldenCase& c : test::golden_cases("recurrent")) {
    CAPTURE(c.name);
    const auto number = [&c](const char* key) { return c.settings[key].get<int64_t>(); };
    const bool bias = c.settings["bias"], both = c.settings["bidirectional"];
    for (const Tolerance& p : precisions) {
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

TEST_CASE("golden: LSTM layers equal PyTorch's, values and gradients, with layers, directions, lengths, h0 and c0") {
  for (const GoldenCase& c : test::golden_cases("lstm")) {
    CAPTURE(c.name);
    const auto number = [&c](const char* key) { return c.settings[key].get<int64_t>(); };
    for (const Tolerance& p : precisions)
      check_recurrent(Lstm({.input = number("input"),
                            .hidden = number("hidden"),
                            .layers = number("layers"),
                            .bias = c.settings["bias"],
                            .bidirectional = c.settings["bidirectional"]}),
                      c, p);
  }
}

TEST_CASE("golden: attention with each score equals PyTorch's, values and gradients") {
  for (const GoldenCase& c : test::golden_cases("attention")) {
    CAPTURE(c.name);
    const Score score = c.name == "additive" ? Score::additive : c.name == "dot" ? Score::dot : Score::general;
    for (const Tolerance& p : precisions) {
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

TEST_CASE("golden: a linear layer with its loss equals PyTorch's with class weights too, and so do second gradients") {
  for (const GoldenCase& c : test::golden_cases("linear_loss")) {
    CAPTURE(c.name);
    LinearCrossEntropyOptions options;
    options.ignore_index = c.settings.value("ignore_index", options.ignore_index);
    options.label_smoothing = c.settings.value("label_smoothing", 0.0);
    options.chunk_rows = 3;
    for (const Tolerance& p : precisions)
      for (const auto op : {linear_cross_entropy, linear_cross_entropy_composed})
        for (const DType of_targets : {DType::i64, DType::i32}) {
          if (c.settings.contains("weight")) options.weight = c.at("classes", p.dtype);
          Tape tape;
          std::vector<Tensor> inputs;
          for (const char* name : {"x", "weight", "bias"}) inputs.push_back(tape.watch(c.at(name, p.dtype)));
          const Tensor loss = op(inputs[0], inputs[1], inputs[2], cast(c.at("targets"), of_targets), options).loss;
          CHECK(difference(loss, c.at("loss")) < p.tolerance);
          const std::vector<Tensor> plain = tape.grad(loss, inputs), first = tape.grad(loss, inputs, true);
          const std::vector<Tensor> second =
              tape.grad(sum(square(first[0])) + sum(square(first[1])) + sum(square(first[2])), inputs);
          for (size_t i = 0; const char* name : {"x", "weight", "bias"}) {
            CHECK(difference(plain[i], c.at(std::string("d/") + name)) < p.tolerance);
            CHECK(difference(first[i], c.at(std::string("d/") + name)) < p.tolerance);
            CHECK(difference(second[i], c.at(std::string("dd/") + name)) < p.tolerance);
            ++i;
          }
        }
  }
}

TEST_CASE("golden: cross-entropy equals PyTorch's with smoothing, an ignored class and weights") {
  for (const GoldenCase& c : test::golden_cases("loss")) {
    CAPTURE(c.name);
    for (const Tolerance& p : precisions) {
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
