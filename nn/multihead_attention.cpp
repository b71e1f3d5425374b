#include "nn/multihead_attention.h"

#include "nn/init.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

MultiheadAttentionOptions checked(MultiheadAttentionOptions o) {
  require<UsageError>(o.width > 0 && o.heads > 0 && o.width % o.heads == 0 && o.key >= 0 && o.value >= 0,
                      "[MultiheadAttention] need sizes of at least 1 and heads that divide the width, got width {}, "
                      "heads {}, key {}, value {}",
                      o.width, o.heads, o.key, o.value);
  require<UsageError>(o.dropout >= 0 && o.dropout < 1, "[MultiheadAttention] need a dropout in [0, 1), got {}",
                      o.dropout);
  require<UsageError>(!o.rotary || o.width / o.heads % 2 == 0,
                      "[MultiheadAttention] need an even head size for rotary positions, got {}", o.width / o.heads);
  if (o.key == 0) o.key = o.width;
  if (o.value == 0) o.value = o.width;
  return o;
}

Linear output_of(int64_t width, bool bias, Rng& rng) {
  Linear out(width, width, rng, {.bias = bias});
  if (bias) out.bias.assign(init::zeros({width}));
  return out;
}

}  // namespace

KeyValues KeyValues::select(const Tensor& ids) const {
  if (!keys.defined()) return {};
  return {index_select(keys, 1, ids), index_select(values, 1, ids)};
}

MultiheadAttention::MultiheadAttention(MultiheadAttentionOptions given, Rng& rng)
    : options(checked(given)), out_proj(output_of(options.width, options.bias, rng)) {
  const int64_t width = options.width;
  if (options.key == width && options.value == width) {
    in_proj_weight = param("in_proj_weight", init::xavier_uniform({3 * width, width}, rng));
  } else {
    q_proj_weight = param("q_proj_weight", init::xavier_uniform({width, width}, rng));
    k_proj_weight = param("k_proj_weight", init::xavier_uniform({width, options.key}, rng));
    v_proj_weight = param("v_proj_weight", init::xavier_uniform({width, options.value}, rng));
  }
  if (options.bias) in_proj_bias = param("in_proj_bias", init::zeros({3 * width}));
  link_child("out_proj", out_proj);
}

Tensor MultiheadAttention::projected(const Tensor& x, Part part) const {
  constexpr const char* names[] = {"query", "key", "value"};
  const auto i = static_cast<int64_t>(part);
  const int64_t size = part == Part::query ? options.width : part == Part::key ? options.key : options.value;
  require_float("MultiheadAttention", x);
  require(x.rank() >= 2 && x.dim(-1) == size, "[MultiheadAttention] need {} rows of {}, got {}", names[i], size,
          x.shape());
  const int64_t begin = i * options.width, end = begin + options.width;
  const Tensor own = part == Part::query ? q_proj_weight : part == Part::key ? k_proj_weight : v_proj_weight;
  const Tensor weight = own.defined() ? own : in_proj_weight.tensor().rows(begin, end);
  return linear(x, weight, options.bias ? in_proj_bias.tensor().rows(begin, end) : Tensor());
}

DotAttentionOutput MultiheadAttention::attend(const Tensor& q, const KeyValues& memory, const AttentionCall& call,
                                              int64_t past, const Lengths* packed) const {
  DotAttentionOptions o{.mask = call.mask, .causal = call.causal, .past = past, .lengths = call.lengths};
  if (is_training()) o.dropout = options.dropout;
  if (!call.weights)
    return {out_proj(multihead_attention(q, memory.keys, memory.values, options.heads, o, packed)), {}};
  const DotAttentionOutput all = multihead_attention_composed(q, memory.keys, memory.values, options.heads, o, packed);
  return {out_proj(all.y), mean(all.weights, 1)};
}

DotAttentionOutput MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                               const AttentionCall& call) const {
  return forward(query, project(key, value), call);
}

KeyValues MultiheadAttention::project(const Tensor& key, const Tensor& value) const {
  const Tensor keys = projected(key, Part::key);
  return {options.rotary ? rotary_embedding(keys, options.heads, *options.rotary) : keys,
          projected(value, Part::value)};
}

DotAttentionOutput MultiheadAttention::forward(const Tensor& query, const KeyValues& memory,
                                               const AttentionCall& call) const {
  const Tensor q = projected(query, Part::query);
  return attend(options.rotary ? rotary_embedding(q, options.heads, *options.rotary) : q, memory, call, 0, nullptr);
}

DotAttentionOutput MultiheadAttention::forward_packed(const Tensor& query, const Lengths& lengths, const Tensor& key,
                                                      const Tensor& value, const AttentionCall& call) const {
  Tensor q = projected(query, Part::query);
  KeyValues memory{projected(key, Part::key), projected(value, Part::value)};
  if (options.rotary) {
    q = rotary_embedding_packed(q, lengths, options.heads, *options.rotary);
    const Lengths& keys = call.lengths ? *call.lengths : lengths;
    memory.keys = rotary_embedding_packed(memory.keys, keys, options.heads, *options.rotary);
  }
  return attend(q, memory, call, 0, &lengths);
}

DotAttentionOutput MultiheadAttention::extend(const Tensor& x, KeyValues& past, const AttentionCall& call) const {
  const int64_t before = past.steps();
  Tensor q = projected(x, Part::query);
  KeyValues next{projected(x, Part::key), projected(x, Part::value)};
  if (options.rotary) {
    q = rotary_embedding(q, options.heads, *options.rotary, before);
    next.keys = rotary_embedding(next.keys, options.heads, *options.rotary, before);
  }
  past = before == 0 ? next : KeyValues{concat({past.keys, next.keys}), concat({past.values, next.values})};
  AttentionCall causal = call;
  causal.causal = true;
  return attend(q, past, causal, before, nullptr);
}

}  // namespace grus::nn
