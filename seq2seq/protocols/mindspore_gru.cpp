#include "seq2seq/protocols/mindspore_gru.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"
#include "seq2seq/first_weights.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/recipe_parts.h"

namespace grus::seq2seq {
namespace {

namespace init = nn::init;

nn::Embedding make_embedding(int64_t words, const MindsporeGruOptions& o, Rng& rng) {
  return nn::Embedding({.count = words, .width = o.embedding, .padding_index = {}}, rng);
}

GatedLayers make_encoder(const MindsporeGruOptions& o, Rng& rng) {
  return GatedLayers({.input = o.embedding, .hidden = o.hidden, .bidirectional = true}, rng);
}

/// The word's part of the gates is computed for all steps at once. The columns of the gates' matrix are cut out once.
class AttendingCell final : public Cell {
 public:
  AttendingCell(const MindsporeGru& model, nn::PreparedMemory memory)
      : model_(model),
        memory_(std::move(memory)),
        of_word_(Tensor(model.gates.weight).columns(0, model.options.embedding)),
        of_context_(Tensor(model.gates.weight).columns(model.options.embedding)) {}

  std::vector<int64_t> sizes() const override { return {model_.options.hidden}; }
  Tensor project(const Tensor& x) const override { return linear(x, of_word_, model_.gates.bias); }
  Output step(const Tensor& x, const State& state) const override {
    const int64_t h = model_.options.hidden;
    AttentionOutput attended = model_.attention(state.h, memory_.first(x.dim(0)));
    const Tensor sums = x + linear(attended.context, of_context_, Tensor());
    const Tensor r = sigmoid(sums.columns(0, h)), z = sigmoid(sums.columns(h, 2 * h));
    const Tensor n = tanh(sums.columns(2 * h) + r * model_.candidate_bias);
    const Tensor next = n - z * n;  // (1 - z) n + z 0
    return {next, State(next), std::move(attended)};
  }
  const char* name() const override { return "mindspore_gru"; }

 private:
  const MindsporeGru& model_;
  const nn::PreparedMemory memory_;
  const Tensor of_word_, of_context_;
};

class MindsporeGruDecoder final : public Decoder {
 public:
  MindsporeGruDecoder(const MindsporeGru& model, const Tokens& source)
      : model_(model), source_(source.lengths), encoded_(model.encode(source)) {}

  DecoderState start() const override { return {encoded_.start}; }
  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    if (!cell_ || sources != sources_) cell_ = model_.cell(encoded_.memory.of(sources));
    sources_ = sources;
    const Tensor word = model_.target_embedding(words);
    Output out = cell_->step(cell_->project(word), state.front());
    Tensor row = MindsporeGru::row(word, out);
    return {{out.state.h}, std::move(row), MindsporeGru::of_words(out.attention.weights, source_)};
  }

 private:
  const MindsporeGru& model_;
  const Lengths source_;
  const MindsporeGru::Encoded encoded_;
  std::vector<int64_t> sources_;
  std::unique_ptr<Cell> cell_;
};

}  // namespace

MindsporeGru::MindsporeGru(const MindsporeGruOptions& given, Rng& rng)
    : options(given),
      source_embedding(child("source_embedding", make_embedding(options.source_words, options, rng))),
      target_embedding(child("target_embedding", make_embedding(options.target_words, options, rng))),
      encoder(child("encoder", make_encoder(options, rng))),
      initial(child("initial", nn::Linear(2 * options.hidden, options.hidden, rng))),
      attention(
          child("attention",
                nn::Attention({.query = options.hidden, .memory = 2 * options.hidden, .hidden = options.hidden}, rng))),
      gates(child("gates", nn::Linear(options.embedding + 2 * options.hidden, 3 * options.hidden, rng))),
      drop_(child("drop", nn::LockedDropout(options.dropout))) {
  const int64_t row = options.embedding + 3 * options.hidden;
  const double of_state = 1 / std::sqrt(static_cast<double>(options.hidden));
  const double of_row = 1 / std::sqrt(static_cast<double>(row));
  candidate_bias = param("candidate_bias", init::uniform({options.hidden}, -of_state, of_state, rng));
  output_weight = param("output_weight", init::uniform({options.target_words, row}, -of_row, of_row, rng));
  output_bias = param("output_bias", init::uniform({options.target_words}, -of_row, of_row, rng));
  if (options.weights == FirstWeights::scaled) return;
  // MindSpore 1 draws dense layers and embeddings from N(0, 0.01^2); its recurrent layers are like PyTorch's.
  set_normal(source_embedding.weight, rng);
  set_normal(target_embedding.weight, rng);
  set_normal(initial, rng);
  set_normal(*attention.query, rng);
  set_normal(*attention.key, rng);
  set_normal(attention.v, rng);
  gates.weight.assign(init::uniform(gates.weight.shape(), -of_state, of_state, rng));
  gates.bias.assign(init::uniform(gates.bias.shape(), -of_state, of_state, rng));
}

std::string MindsporeGru::description() const {
  return fmt::format("MindSpore's GRU with attention over {} places, {}/{}", options.length, options.embedding,
                     options.hidden);
}

MindsporeGru::Encoded MindsporeGru::encode(const Tokens& source) const {
  const Tokens read = formed_source(source, {.length = options.length});
  const Output out = encoder(source_embedding(read.ids), read.lengths, State());
  const Tensor last = concat({out.state.h[0], out.state.h[1]}, 1);
  return {attention.prepare(unpack(out.y, read.lengths), read.lengths), tanh(initial(last))};
}

std::unique_ptr<Cell> MindsporeGru::cell(nn::PreparedMemory memory) const {
  return std::make_unique<AttendingCell>(*this, std::move(memory));
}

Tensor MindsporeGru::row(const Tensor& word, const Output& out) {
  return concat({word, out.y, out.attention.context}, 1);
}

Architecture::Forced MindsporeGru::forward_rows(const Tokens& source, const Tokens& inputs) const {
  const Encoded encoded = encode(source);
  const Tensor words = target_embedding(inputs.ids);
  const std::unique_ptr<Cell> attending = cell(encoded.memory.of(inputs.lengths.order()));
  const Output out = scan(*attending, words, inputs.lengths, encoded.start);
  return {drop_(row(words, out), inputs.lengths), of_words(out.attention.weights, source.lengths)};
}

std::unique_ptr<Decoder> MindsporeGru::decode(const Tokens& source) const {
  return std::make_unique<MindsporeGruDecoder>(*this, source);
}

namespace {

// The program's default_config.yaml; --protocol adds what is done with text, loss and metric (protocol.cpp).
void use_mindspore_gru(TrainOptions& o) {
  use_plain_training(o);  // the program limits each gradient alone, and has a schedule of its own
  o.model.embedding = 256;
  o.model.hidden = 512;
  o.tokenizer = "space";
  o.min_count = 2;
  o.max_length = 30;
  o.epochs = 30;
  o.batch_sentences = 16;
  o.learning_rate = 1e-3;
  o.teacher_forcing = 0.5;
}

}  // namespace

extern const ArchitectureKind mindspore_gru_kind;

const ArchitectureKind mindspore_gru_kind = {
    .name = "mindspore-gru",
    .make = [](const ModelOptions& m, VocabSizes sizes, Rng& rng) -> std::unique_ptr<Architecture> {
      return std::make_unique<MindsporeGru>(MindsporeGruOptions{.source_words = sizes.source,
                                                                .target_words = sizes.target,
                                                                .embedding = m.embedding,
                                                                .hidden = m.hidden,
                                                                .weights = m.weights,
                                                                .dropout = m.dropout},
                                            rng);
    },
    .use_recipe = [](TrainOptions& o) { use_model_of_protocol(o, 0); },
    .use_paper_recipe = use_mindspore_gru,
    .check = check_model_of_protocol,
    .attends = true,
    .flags = {}};

}  // namespace grus::seq2seq
