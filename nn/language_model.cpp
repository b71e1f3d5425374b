#include "nn/language_model.h"

#include <algorithm>

#include "nn/dropout.h"
#include "nn/init.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

const LanguageModelOptions& checked(const LanguageModelOptions& o) {
  constexpr const char* name = "LanguageModel";
  require<UsageError>(o.vocabulary > 1, "[{}] need a vocabulary of at least 2, got {}", name, o.vocabulary);
  require<UsageError>(o.embedding > 0 && o.hidden > 0 && o.layers > 0,
                      "[{}] need embedding, hidden and layers of at least 1, got {}, {} and {}", name, o.embedding,
                      o.hidden, o.layers);
  for (const double p : {o.dropout, o.input_dropout, o.word_dropout, o.weight_drop})
    require<UsageError>(p >= 0 && p < 1, "[{}] need dropouts in [0, 1), got {}", name, p);
  if (o.body != LanguageBody::transformer) return o;
  require<UsageError>(o.heads > 0 && o.embedding % (2 * o.heads) == 0,
                      "[{}] need heads that divide the embedding into even sizes, got {} heads of {}", name, o.heads,
                      o.embedding);
  require<UsageError>(o.context > 1, "[{}] need a context of at least 2 steps, got {}", name, o.context);
  require<UsageError>(o.weight_drop == 0, "[{}] need recurrent layers for a weight_drop, got a transformer with {}",
                      name, o.weight_drop);
  return o;
}

/// Gives the options that Gru and Lstm share.
template <class Options>
Options layers_from(const LanguageModelOptions& o) {
  return {.input = o.embedding,
          .hidden = o.hidden,
          .layers = o.layers,
          .dropout = o.layers > 1 ? o.dropout : 0,
          .locked_dropout = true,
          .weight_drop = o.weight_drop};
}

TransformerEncoder transformer_of(const LanguageModelOptions& o, Rng& rng) {
  const TransformerOptions layer{.width = o.embedding,
                                 .heads = o.heads,
                                 .hidden = o.hidden,
                                 .dropout = o.dropout,
                                 .activation = FeedForward::gelu,
                                 .norm_first = true,
                                 .rotary = Rotary{}};
  return TransformerEncoder(o.layers, layer, true, rng);
}

}  // namespace

void collect_tensors(const LanguageOutput& output, std::vector<Tensor>& to) {
  to.push_back(output.y);
  for (const NamedTensor& named : output.state.tensors()) to.push_back(named.tensor);
}

LanguageState LanguageState::detach() const {
  LanguageState state{recurrent.detach(), past, ids};
  for (KeyValues& layer : state.past) layer = {layer.keys.detach(), layer.values.detach()};
  return state;
}

LanguageState LanguageState::select(const Tensor& sequences) const {
  const auto chosen = [&](const Tensor& x) { return x.defined() ? index_select(x, 1, sequences) : x; };
  LanguageState state{State(chosen(recurrent.h), chosen(recurrent.c)), {}, chosen(ids)};
  for (const KeyValues& layer : past) state.past.push_back(layer.select(sequences));
  return state;
}

NamedTensors LanguageState::tensors() const {
  NamedTensors all;
  if (recurrent.h.defined()) all.push_back({"h", recurrent.h});
  if (recurrent.c.defined()) all.push_back({"c", recurrent.c});
  if (ids.defined()) all.push_back({"ids", ids});
  for (size_t layer = 0; layer < past.size(); ++layer) {
    all.push_back({fmt::format("{}.keys", layer), past[layer].keys});
    all.push_back({fmt::format("{}.values", layer), past[layer].values});
  }
  return all;
}

LanguageState LanguageState::of(const NamedTensors& tensors) {
  const auto named = [&](const std::string& name) {
    const Tensor* found = find(tensors, name);
    return found ? *found : Tensor();
  };
  LanguageState state{State(named("h"), named("c")), {}, named("ids")};
  for (size_t layer = 0; find(tensors, fmt::format("{}.keys", layer)); ++layer)
    state.past.push_back({named(fmt::format("{}.keys", layer)), named(fmt::format("{}.values", layer))});
  return state;
}

LanguageModel::LanguageModel(LanguageModelOptions given, Rng& rng)
    : options(checked(given)),
      embedding(child("embedding", Embedding({.count = options.vocabulary, .width = options.embedding}, rng))) {
  const LanguageModelOptions& o = options;
  const bool recurrent = o.body != LanguageBody::transformer;
  if (o.body == LanguageBody::gru) gru = child("body", Gru(layers_from<GruOptions>(o), rng));
  if (o.body == LanguageBody::lstm) lstm = child("body", Lstm(layers_from<LstmOptions>(o), rng));
  if (!recurrent) transformer = child("body", transformer_of(o, rng));
  const int64_t width = recurrent ? o.hidden : o.embedding;
  if (o.tied && width != o.embedding)
    projection = child("projection", Linear(width, o.embedding, rng, {.bias = false}));
  // Rows that also score words begin small, as those of an output layer do.
  if (o.tied) embedding.weight.assign(init::uniform({o.vocabulary, o.embedding}, -0.1, 0.1, rng));
  else output_weight = param("output_weight", init::uniform_fan_in({o.vocabulary, width}, rng));
  output_bias = param("output_bias", init::zeros({o.vocabulary}));
}

Tensor LanguageModel::dropped(const Tensor& x, double p) const {
  if (p == 0 || !is_training()) return x;
  return options.body == LanguageBody::transformer ? dropout(x, p) : locked_dropout(x, p);
}

Tensor LanguageModel::embedded(const Tensor& ids) const {
  const Tensor x = embedding(ids);
  if (options.word_dropout == 0 || !is_training()) return dropped(x, options.input_dropout);
  const Tensor words = dropout(Tensor::ones({options.vocabulary, 1}, x.dtype(), x.device()), options.word_dropout);
  return dropped(x * gather_rows(words, ids), options.input_dropout);
}

LanguageOutput LanguageModel::forward(const Tensor& ids, const LanguageState& first) const {
  require(ids.rank() == 2, "[LanguageModel] need ids (T, B), got {}", ids.shape());
  const Tensor x = embedded(ids);
  if (transformer) return attend(x, ids, first);
  Output out = gru ? (*gru)(x, first.recurrent) : (*lstm)(x, first.recurrent);
  const Tensor y = dropped(out.y, options.dropout);
  return {projection ? (*projection)(y) : y, {std::move(out.state), {}, {}}};
}

LanguageOutput LanguageModel::attend(const Tensor& x, const Tensor& ids, const LanguageState& first) const {
  const int64_t steps = ids.dim(0), before = first.past.empty() ? 0 : first.past[0].steps();
  require(steps <= options.context, "[LanguageModel] need at most {} steps at once, got {}", options.context, steps);
  LanguageState state = first;
  if (before + steps > options.context) {  // positions begin anew at what is kept
    const int64_t kept = std::min(options.context / 2, options.context - steps);
    const NoGrad unrecorded;
    state = {};
    if (kept > 0) {
      state.ids = first.ids.rows(before - kept, before);
      (void)transformer->extend(embedded(state.ids), state.past);
    }
  }
  const Tensor y = dropped(transformer->extend(x, state.past), options.dropout);
  state.ids = state.ids.defined() ? concat({state.ids, ids}) : ids;
  return {projection ? (*projection)(y) : y, std::move(state)};
}

Tensor LanguageModel::logits(const Tensor& y) const {
  return linear(y, options.tied ? embedding.weight : output_weight, output_bias);
}

LanguageLoss LanguageModel::loss(const Tensor& ids, const Tensor& targets, const LanguageState& first) const {
  require(targets.shape() == ids.shape(), "[LanguageModel] need a target for each id {}, got {}", ids.shape(),
          targets.shape());
  const Call call(node(), typeid(*this));
  LanguageOutput out = forward(ids, first);
  auto [loss, nll_sum] = linear_cross_entropy(flatten(out.y, 0, 1), options.tied ? embedding.weight : output_weight,
                                              output_bias, flatten(targets));
  return {loss, nll_sum, std::move(out.state)};
}

int64_t LanguageModel::longest_window() const { return transformer ? std::max<int64_t>(1, options.context / 2) : 0; }

}  // namespace grus::nn
