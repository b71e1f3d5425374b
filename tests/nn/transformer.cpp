// Attention of several heads, positions and transformer layers: names, padding, packed rows, dropout, step by step.
#include "nn/transformer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "nn/positions.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using namespace grus::test;

namespace {

std::vector<std::string> names_of(const ModuleBase& module) {
  std::vector<std::string> names;
  for (const NamedParameter& p : module.named_parameters()) names.push_back(p.name);
  return names;
}

}  // namespace

TEST_CASE("transformer: parameters have PyTorch's names and shapes, in its order") {
  const TransformerEncoder encoder(1, {.width = 4, .heads = 2, .hidden = 3}, true);
  CHECK(names_of(encoder) ==
        std::vector<std::string>{"layers.0.self_attn.in_proj_weight", "layers.0.self_attn.in_proj_bias",
                                 "layers.0.self_attn.out_proj.weight", "layers.0.self_attn.out_proj.bias",
                                 "layers.0.linear1.weight", "layers.0.linear1.bias", "layers.0.linear2.weight",
                                 "layers.0.linear2.bias", "layers.0.norm1.weight", "layers.0.norm1.bias",
                                 "layers.0.norm2.weight", "layers.0.norm2.bias", "norm.weight", "norm.bias"});
  const MultiheadAttention sizes({.width = 4, .heads = 2, .bias = false, .key = 3, .value = 5});
  CHECK(names_of(sizes) ==
        std::vector<std::string>{"q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"});
  CHECK(sizes.v_proj_weight.value().shape() == Shape{4, 5});
}

TEST_CASE(
    "transformer: NaN in padded keys changes nothing, and packed rows give what padded ones do, with rotary too") {
  const TransformerEncoder encoder(2, {.width = 8, .heads = 2, .hidden = 12, .dropout = 0, .rotary = Rotary{}});
  const Lengths lengths({2, 5, 3});
  const Tensor x = normal({5, 3, 8}, 1), nothing = Tensor::full({5, 3, 8}, std::numeric_limits<double>::quiet_NaN());
  const Tensor padded = where(transpose(lengths.mask(), 0, 1).unsqueeze(2), x, nothing);
  const AttentionCall call{.causal = true, .lengths = lengths};
  const Tensor y = encoder.forward_packed(pack(x, lengths), lengths, AttentionCall{.causal = true});
  CHECK(gap(pack(encoder(padded, call), lengths), y) < 1e-5);
  CHECK(gap(pack(encoder(x, call), lengths), y) < 1e-5);
}

TEST_CASE("transformer: packed rows drop what padded ones drop") {
  const TransformerEncoderLayer layer({.width = 8, .heads = 2, .hidden = 12, .dropout = 0.4});
  const Lengths lengths({2, 5, 3});
  const Tensor x = normal({5, 3, 8}, 1);
  manual_seed(3);
  const Tensor padded = layer(x, AttentionCall{.lengths = lengths});
  manual_seed(3);
  const Tensor packed = layer.forward_packed(pack(x, lengths), lengths);
  CHECK(gap(pack(padded, lengths), packed) < 1e-5);
  manual_seed(4);
  CHECK(gap(layer.forward_packed(pack(x, lengths), lengths), packed) > 1e-3);
}

TEST_CASE("transformer: step by step an encoder gives what it gives at once, with rotary positions") {
  for (const RotaryPairs pairs : {RotaryPairs::half, RotaryPairs::interleaved}) {
    TransformerEncoder encoder(2, {.width = 8, .heads = 2, .hidden = 12, .norm_first = true, .rotary = Rotary{pairs}});
    encoder.eval();
    const Tensor x = normal({4, 2, 8}, 1);
    std::vector<KeyValues> past;
    std::vector<Tensor> steps;
    for (int64_t t = 0; t < 4; ++t) steps.push_back(encoder.extend(x.rows(t, t + 1), past));
    CHECK(gap(concat(steps), encoder(x, AttentionCall{.causal = true})) < 1e-5);
    const KeyValues other = past[0].select(Tensor::from<int64_t>({1, 1}, {2}));
    CHECK(gap(other.keys.slice(1, 0, 1), past[0].keys.slice(1, 1, 2)) == 0);
  }
}

TEST_CASE("transformer: products of rotary queries and keys depend on their distance alone") {
  const Tensor q = normal({1, 1, 8}, 1), k = normal({1, 1, 8}, 2);
  const auto product = [&](int64_t of_q, int64_t of_k) {
    return sum(rotary_embedding(q, 2, {}, of_q) * rotary_embedding(k, 2, {}, of_k)).item();
  };
  CHECK(std::abs(product(3, 1) - product(12, 10)) < 1e-4);
  CHECK(std::abs(product(3, 1) - product(3, 2)) > 1e-3);
}

TEST_CASE("transformer: positions are added to steps, padded or packed, and learnt ones end") {
  const LearntPositions learnt(5, 3);
  const SinusoidalPositions fixed(3);
  const Lengths lengths({1, 4});
  const Tensor x = normal({4, 2, 3}, 1);
  CHECK(gap(learnt.forward_packed(pack(x, lengths), lengths), pack(learnt(x), lengths)) == 0);
  CHECK(gap(fixed.forward_packed(pack(x, lengths), lengths), pack(fixed(x), lengths)) == 0);
  CHECK(gap(learnt(x).rows(2), learnt(x.rows(2), 2)) == 0);
  CHECK(gap(fixed(x).rows(2), fixed(x.rows(2), 2)) < 1e-6);
  CHECK(message_of([&] { learnt(x, 2); }) == "[LearntPositions] need positions below 5, got 2 to 5");
  Tape tape;
  tape.backward(sum(learnt(x)));
  CHECK(values(learnt.weight.grad()) == std::vector<double>{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0});
}

TEST_CASE("transformer: wrong calls say what they need") {
  const MultiheadAttention attention({.width = 4, .heads = 2});
  CHECK(message_of([] { MultiheadAttention({.width = 4, .heads = 3}); }) ==
        "[MultiheadAttention] need sizes of at least 1 and heads that divide the width, got width 4, heads 3, key 0, "
        "value 0");
  CHECK(message_of([&] {
          (void)attention(normal({2, 1, 3}, 1));
        }) == "[MultiheadAttention] need key rows of 4, got (2, 1, 3)");
  CHECK(message_of([&] {
          (void)attention(normal({2, 2, 4}, 1), AttentionCall{.lengths = Lengths({3, 1})});
        }) == "[multihead_attention] need lengths of 2 sequences of at most 2 keys, got 2 of up to 3");
  TransformerEncoder encoder(2, {.width = 4, .heads = 2});
  std::vector<KeyValues> past(1);
  CHECK(message_of([&] {
          encoder.extend(normal({1, 1, 4}, 1), past);
        }) == "[TransformerEncoder] need a past of 2 layers, got 1");
}
