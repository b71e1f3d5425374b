#include "seq2seq/no_attention.h"

#include <fmt/format.h>

#include "data/text/vocab.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"
#include "seq2seq/decoder_state.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

Start start_of(ModelOptions::InitialState flag) {
  if (flag == ModelOptions::InitialState::summary) return Start::summary;
  return flag == ModelOptions::InitialState::states ? Start::states : Start::zeros;
}

NoAttentionOptions options_of(const ModelOptions& m, VocabSizes sizes) {
  const bool maxout = m.readout == ModelOptions::Readout::maxout;
  return {.network = {.source_words = sizes.source,
                      .target_words = sizes.target,
                      .embedding = m.embedding,
                      .hidden = m.hidden,
                      .layers = m.layers,
                      .unit = m.unit,
                      .form = {m.reset, m.update},
                      .forget_bias = m.forget_bias,
                      .start = start_of(m.initial_state),
                      .context_every_step = m.context == ModelOptions::Context::every,
                      .maxout = maxout ? (m.readout_size ? m.readout_size : (m.hidden + 1) / 2) : 0,
                      // A matrix that is the output layer's too has no zero row.
                      .start_word = m.tie == Tie::none ? std::optional<int64_t>(data::SOS) : std::nullopt,
                      .dropout = m.dropout},
          .reading = m.source_order == SourceOrder::reversed ? reversed : nullptr,
          .tie = m.tie};
}

std::string description_of(const ArchitectureKind& kind, std::string_view name, const ModelOptions& m) {
  TrainOptions paper;
  kind.use_recipe(paper);
  kind.use_paper_recipe(paper);
  const ModelOptions& p = paper.model;
  const bool same = m.embedding == p.embedding && m.hidden == p.hidden && m.layers == p.layers && m.unit == p.unit;
  return fmt::format("{}, {} layer{} of {}{}, {}/{}, {}", name, m.layers, m.layers == 1 ? "" : "s",
                     m.unit == Unit::lstm ? "LSTM" : "GRU",
                     m.source_order == SourceOrder::reversed ? ", source reversed" : "", m.embedding, m.hidden,
                     same ? "the paper's sizes" : "sized for the data at hand");
}

}  // namespace

Tokens reversed(const Tokens& tokens) {
  const Lengths& lengths = tokens.lengths;
  std::vector<int64_t> from(static_cast<size_t>(lengths.total()));
  for (int64_t t = 0; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i) {
      const int64_t last = lengths[lengths.order()[static_cast<size_t>(i)]] - 1;
      from[static_cast<size_t>(lengths.start(t) + i)] = lengths.start(last - t) + i;
    }
  return {gather_rows(tokens.ids, Tensor::from(from)), lengths};
}

NoAttention::NoAttention(std::string_view name, std::string description, const NoAttentionOptions& options,
                         SetWeights set_weights, Rng& rng)
    : name_(name), description_(std::move(description)), reading_(options.reading), network_(options.network, rng) {
  set_weights(network_, rng);
  if (options.tie != Tie::none) tie(network_.target_embedding.weight, network_.output_weight);
  if (options.tie == Tie::all) tie(network_.target_embedding.weight, network_.source_embedding.weight);
}

Architecture::Forced NoAttention::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Tokens words = read(source);
  return {network_(words.ids, words.lengths, inputs.ids, inputs.lengths), {}};
}

Tensor NoAttention::summary(const Tokens& source) const {
  const Tokens words = read(source);
  const Summary encoded = network_.encode(words.ids, words.lengths);
  return encoded.c.defined() ? encoded.c : encoded.first.h[network_.options.layers - 1];
}

namespace {

class NoAttentionDecoder final : public Decoder {
 public:
  NoAttentionDecoder(const NoAttention& model, const Tokens& source)
      : network_(model.network()), batch_(source.lengths.batch()) {
    const Tokens words = model.read(source);
    summary_ = network_.encode(words.ids, words.lengths);
  }

  DecoderState start() const override {
    if (summary_.first.h.defined()) return layers_of(summary_.first);
    const EncoderDecoderOptions& o = network_.options;
    const Tensor zeros = Tensor::zeros({batch_, o.hidden});
    return DecoderState(static_cast<size_t>(o.layers * (o.unit == Unit::lstm ? 2 : 1)), zeros);
  }

  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    const Output out = network_.decode(words, Lengths::dense(1, words.numel()),
                                       state_of(state, network_.options.layers), summary_, Tensor::from(sources));
    return {layers_of(out.state), out.y, {}};
  }

 private:
  const EncoderDecoder& network_;
  const int64_t batch_;
  Summary summary_;
};

}  // namespace

std::unique_ptr<Decoder> NoAttention::decode(const Tokens& source) const {
  return std::make_unique<NoAttentionDecoder>(*this, source);
}

std::unique_ptr<Architecture> make_no_attention(const ArchitectureKind& kind, std::string_view paper,
                                                NoAttention::SetWeights paper_weights, const ModelOptions& options,
                                                VocabSizes sizes, Rng& rng) {
  return std::make_unique<NoAttention>(kind.name, description_of(kind, paper, options), options_of(options, sizes),
                                       options.weights == FirstWeights::paper ? paper_weights : set_scaled_weights,
                                       rng);
}

void check_no_attention(const ModelOptions& m) {
  using Flag = ModelOptions;
  require<UsageError>(m.initial_state != Flag::InitialState::mean && m.initial_state != Flag::InitialState::backward,
                      "--initial-state: need summary, states or zeros for --arch {}, got {}", m.arch,
                      text_of(m, "initial-state"));
  require<UsageError>(m.readout != Flag::Readout::tanh, "--readout: need maxout or none for --arch {}, got {}", m.arch,
                      text_of(m, "readout"));
  require<UsageError>(m.initial_state != Flag::InitialState::zeros || m.context == Flag::Context::every,
                      "--initial-state: need one that tells the decoder of the source, or --context every, got zeros");
  require<UsageError>(m.tie == Tie::none || m.readout == Flag::Readout::maxout || m.hidden == m.embedding,
                      "--hidden: need --emb ({}) because of --tie {} without a readout, got {}", m.embedding,
                      text_of(m, "tie"), m.hidden);
}

std::span<const std::string_view> no_attention_flags() {
  static constexpr std::string_view flags[] = {"layers",  "unit",         "forget-bias",   "context", "source-order",
                                               "readout", "readout-size", "initial-state", "reset",   "update"};
  return flags;
}

void use_recipe_of_2014(TrainOptions& o) {
  o.model.tie = Tie::none;
  o.model.weights = FirstWeights::paper;
  o.model.dropout = 0;
  o.model.forget_bias = 0;
  o.tokenizer = "space";
  o.warmup = 0;
  o.label_smoothing = 0;
  o.average = 0;
  o.beam = 12;
}

}  // namespace grus::seq2seq
