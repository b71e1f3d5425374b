// Attention, transformer layers, convolutions and norms against PyTorch's values and gradients, in f64 and f32.
#include "nn/conv.h"
#include "nn/layer_norm.h"
#include "nn/multihead_attention.h"
#include "nn/norm.h"
#include "nn/transformer.h"
#include "nn/weight_norm.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "tests/nn/golden_module.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::test;

namespace {

/// Calls visit(case, tolerance) for each case of a kind in each dtype.
template <class F>
void for_each_case(const char* kind, F visit) {
  int found = 0;
  for (const GoldenCase& c : test::golden_cases("nets")) {
    if (c.settings["kind"] != kind) continue;
    ++found;
    CAPTURE(c.name);
    for (const Tolerance& p : precisions) visit(c, p);
  }
  CHECK(found > 0);
}

Lengths lengths_of(const GoldenCase& c) { return Lengths(c.settings["lengths"].get<std::vector<int64_t>>()); }

TransformerOptions transformer_options(const GoldenCase& c) {
  return {.width = 6,
          .heads = 2,
          .hidden = 7,
          .dropout = 0,
          .activation = c.settings.value("activation", "relu") == "relu" ? FeedForward::relu : FeedForward::gelu,
          .norm_first = c.settings.value("norm_first", false)};
}

}  // namespace

TEST_CASE("golden: scaled dot-product attention equals PyTorch's with masks, a scale and causal") {
  for_each_case("sdpa", [](const GoldenCase& c, Tolerance p) {
    check(nullptr, c, p, {"q", "k", "v", c.settings.value("mask", "") == "numbers" ? "mask" : "none"},
          [&](const std::vector<Tensor>& in) -> Named {
            DotAttentionOptions options{.causal = c.settings.value("causal", false)};
            if (c.settings.contains("scale")) options.scale = c.settings["scale"].get<double>();
            if (in.size() > 3) options.mask = in[3];
            else if (c.has("mask")) options.mask = cast(c.at("mask"), DType::boolean);
            return {{"y", scaled_dot_product_attention(in[0], in[1], in[2], options)}};
          });
  });
}

TEST_CASE("golden: MultiheadAttention equals PyTorch's, weights too, across sizes, masks and lengths") {
  for_each_case("mha", [](const GoldenCase& c, Tolerance p) {
    const auto number = [&](const char* key) { return c.settings.value(key, int64_t{0}); };
    const MultiheadAttention m = loaded(MultiheadAttention({.width = 6,
                                                            .heads = 2,
                                                            .bias = c.settings.value("bias", true),
                                                            .key = number("key"),
                                                            .value = number("value")}),
                                        c, p.dtype);
    for (const bool weights : {true, false})
      check(weights ? &m : nullptr, c, p, {"x", "k", "v"}, [&](const std::vector<Tensor>& in) -> Named {
        AttentionCall call{.causal = c.settings.value("causal", false), .weights = true};
        if (c.settings.contains("lengths")) call.lengths = lengths_of(c);
        const auto run = [&] { return in.size() == 1 ? m(in[0], call) : m(in[0], in[1], in[2], call); };
        const DotAttentionOutput out = run();
        call.weights = false;
        if (!weights) CHECK(difference(run().y, out.y) < p.tolerance);  // fused
        return {{"y", out.y}, {"weights", out.weights}};
      });
  });
}

TEST_CASE("golden: TransformerEncoderLayer equals PyTorch's at real places, padded and packed") {
  for_each_case("encoder_layer", [](const GoldenCase& c, Tolerance p) {
    const TransformerEncoderLayer m = loaded(TransformerEncoderLayer(transformer_options(c)), c, p.dtype);
    const Lengths lengths = lengths_of(c);
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", unpack(pack(m(in[0], AttentionCall{.lengths = lengths}), lengths), lengths)}};
    });
    for (const NamedParameter& parameter : m.named_parameters()) parameter.parameter.leaf().zero_grad();
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", unpack(m.forward_packed(pack(in[0], lengths), lengths), lengths)}};
    });
  });
}

TEST_CASE("golden: a causal TransformerEncoder equals PyTorch's, and step by step itself") {
  for_each_case("encoder", [](const GoldenCase& c, Tolerance p) {
    TransformerOptions options = transformer_options(c);
    options.activation = FeedForward::gelu;
    options.norm_first = true;
    const TransformerEncoder m = loaded(TransformerEncoder(2, options, true), c, p.dtype);
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", m(in[0], AttentionCall{.causal = true})}};
    });
    std::vector<KeyValues> past;
    const Tensor x = c.at("x", p.dtype), first = m.extend(x.rows(0, 2), past), second = m.extend(x.rows(2, 3), past);
    CHECK(difference(concat({first, second, m.extend(x.rows(3), past)}), c.at("y")) < p.tolerance);
    CHECK(past[0].steps() == 5);
  });
}

TEST_CASE("golden: TransformerDecoderLayer and TransformerDecoder equal PyTorch's, and step by step themselves") {
  for_each_case("decoder_layer", [](const GoldenCase& c, Tolerance p) {
    const TransformerDecoderLayer m = loaded(TransformerDecoderLayer(transformer_options(c)), c, p.dtype);
    const AttentionCall of_memory{.lengths = lengths_of(c)};
    check(&m, c, p, {"x", "memory"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", m(in[0], in[1], AttentionCall{.causal = true}, of_memory)}};
    });
    const Lengths sources = lengths_of(c), targets = Lengths::dense(5, 3);
    check(nullptr, c, p, {"x", "memory"}, [&](const std::vector<Tensor>& in) -> Named {
      const Tensor y =
          m.forward_packed(pack(in[0], targets), targets, pack(in[1], sources), sources, AttentionCall{.causal = true});
      return {{"y", unpack(y, targets)}};
    });
  });
  for_each_case("decoder", [](const GoldenCase& c, Tolerance p) {
    const TransformerDecoder m = loaded(TransformerDecoder(2, transformer_options(c), true), c, p.dtype);
    check(&m, c, p, {"x", "memory"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", m(in[0], in[1], AttentionCall{.causal = true})}};
    });
    std::vector<DecoderPast> past = m.begin(c.at("memory", p.dtype));
    std::vector<Tensor> steps;
    for (int64_t t = 0; t < 5; ++t) steps.push_back(m.extend(c.at("x", p.dtype).rows(t, t + 1), past));
    CHECK(difference(concat(steps), c.at("y")) < p.tolerance);
  });
}

TEST_CASE("golden: convolutions equal PyTorch's with stride, padding, dilation and groups, time-major too") {
  const auto number = [](const GoldenCase& c, const char* key, int64_t otherwise) {
    return c.settings.value(key, otherwise);
  };
  for_each_case("conv1d", [&](const GoldenCase& c, Tolerance p) {
    const Conv1d m = loaded(Conv1d({.in = 4,
                                    .out = 6,
                                    .kernel = number(c, "kernel", 1),
                                    .stride = number(c, "stride", 1),
                                    .padding = number(c, "padding", 0),
                                    .dilation = number(c, "dilation", 1),
                                    .groups = number(c, "groups", 1),
                                    .bias = c.settings.value("bias", true)}),
                            c, p.dtype);
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named { return {{"y", m(in[0])}}; });
  });
  for_each_case("conv2d", [&](const GoldenCase& c, Tolerance p) {
    const auto pair = [&](const char* key, int64_t otherwise) {
      if (!c.settings.contains(key)) return Pair(otherwise);
      return Pair(c.settings[key][0].get<int64_t>(), c.settings[key][1].get<int64_t>());
    };
    const Conv2d m = loaded(Conv2d({.in = 4,
                                    .out = 6,
                                    .kernel = pair("kernel", 1),
                                    .stride = pair("stride", 1),
                                    .padding = pair("padding", 0),
                                    .dilation = pair("dilation", 1),
                                    .groups = number(c, "groups", 1)}),
                            c, p.dtype);
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named { return {{"y", m(in[0])}}; });
  });
  for_each_case("conv_sequence", [&](const GoldenCase& c, Tolerance p) {
    const Conv1d m = loaded(Conv1d({.in = 4, .out = 6, .kernel = 3, .padding = 1}), c, p.dtype);
    check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named {
      return {{"y", permute(m.forward_sequence(permute(in[0], {2, 0, 1})), {1, 2, 0})}};
    });
  });
}

TEST_CASE("golden: pooling equals PyTorch's, where a window's pixels are equal too") {
  for_each_case("pool", [](const GoldenCase& c, Tolerance p) {
    check(nullptr, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named {
      const Pool1dOptions one{.stride = 2, .padding = 1};
      const PoolOptions two{.stride = Pair(1, 2), .padding = 1};
      if (c.name == "max_pool1d") return {{"y", MaxPool1d(3, one)(in[0])}};
      if (c.name == "avg_pool1d") return {{"y", AvgPool1d(3, one)(in[0])}};
      if (c.name == "max_pool2d") return {{"y", MaxPool2d({3, 2}, two)(in[0])}};
      return {{"y", AvgPool2d({3, 2}, two)(in[0])}};
    });
  });
}

TEST_CASE("golden: norms equal PyTorch's, running estimates and evaluation too") {
  for_each_case("norm", [](const GoldenCase& c, Tolerance p) {
    const auto run = [&](const auto& m) {
      check(&m, c, p, {"x"}, [&](const std::vector<Tensor>& in) -> Named { return {{"y", m(in[0])}}; });
    };
    if (c.name == "layer_norm") return run(loaded(LayerNorm(5), c, p.dtype));
    if (c.name == "rms_norm") return run(loaded(RmsNorm(5), c, p.dtype));
    if (c.name == "group_norm") return run(loaded(GroupNorm(2, 4), c, p.dtype));
    BatchNormOptions options;
    if (c.name == "batch_norm_rows") options.momentum = std::nullopt;
    BatchNorm m = loaded(BatchNorm(4, options), c, p.dtype);
    m.running_mean.assign(c.at("before/running_mean", p.dtype));
    m.running_var.assign(c.at("before/running_var", p.dtype));
    m.num_batches_tracked.assign(Tensor::ones({}, DType::i64));
    run(m);
    CHECK(difference(m.running_mean, c.at("running_mean")) < p.tolerance);
    CHECK(difference(m.running_var, c.at("running_var")) < p.tolerance);
    CHECK(m.num_batches_tracked.value().item() == 2);
    m.eval();
    CHECK(difference(m(c.at("x", p.dtype)), c.at("evaluated")) < p.tolerance);
  });
}

TEST_CASE("golden: weight norm and spectral norm equal PyTorch's parametrizations, and the singular vectors theirs") {
  for_each_case("reparametrised", [](const GoldenCase& c, Tolerance p) {
    const auto run = [&](const auto& m) {
      check(&m, c, p, {}, [&](const std::vector<Tensor>&) -> Named { return {{"y", m()}}; });
    };
    if (c.name == "weight_norm") return run(loaded(WeightNorm(Tensor::ones({3, 4})), c, p.dtype));
    SpectralNorm m(Tensor::ones({3, 4}));
    m.to(p.dtype);
    m.original.assign(c.at("original", p.dtype));
    m.u.assign(c.at("before/u", p.dtype));
    m.v.assign(c.at("before/v", p.dtype));
    run(m);
    CHECK(difference(m.u, c.at("u")) < p.tolerance);
    CHECK(difference(m.v, c.at("v")) < p.tolerance);
    m.eval();
    CHECK(difference(m(), c.at("y")) < p.tolerance);
  });
}
