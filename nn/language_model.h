#pragma once
// A language model reads ids and says which id comes next: p(x_t | x_1 ... x_t-1) at every step. What it keeps of the
// past is a state that goes on from one window of a text to the next.
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/transformer.h"
#include "ops/loss/linear_cross_entropy.h"

namespace grus::nn {

enum class LanguageBody { gru, lstm, transformer };

struct LanguageModelOptions {
  int64_t vocabulary;  // V
  LanguageBody body = LanguageBody::lstm;
  int64_t embedding = 256;  // E, of a word; of a transformer the width of all layers
  int64_t hidden = 512;     // H, of a recurrent layer or of a feed-forward part
  int64_t layers = 2;       // L
  int64_t heads = 4;        // of a transformer
  int64_t context = 256;    // steps that a transformer sees at most
  bool tied = true;         // the output layer's weight is the embedding's (Press and Wolf 2017; Inan et al. 2017)
  double dropout = 0;       // between layers and of the last one's y: one mask for all steps (a transformer: each step)
  double input_dropout = 0;  // of embedded words, as above
  double word_dropout = 0;   // of whole words: all places of a word in one call, or none (Gal and Ghahramani 2016)
  double weight_drop = 0;    // of weight_hh in recurrent layers (Merity et al. 2018)
};

/// What a language model keeps of the steps behind it: undefined or empty before the first one.
struct LanguageState {
  State recurrent;              // (L, B, H) each
  std::vector<KeyValues> past;  // of a transformer's layers
  Tensor ids;                   // (n, B) of the steps in `past`

  /// Gives the values, which no tape follows.
  LanguageState detach() const;
  /// Gives those of `sequences` (i32 or i64), as a beam search goes on with them.
  LanguageState select(const Tensor& sequences) const;
  /// Gives the tensors by name, and takes them back: an exact resume in the middle of a text needs them.
  NamedTensors tensors() const;
  static LanguageState of(const NamedTensors& tensors);
};

struct [[nodiscard]] LanguageOutput {
  Tensor y;  // (T, B, E), or (T, B, H) where that is what the output layer reads
  LanguageState state;
};
struct [[nodiscard]] LanguageLoss {
  Tensor loss;     // () mean of -log p over all T B targets
  Tensor nll_sum;  // () their sum, without gradient
  LanguageState state;
};

void collect_tensors(const LanguageOutput& output, std::vector<Tensor>& to);

/// h = body(dropout(embedding[x])), p = softmax(W h + b); W is the embedding's weight where `tied`, behind a projection
/// H -> E where the sizes differ. Parameters: "embedding.weight", "body.weight_ih_l0" ..., "projection.weight",
/// "output_weight", "output_bias".
///
///   LanguageLoss now = model.loss(window.inputs, window.targets, state);   state = now.state.detach();
class LanguageModel : public Module<LanguageModel> {
 public:
  /// Throws UsageError for options out of range.
  explicit LanguageModel(LanguageModelOptions options, Rng& rng = default_rng());

  /// Reads ids (T, B) i32 or i64 behind those of `first`. A transformer sees `context` steps at most: where more come,
  /// it goes on from the last half of them that it kept. Throws ShapeError for more steps than that, and as ops do.
  LanguageOutput forward(const Tensor& ids, const LanguageState& first = {}) const;
  /// Gives the scores of all ids: y (..., E) -> (..., V).
  Tensor logits(const Tensor& y) const;
  /// Gives -log p of the targets (T, B), whose logits never exist together (linear_cross_entropy).
  LanguageLoss loss(const Tensor& ids, const Tensor& targets, const LanguageState& first = {}) const;
  /// Gives the steps of a window that forward() takes at once behind a long past, so that each step sees as much as it
  /// can: `context` / 2 of a transformer; 0 where any number will do.
  int64_t longest_window() const;

  /// Gives the words of ids (T, B), (T, B, E), less what dropout takes in training.
  Tensor embedded(const Tensor& ids) const;

  LanguageModelOptions options;
  Embedding embedding;
  std::optional<Gru> gru;
  std::optional<Lstm> lstm;
  std::optional<TransformerEncoder> transformer;
  std::optional<Linear> projection;
  Parameter output_weight, output_bias;  // (V, E or H), absent where tied; (V)

 private:
  Tensor dropped(const Tensor& x, double p) const;
  LanguageOutput attend(const Tensor& x, const Tensor& ids, const LanguageState& first) const;
};

}  // namespace grus::nn
