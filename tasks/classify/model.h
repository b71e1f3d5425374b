#pragma once
// A recurrent classifier of packed sequences of ids:
//   x_t = e(w_t) + mean of s(c)          c: the n-grams of letters in the piece, where they are asked for (Bojanowski
//   et
//                                        al. 2017); e(w) is that of <unk> with a chance, in training
//   h_t = unit(x_t, h_t-1)               GRU, LSTM or RNN; one direction, or two side by side
//   s   = h_T | mean h | max h | sum a_t h_t,  a = softmax(v . tanh(W h_t + b))         (Yang et al. 2016)
//   p   = softmax(O [s; g] + c)          g: the mean of the vectors of the text's n-grams, where they are asked for
#include <optional>
#include <tuple>
#include <vector>

#include "data/batch/collate.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "nn/state_pooling.h"

namespace grus::tasks::classify {

enum class Unit { gru, lstm, rnn };
using nn::Pool;

struct ModelOptions {
  Unit unit = Unit::gru;
  Pool pool = Pool::attention;
  int64_t embedding = 64, hidden = 64, layers = 1;
  bool bidirectional = true;
  int64_t ngrams = 0;           // n-grams of 2 to so many pieces; 0: none
  int64_t subwords = 0;         // n-grams of 3 to so many letters; 0: none
  int64_t buckets = 20000;      // vectors to which n-grams are hashed, each kind
  int64_t members = 1;          // models of one kind that are trained side by side and vote
  bool freeze_vectors = false;  // pieces' vectors do not learn, and members share them
  double dropout = 0.3, word_dropout = 0.1;
};

/// A text as ids of its pieces, of its n-grams, and of the letters' n-grams in each piece, where they are asked for.
struct Text {
  std::vector<int32_t> pieces, ngrams;
  std::vector<std::vector<int32_t>> spellings;
};
/// The number of pieces, by which batches are sorted.
inline int64_t length_of(const Text& text) { return static_cast<int64_t>(text.pieces.size()); }
/// Returns the ids of a text of these pieces; one without pieces is one <unk>.
Text text_of(std::vector<int32_t> ids, const std::vector<std::string>& pieces, const ModelOptions& options);

/// A batch of texts.
struct Texts {
  data::Packed pieces, ngrams;
  data::Packed spellings;  // the different ones of the batch, a sequence each
  Tensor spelling_of;      // (N): which of them each piece has
};
Texts collate(const std::vector<Text>& texts);

class Classifier : public nn::Module<Classifier> {
 public:
  Classifier(const ModelOptions& options, int64_t words, int64_t classes, Rng& rng);

  struct Answer {
    Tensor scores;   // (B, classes)
    Tensor weights;  // (B, T) what each piece counts for; zeros past the text's end
  };
  Answer forward(const Texts& texts) const;
  /// Runs the recurrence over packed vectors of pieces.
  Output states(const Tensor& x, const Lengths& lengths) const;

  ModelOptions options;
  nn::Embedding embedding;
  std::optional<nn::Gru> gru;
  std::optional<nn::Lstm> lstm;
  std::optional<nn::Rnn> rnn;
  std::optional<nn::StatePooling> pooling;
  std::optional<nn::Embedding> grams, letters;
  nn::Linear output;

 private:
  nn::LockedDropout drop_words_;
  nn::Dropout drop_;
};

/// Members differ by their first weights and by what dropout leaves them (Lakshminarayanan et al. 2017).
///   loss = mean of -log p_m(class)      p(class) = mean of p_m(class)
class Committee : public nn::Module<Committee> {
 public:
  Committee(const ModelOptions& options, int64_t words, int64_t classes, Rng& rng);
  /// Returns log p as scores, and the mean of the weights.
  Classifier::Answer forward(const Texts& texts) const;
  /// Returns the loss () of labels (B).
  Tensor loss(const Texts& texts, const Tensor& labels, double label_smoothing) const;

  std::vector<Classifier> members;
};

}  // namespace grus::tasks::classify
