#include "seq2seq/protocols/pytorch_listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/recipe_parts.h"

namespace grus::seq2seq {
namespace {

class PlacesCell final : public Cell {
 public:
  PlacesCell(const PytorchListing& model, Tensor states)
      : model_(model), states_(std::move(states)), unit_(model.unit.kept()) {}

  std::vector<int64_t> sizes() const override { return unit_->sizes(); }
  Output step(const Tensor& x, const State& state) const override {
    const int64_t rows = x.dim(0), seen = states_.dim(1), hidden = x.dim(1);
    const Tensor weights = softmax(model_.attention(concat({x, state.h}, 1)), -1).columns(0, seen);
    const Tensor context = matmul(weights.reshape({rows, 1, seen}), states_.rows(0, rows)).reshape({rows, hidden});
    Output out = unit_->step(unit_->project(relu(model_.combine(concat({x, context}, 1)))), state);
    out.attention = {context, weights};
    return out;
  }
  const char* name() const override { return "pytorch_listing"; }

 private:
  const PytorchListing& model_;
  const Tensor states_;
  const std::shared_ptr<const Cell> unit_;
};

class PytorchListingDecoder final : public Decoder {
 public:
  PytorchListingDecoder(const PytorchListing& model, const Tokens& source)
      : model_(model), source_(source.lengths), encoded_(model.encode(source)) {}

  DecoderState start() const override { return {encoded_.start}; }
  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    if (!cell_ || sources != sources_) cell_ = model_.cell(gather_rows(encoded_.states, Tensor::from(sources)));
    sources_ = sources;
    Output out = cell_->step(model_.drop(model_.target_embedding(words)), state.front());
    return {{out.state.h}, out.y, PytorchListing::of_words(out.attention.weights, source_)};
  }

 private:
  const PytorchListing& model_;
  const Lengths source_;
  const PytorchListing::Encoded encoded_;
  std::vector<int64_t> sources_;
  std::unique_ptr<Cell> cell_;
};

nn::Embedding make_embedding(int64_t words, const PytorchListingOptions& o, Rng& rng) {
  return nn::Embedding({.count = words, .width = o.hidden}, rng);
}

}  // namespace

PytorchListing::PytorchListing(const PytorchListingOptions& given, Rng& rng)
    : options(given),
      source_embedding(child("source_embedding", make_embedding(options.source_words, options, rng))),
      target_embedding(child("target_embedding", make_embedding(options.target_words, options, rng))),
      encoder(child("encoder", GatedLayers({.input = options.hidden, .hidden = options.hidden}, rng))),
      attention(child("attention", nn::Linear(2 * options.hidden, options.places, rng))),
      combine(child("combine", nn::Linear(2 * options.hidden, options.hidden, rng))),
      unit(child("unit", UnitCell({.input = options.hidden, .hidden = options.hidden}, rng))),
      out(child("out", nn::Linear(options.hidden, options.target_words, rng))),
      drop(child("drop", nn::Dropout(options.dropout))) {}

std::string PytorchListing::description() const {
  return fmt::format("PyTorch's GRU with attention of {} places, {}", options.places, options.hidden);
}

PytorchListing::Encoded PytorchListing::encode(const Tokens& source) const {
  const Tokens read = formed_source(source, {.marks = {.sos = false, .eos = true}});
  const Output out = encoder(source_embedding(read.ids), read.lengths, State());
  const int64_t seen = std::min(options.places, read.lengths.longest());
  return {transpose(unpack(out.y, read.lengths).rows(0, seen), 0, 1), out.state.h[0]};
}

std::unique_ptr<Cell> PytorchListing::cell(const Tensor& states) const {
  return std::make_unique<PlacesCell>(*this, states);
}

Tensor PytorchListing::of_words(const Tensor& weights, const Lengths& source) {
  const int64_t words = source.longest(), seen = weights.dim(1);
  if (words <= seen) return weights.columns(0, words);
  return concat({weights, Tensor::zeros({weights.dim(0), words - seen})}, 1);
}

Architecture::Forced PytorchListing::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const Tensor words = drop(target_embedding(inputs.ids), inputs.lengths);
  const std::unique_ptr<Cell> places = cell(gather_rows(encoded.states, inputs.lengths.order_tensor()));
  const Output said = scan(*places, words, inputs.lengths, encoded.start);
  return {said.y, of_words(said.attention.weights, source.lengths)};
}

std::unique_ptr<Decoder> PytorchListing::decode(const Tokens& source) const {
  return std::make_unique<PytorchListingDecoder>(*this, source);
}

namespace {

// The numbers of the tutorial; --protocol adds what is done with text, loss, weights and figure (protocol.cpp).
void use_pytorch_listing(TrainOptions& o) {
  use_plain_training(o);
  o.model.hidden = 256;
  o.tokenizer = "space";
  o.min_count = 1;
  o.max_length = 9;
  o.epochs = 1;
  o.validate_every = 5000;
  o.metrics = "perplexity,bleu";
  o.batch_sentences = 1;
  o.optimizer = OptimizerKind::sgd;
  o.beta1 = 0;
  o.learning_rate = 0.01;
  o.loss_per = LossPer::sentence;
  o.teacher_forcing = 0.5;
}

void check(const ModelOptions& m) {
  check_model_of_protocol(m);
  require<UsageError>(m.weights == FirstWeights::paper, "--weights: need paper for --arch pytorch-listing, got scaled");
}

}  // namespace

extern const ArchitectureKind pytorch_listing_kind;

const ArchitectureKind pytorch_listing_kind = {
    .name = "pytorch-listing",
    .make = [](const ModelOptions& m, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<PytorchListing>(
          PytorchListingOptions{
              .source_words = sizes.source, .target_words = sizes.target, .hidden = m.hidden, .dropout = m.dropout},
          rng);
    },
    .use_recipe = [](TrainOptions& o) { use_model_of_protocol(o, 0.1); },
    .use_paper_recipe = use_pytorch_listing,
    .check = check,
    .attends = true,
    .flags = {}};

}  // namespace grus::seq2seq
