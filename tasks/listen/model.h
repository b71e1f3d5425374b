#pragma once
// A recurrent recogniser of packed log-mel frames x_t:
//   h_t = GRU in both directions(x_t)
//   words    s = last, mean, max or attention over h;  p(word) = softmax(O s + c)
//   letters  p_t(letter or blank) = softmax(O h_t + c);  p(word) = sum over its alignments of prod_t p_t   (CTC)
#include <optional>

#include "data/batch/collate.h"
#include "nn/dropout.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/state_pooling.h"

namespace grus::tasks::listen {

enum class Target { words, letters };
enum class Level { peak, bands };  // what frames are relative to: the loudest energy, and each band's mean, too

struct ModelOptions {
  Target target = Target::words;
  Level level = Level::peak;
  nn::Pool pool = nn::Pool::attention;
  int64_t bands = 40, hidden = 64, layers = 2;
  double dropout = 0.3;
};

class Recogniser : public nn::Module<Recogniser> {
 public:
  /// `outputs` are words, or letters and the blank, which is 0.
  Recogniser(const ModelOptions& options, int64_t outputs, Rng& rng);

  struct Answer {
    Tensor
        scores;  // words (B, outputs), letters (T, B, outputs): logarithms of probabilities, but for a constant a row
    Tensor weights;  // words (B, T): what each frame counts for
  };
  Answer forward(const data::Packed& sounds) const;

  ModelOptions options;
  nn::Gru gru;
  std::optional<nn::StatePooling> pooling;
  nn::Linear output;

 private:
  nn::Dropout drop_;
};

}  // namespace grus::tasks::listen
