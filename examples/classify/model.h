#pragma once
// A recurrent classifier of packed sequences of ids:
//   x_t = e(w_t)                         words are replaced by <unk> with a chance, in training
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

namespace grus::classify {

enum class Unit { gru, lstm, rnn };
enum class Pool { last, mean, max, attention };

struct ModelOptions {
  Unit unit = Unit::gru;
  Pool pool = Pool::attention;
  int64_t embedding = 64, hidden = 64, layers = 1;
  bool bidirectional = true;
  int64_t ngrams = 0, buckets = 20000;  // n-grams of 2 to `ngrams` words, hashed to so many vectors; 0: none
  double dropout = 0.3, word_dropout = 0.1;
};

/// A text as ids of its pieces and of its n-grams.
using Text = std::pair<std::vector<int32_t>, std::vector<int32_t>>;
using Texts = std::pair<data::Packed, data::Packed>;
/// Adds the n-grams that the options ask for. An empty text is one <unk>.
Text with_ngrams(std::vector<int32_t> ids, const ModelOptions& options);

class Classifier : public nn::Module<Classifier> {
 public:
  Classifier(const ModelOptions& options, int64_t words, int64_t classes, Rng& rng);

  struct Answer {
    Tensor scores;   // (B, classes)
    Tensor weights;  // (B, T) what each piece counts for; zeros past the text's end
  };
  Answer forward(const Texts& texts) const;

  ModelOptions options;
  nn::Embedding embedding;
  std::optional<nn::Gru> gru;
  std::optional<nn::Lstm> lstm;
  std::optional<nn::Rnn> rnn;
  std::optional<nn::Linear> key;  // W, b
  nn::Parameter query;            // v
  std::optional<nn::Embedding> grams;
  nn::Linear output;

 private:
  Output states(const Tensor& x, const Lengths& lengths) const;
  Answer pooled(const Output& out, const Lengths& lengths) const;
  nn::LockedDropout drop_words_;
  nn::Dropout drop_;
};

}  // namespace grus::classify
