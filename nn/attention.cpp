#include "nn/attention.h"

#include <cmath>

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus::nn {

Attention::Attention(AttentionOptions given, Rng& rng) : options(given) {
  require<UsageError>(options.query > 0 && options.memory > 0 && options.hidden >= 0,
                      "[Attention] need sizes of at least 1, got query {}, memory {}, hidden {}", options.query,
                      options.memory, options.hidden);
  require<UsageError>(options.score != Score::dot || options.query == options.memory,
                      "[Attention] need equal sizes for dot scores, got query {} and memory {}", options.query,
                      options.memory);
  if (options.hidden == 0) options.hidden = options.query;
  if (options.score == Score::additive) {
    query = child("query", Linear(options.query, options.hidden, rng, {.bias = options.bias}));
    key = child("key", Linear(options.memory, options.hidden, rng, {.bias = false}));
    const double bound = 1 / std::sqrt(static_cast<double>(options.hidden));
    v = param("v", init::uniform({options.hidden}, -bound, bound, rng));
  } else if (options.score == Score::general) {
    key = child("key", Linear(options.memory, options.query, rng, {.bias = false}));
  }
}

PreparedMemory Attention::prepare(const Tensor& states) const {
  require_float("Attention", states);
  require(states.rank() == 3, "[Attention] need states (S, B, {}), got {}", options.memory, states.shape());
  return prepare(states, Lengths::dense(states.dim(0), states.dim(1), states.device()));
}

PreparedMemory Attention::prepare(const Tensor& states, const Lengths& lengths) const {
  require_float("Attention", states);
  require_device_of("Attention", states, lengths.lengths_tensor(), "lengths");
  require(states.rank() == 3 && states.dim(2) == options.memory && states.dim(1) == lengths.batch() &&
              states.dim(0) == lengths.steps(),
          "[Attention] need states ({}, {}, {}), got {}", lengths.steps(), lengths.batch(), options.memory,
          states.shape());
  PreparedMemory memory;
  memory.batch = lengths.batch();
  if (options.score == Score::additive) {
    memory.packed = prepare_packed(pack(states, lengths), lengths);
    std::vector<int64_t> sources;
    for (int64_t b = 0; b < memory.batch; ++b) sources.push_back(b);
    memory.rows = attention_rows(lengths, sources);
    return memory;
  }
  // Padded places become zeros: weights of 0 meet them, and 0 * NaN is NaN.
  memory.values = transpose(lengths.is_dense() ? states : unpack(pack(states, lengths), lengths), 0, 1);
  memory.keys = key ? (*key)(memory.values) : memory.values;
  memory.mask = unsqueeze(lengths.mask(), 1);
  return memory;
}

PreparedMemory PreparedMemory::of(const std::vector<int64_t>& sources) const {
  PreparedMemory chosen;
  chosen.batch = std::ssize(sources);
  if (!keys.defined()) {
    chosen.packed = packed;
    chosen.rows = attention_rows(packed.lengths, sources);
    return chosen;
  }
  const Tensor ids = Tensor::from(sources, keys.device());
  chosen.keys = gather_rows(keys, ids);
  chosen.values = gather_rows(values, ids);
  chosen.mask = gather_rows(mask, ids);
  return chosen;
}

PreparedMemory PreparedMemory::first(int64_t count) const {
  if (count == batch) return *this;
  PreparedMemory chosen;
  chosen.batch = count;
  if (!keys.defined()) {
    chosen.packed = packed;
    chosen.rows = rows.first(count);
    return chosen;
  }
  chosen.keys = keys.rows(0, count);
  chosen.values = values.rows(0, count);
  chosen.mask = mask.rows(0, count);
  return chosen;
}

AttentionMemory Attention::prepare_packed(const Tensor& rows, const Lengths& lengths) const {
  require<UsageError>(options.score == Score::additive, "[Attention] need additive scores for packed rows, got others");
  require_float("Attention", rows);
  require_device_of("Attention", rows, lengths.lengths_tensor(), "lengths");
  require(rows.shape() == Shape{lengths.total(), options.memory}, "[Attention] need packed rows ({}, {}), got {}",
          lengths.total(), options.memory, rows.shape());
  return {(*key)(rows), rows, lengths};
}

AttentionOutput Attention::forward(const Tensor& queries, const PreparedMemory& memory) const {
  const bool is_additive = options.score == Score::additive;
  const Tensor& keys = is_additive ? memory.packed.keys : memory.keys;
  require<UsageError>(keys.defined(), "[Attention] need a memory that prepare() of this kind of attention made, got {}",
                      memory.batch > 0 ? "one of another kind" : "none");
  require_same_kind("Attention", queries, keys);
  require(keys.dim(-1) == (is_additive ? options.hidden : options.query),
          "[Attention] need a memory with keys of {} numbers, got {}", is_additive ? options.hidden : options.query,
          keys.dim(-1));
  require((queries.rank() == 2 || queries.rank() == 3) && queries.dim(-2) == memory.batch &&
              queries.dim(-1) == options.query,
          "[Attention] need a query ({0}, {1}) or (T, {0}, {1}), got {2}", memory.batch, options.query,
          queries.shape());
  return is_additive ? additive(queries, memory) : multiplicative(queries, memory);
}

AttentionOutput Attention::additive(const Tensor& queries, const PreparedMemory& memory) const {
  const Tensor projected = (*query)(queries);
  const Lengths& lengths = memory.packed.lengths;
  const auto to_all_places = [&lengths](AttentionOutput out) {  // the op's weights end with the longest source
    const int64_t past = lengths.steps() - lengths.longest();
    if (past > 0) out.weights = pad(out.weights, {{0, past}});
    return out;
  };
  if (queries.rank() == 2) return to_all_places(additive_attention(projected, memory.packed, memory.rows, v));
  const int64_t steps = queries.dim(0), batch = memory.batch;
  std::vector<int64_t> sources;
  for (int64_t row = 0; row < steps * batch; ++row) sources.push_back(row % batch);
  const AttentionOutput out = to_all_places(additive_attention(projected.reshape({steps * batch, options.hidden}),
                                                               memory.packed, attention_rows(lengths, sources), v));
  return {out.context.reshape({steps, batch, options.memory}), out.weights.reshape({steps, batch, lengths.steps()})};
}

AttentionOutput Attention::multiplicative(const Tensor& queries, const PreparedMemory& memory) const {
  const bool single = queries.rank() == 2;
  const Tensor q = single ? unsqueeze(queries, 1) : transpose(queries, 0, 1);  // (B, T, Q)
  Tensor scores = matmul(q, memory.keys, {.transpose_b = true});               // (B, T, S)
  if (options.scaled) scores = scores * (1 / std::sqrt(static_cast<double>(options.query)));
  const Tensor weights = softmax(scores, -1, memory.mask);
  const Tensor context = matmul(weights, memory.values);  // (B, T, C)
  if (single) return {squeeze(context, 1), squeeze(weights, 1)};
  return {transpose(context, 0, 1), transpose(weights, 0, 1)};
}

}  // namespace grus::nn
