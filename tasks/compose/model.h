#pragma once
// A recurrent model of chords: x_t has a 1 for each of the 88 keys of a piano that sounds at step t.
//   h_t = unit([x_t; 0], h_t-1),  h_0 = unit([0; 1], 0)      GRU or LSTM, layers on one another
//   a_t = W h_t-1 + V x_t-1 + b
//   independent  p(x_tk = 1) = sigmoid(a_tk)
//   chained      p(x_tk = 1) = sigmoid(a_tk + sum over j > k of C_jk x_tj): from the highest key down, each knows those
//                              above (a fully visible belief net; Frey et al. 1996)
//   -log p(piece) = sum over t and k of -log p(x_tk)
#include <optional>
#include <vector>

#include "data/batch/collate.h"
#include "data/music/pieces.h"
#include "nn/dropout.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "nn/lstm.h"

namespace grus::tasks::compose {

enum class Unit { gru, lstm };
enum class Outputs { independent, chained };

struct ModelOptions {
  Unit unit = Unit::gru;
  Outputs outputs = Outputs::chained;
  int64_t hidden = 200, layers = 1;
  double dropout = 0.3, input_dropout = 0, weight_drop = 0;
};

/// What the network reads, (N, 89) packed, and the chords that it should say, (N, 88).
struct Chords {
  data::Packed read;
  Tensor said;
};
using Example = std::pair<data::Ragged, data::Ragged>;
Example example_of(const data::Piece& piece);
Chords collated(std::vector<Example> examples);

class Composer : public nn::Module<Composer> {
 public:
  Composer(const ModelOptions& options, Rng& rng);

  /// Returns the scores (N, 88) of each step's chord; of chained outputs, given the keys of `said` above each.
  Tensor forward(const Chords& chords) const;
  /// Returns -log p of all steps () in nats.
  Tensor cost(const Chords& chords) const;

  ModelOptions options;
  std::optional<nn::Gru> gru;
  std::optional<nn::Lstm> lstm;
  nn::Linear output;
  nn::Parameter chain;  // C (88, 88), read below its diagonal; absent where keys are independent

 private:
  friend class Player;
  Output states(const Tensor& read, const Lengths& lengths, const State& first = {}) const;
  nn::LockedDropout drop_in_, drop_;
};

/// A Player goes through one piece chord by chord.
class Player {
 public:
  explicit Player(const Composer& model);
  /// Reads a chord on.
  void read(const data::Chord& chord);
  /// Draws the next chord without reading it. The temperature divides scores; 0 takes what is likelier of each key.
  data::Chord draw(double temperature, Rng& rng) const;

 private:
  void go_on(const std::vector<float>& row);
  const Composer& model_;
  State state_;
  std::vector<float> scores_, chain_;
};

}  // namespace grus::tasks::compose
