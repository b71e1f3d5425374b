// The architectures without attention, forms of one model (nn/encoder_decoder.h, where its equations are):
//   rnn-encdec   Cho et al. 2014 (arXiv 1406.1078)
//   sutskever    Sutskever et al. 2014 (arXiv 1409.3215)
#include "nn/encoder_decoder.h"

#include <fmt/format.h>

#include "data/vocab.h"
#include "examples/seq2seq/architecture.h"
#include "ops/index.h"
#include "ops/shape.h"

namespace grus::seq2seq {
namespace {

nn::EncoderDecoderOptions options_of(const ModelOptions& m, VocabSizes sizes) {
  const bool maxout = m.readout == "maxout";
  return {.source_words = sizes.source,
          .target_words = sizes.target,
          .embedding = m.embedding,
          .hidden = m.hidden,
          .layers = m.layers,
          .unit = m.unit == "lstm" ? nn::Unit::lstm : nn::Unit::gru,
          .form = {m.reset == "before" ? Reset::before : Reset::after,
                   m.update == "replace" ? Update::replace : Update::keep},
          .forget_bias = m.forget_bias,
          .start = m.initial_state == "summary"  ? nn::Start::summary
                   : m.initial_state == "states" ? nn::Start::states
                                                 : nn::Start::zeros,
          .context_every_step = m.context == "every",
          .maxout = maxout ? (m.readout_size ? m.readout_size : (m.hidden + 1) / 2) : 0,
          // a matrix that is the output layer's too has no zero row
          .start_word = m.tie == "none" ? std::optional<int64_t>(data::SOS) : std::nullopt,
          .dropout = m.dropout};
}

/// Each sentence from its last word to its first.
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

class EncoderDecoderModel final : public Architecture {
 public:
  using SetWeights = void (*)(nn::EncoderDecoder&, Rng&);
  EncoderDecoderModel(const ArchitectureKind& kind, std::string_view paper, SetWeights paper_weights,
                      const ModelOptions& options, VocabSizes sizes, Rng& rng)
      : kind_(kind), paper_(paper), options_(options), model_(options_of(options, sizes), rng) {
    (options.weights == "paper" ? paper_weights : nn::set_scaled_weights)(model_, rng);
    if (options.tie != "none") tie(model_.target_embedding.weight, model_.output_weight);
    if (options.tie == "all") tie(model_.target_embedding.weight, model_.source_embedding.weight);
  }

  std::string_view name() const override { return kind_.name; }
  nn::ModuleBase& module() override { return model_; }
  std::string description() const override;
  OutputLayer output() const override { return {model_.output_weight, model_.output_bias}; }
  Tensor forward_rows(const Tokens& source, const Tokens& inputs) const override {
    const Tokens read = order(source);
    return model_(read.ids, read.lengths, inputs.ids, inputs.lengths);
  }
  Tensor source_words() const override { return model_.source_embedding.weight; }
  // c, or where nothing uses it the last layer's last state.
  Tensor summary(const Tokens& source) const override {
    const Tokens read = order(source);
    const nn::Summary encoded = model_.encode(read.ids, read.lengths);
    return encoded.c.defined() ? encoded.c : encoded.first.h[options_.layers - 1];
  }
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;

  const nn::EncoderDecoder& network() const { return model_; }
  Tokens order(const Tokens& source) const { return options_.source_order == "reversed" ? reversed(source) : source; }

 private:
  const ArchitectureKind& kind_;
  const std::string_view paper_;
  const ModelOptions options_;
  nn::EncoderDecoder model_;
};

std::string EncoderDecoderModel::description() const {
  TrainOptions paper;
  kind_.use_recipe(paper);
  kind_.use_paper_recipe(paper);
  const ModelOptions &p = paper.model, &m = options_;
  const bool same = m.embedding == p.embedding && m.hidden == p.hidden && m.layers == p.layers && m.unit == p.unit;
  return fmt::format("{}, {} layer{} of {}{}, {}/{}, {}", paper_, m.layers, m.layers == 1 ? "" : "s",
                     m.unit == "lstm" ? "LSTM" : "GRU", m.source_order == "reversed" ? ", source reversed" : "",
                     m.embedding, m.hidden, same ? "the paper's sizes" : "sized for the data at hand");
}

/// The states of all layers, h then c, each (rows, H): what a search can gather rows of.
State split(const grus::State& state) {
  State parts;
  for (const Tensor* all : {&state.h, &state.c})
    for (int64_t l = 0; all->defined() && l < all->dim(0); ++l) parts.push_back((*all)[l]);
  return parts;
}

class EncoderDecoderSearch final : public Decoder {
 public:
  EncoderDecoderSearch(const EncoderDecoderModel& model, const Tokens& source)
      : network_(model.network()), batch_(source.lengths.batch()) {
    const Tokens read = model.order(source);
    summary_ = network_.encode(read.ids, read.lengths);
  }

  State start() const override {
    if (summary_.first.h.defined()) return split(summary_.first);
    const nn::EncoderDecoderOptions& o = network_.options;
    const Tensor zeros = Tensor::zeros({batch_, o.hidden});
    return State(static_cast<size_t>(o.layers * (o.unit == nn::Unit::lstm ? 2 : 1)), zeros);
  }

  Step step(const Tensor& words, const State& state, const std::vector<int64_t>& sources) override {
    const auto layers = state.begin() + network_.options.layers;
    const grus::State before{stack(State(state.begin(), layers), 0),
                             layers == state.end() ? Tensor() : stack(State(layers, state.end()), 0)};
    const Output out =
        network_.decode(words, Lengths::dense(1, words.numel()), before, summary_, Tensor::from(sources));
    return {split(out.state), out.y, {}};
  }

 private:
  const nn::EncoderDecoder& network_;
  const int64_t batch_;
  nn::Summary summary_;
};

std::unique_ptr<Decoder> EncoderDecoderModel::decode(const Tokens& source) const {
  const NoGrad no_grad;
  return std::make_unique<EncoderDecoderSearch>(*this, source);
}

void check(const ModelOptions& m) {
  const auto is_one_of = [](const std::string& value, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), value) != words.end();
  };
  require<UsageError>(is_one_of(m.initial_state, {"summary", "states", "zeros"}),
                      "--initial-state: need summary, states or zeros for --arch {}, got {}", m.arch, m.initial_state);
  require<UsageError>(is_one_of(m.readout, {"maxout", "none"}), "--readout: need maxout or none for --arch {}, got {}",
                      m.arch, m.readout);
  require<UsageError>(m.initial_state != "zeros" || m.context == "every",
                      "--initial-state: need one that tells the decoder of the source, or --context every, got zeros");
  require<UsageError>(m.tie == "none" || m.readout == "maxout" || m.hidden == m.embedding,
                      "--hidden: need --emb ({}) because of --tie {} without a readout, got {}", m.embedding, m.tie,
                      m.hidden);
}

constexpr std::string_view flags[] = {"layers",  "unit",         "forget-bias",   "context", "source-order",
                                      "readout", "readout-size", "initial-state", "reset",   "update"};

void use_cho(TrainOptions& o) {
  o.model.dropout = 0.3;
  o.epochs = 9;
  o.batch_tokens = 2000;
  o.learning_rate = 1.5e-3;
  o.model.layers = 1;
  o.model.unit = "gru";
  o.model.reset = "before";
  o.model.update = "keep";
  o.model.context = "every";
  o.model.initial_state = "summary";
  o.model.readout = "maxout";
}

// What both papers do.
void use_2014(TrainOptions& o) {
  o.model.tie = "none";
  o.model.weights = "paper";
  o.model.dropout = 0;
  o.model.forget_bias = 0;
  o.tokenizer = "space";
  o.warmup = 0;
  o.label_smoothing = 0;
  o.average = 0;
  o.beam = 12;
}

// Section 4.1: sizes, Adadelta, 64 pairs an update, the 15,000 most frequent words.
void use_cho_paper(TrainOptions& o) {
  use_2014(o);
  o.model.embedding = 100;
  o.model.hidden = 1000;
  o.model.readout_size = 500;
  o.vocab = 15000;
  o.batch_sentences = 64;
  o.optimizer = "adadelta";
  o.learning_rate = 1;
  o.beta1 = 0.95;
  o.epsilon = 1e-6;
  o.schedule = "constant";
}

void use_sutskever(TrainOptions& o) {
  o.model.embedding = 256;
  o.model.hidden = 256;
  o.model.layers = 4;
  o.model.unit = "lstm";
  o.model.forget_bias = 1;
  o.model.context = "first";
  o.model.initial_state = "states";
  o.model.source_order = "reversed";
  o.model.readout = "none";
  // Nothing but four states leads from source to target: it underfits long before it overfits, so that more and larger
  // steps and less dropout pay.
  o.model.dropout = 0.1;
  o.epochs = 9;
  o.batch_tokens = 1000;
  o.learning_rate = 3e-3;
}

// Sections 3.2 to 3.4: sizes (160,000 source and 80,000 target words; one limit holds for both here), SGD without
// momentum at 0.7, halved every half epoch after five (7.5 in all), 128 pairs an update, the norm of the mean gradient
// of a sentence at most 5.
void use_sutskever_paper(TrainOptions& o) {
  use_2014(o);
  o.model.embedding = 1000;
  o.model.hidden = 1000;
  o.model.layers = 4;
  o.vocab = 80000;
  o.epochs = 8;
  o.batch_sentences = 128;
  o.optimizer = "sgd";
  o.learning_rate = 0.7;
  o.beta1 = 0;
  o.schedule = "halving";
  o.halve_after = 5;
  o.halve_every = 0.5;
  o.loss_per = "sentence";
  o.clip = 5;
}

}  // namespace

extern const ArchitectureKind rnn_encdec_kind, sutskever_kind;

const ArchitectureKind rnn_encdec_kind = {
    .name = "rnn-encdec",
    .make = [](const ModelOptions& options, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<EncoderDecoderModel>(rnn_encdec_kind, "Cho et al. 2014", nn::set_cho_weights, options,
                                                   sizes, rng);
    },
    .use_recipe = use_cho,
    .use_paper_recipe = use_cho_paper,
    .check = check,
    .flags = flags};

const ArchitectureKind sutskever_kind = {
    .name = "sutskever",
    .make = [](const ModelOptions& options, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<EncoderDecoderModel>(sutskever_kind, "Sutskever et al. 2014", nn::set_sutskever_weights,
                                                   options, sizes, rng);
    },
    .use_recipe = use_sutskever,
    .use_paper_recipe = use_sutskever_paper,
    .check = check,
    .flags = flags};

}  // namespace grus::seq2seq
