#include "tasks/compose/model.h"

#include <cmath>

#include "nn/init.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/math/triangle.h"

namespace grus::tasks::compose {
namespace {

constexpr int64_t keys = data::key_count, inputs = keys + 1;

std::vector<float> row_of(const data::Chord& chord) {
  std::vector<float> row(static_cast<size_t>(inputs), 0);
  for (const int32_t key : chord) row[static_cast<size_t>(key - data::lowest_key)] = 1;
  return row;
}

std::vector<float> first_row() {
  std::vector<float> row(static_cast<size_t>(inputs), 0);
  row.back() = 1;
  return row;
}

}  // namespace

Example example_of(const data::Piece& piece) {
  std::vector<float> read = first_row(), said;
  for (size_t t = 0; t < piece.size(); ++t) {
    const std::vector<float> row = row_of(piece[t]);
    said.insert(said.end(), row.begin(), row.end() - 1);
    if (t + 1 < piece.size()) read.insert(read.end(), row.begin(), row.end());
  }
  const Device host("cpu");
  const auto steps = std::ssize(piece);
  return {{Tensor::from(read, {steps, inputs}, host)}, {Tensor::from(said, {steps, keys}, host)}};
}

Chords collated(std::vector<Example> examples) {
  auto [read, said] = data::collate(examples);
  return {std::move(read), said.rows};
}

Composer::Composer(const ModelOptions& o, Rng& rng)
    : options(o),
      output(child("output", nn::Linear(o.hidden + inputs, keys, rng))),
      drop_in_(child("drop_in", nn::LockedDropout(o.input_dropout))),
      drop_(child("drop", nn::LockedDropout(o.dropout))) {
  const auto layers = [&](auto made) {
    made.input = inputs;
    made.hidden = o.hidden;
    made.layers = o.layers;
    made.dropout = o.layers > 1 ? o.dropout : 0;
    made.locked_dropout = true;
    made.weight_drop = o.weight_drop;
    return made;
  };
  if (o.unit == Unit::gru) gru = child("gru", nn::Gru(layers(nn::GruOptions{}), rng));
  if (o.unit == Unit::lstm) lstm = child("lstm", nn::Lstm(layers(nn::LstmOptions{}), rng));
  if (o.outputs == Outputs::chained) chain = param("chain", Tensor::zeros({keys, keys}));
}

Output Composer::states(const Tensor& read, const Lengths& lengths, const State& first) const {
  return gru ? gru->forward_packed(read, lengths, first) : lstm->forward_packed(read, lengths, first);
}

Tensor Composer::forward(const Chords& chords) const {
  const Lengths& lengths = chords.read.lengths;
  const Tensor y = states(drop_in_(chords.read.rows, lengths), lengths).y;
  const Tensor scores = output(concat({drop_(y, lengths), chords.read.rows}, 1));
  return options.outputs == Outputs::chained ? scores + matmul(chords.said, tril(chain, -1)) : scores;
}

Tensor Composer::cost(const Chords& chords) const {
  return bce_with_logits((*this)(chords), chords.said, Reduction::sum);
}

Player::Player(const Composer& model) : model_(model) {
  if (model.options.outputs == Outputs::chained) chain_ = model.chain.value().detach().to_vector<float>();
  go_on(first_row());
}

void Player::go_on(const std::vector<float>& row) {
  const Tensor read = Tensor::from(row, {1, inputs});
  const Output now = model_.states(read, Lengths({1}), state_);
  state_ = now.state;
  scores_ = model_.output(concat({now.y, read}, 1)).to_vector<float>();
}

void Player::read(const data::Chord& chord) { go_on(row_of(chord)); }

data::Chord Player::draw(double temperature, Rng& rng) const {
  const std::vector<double> chance = random_uniform({keys}, 0, 1, rng, DType::f64, Device("cpu")).to_vector<double>();
  data::Chord chord;
  for (size_t k = static_cast<size_t>(keys); k-- > 0;) {
    double score = scores_[k];
    for (const int32_t above : chord)
      if (!chain_.empty())
        score += chain_[static_cast<size_t>(above - data::lowest_key) * static_cast<size_t>(keys) + k];
    const bool sounds = temperature == 0 ? score > 0 : chance[k] < 1 / (1 + std::exp(-score / temperature));
    if (sounds) chord.push_back(static_cast<int32_t>(k) + data::lowest_key);
  }
  return {chord.rbegin(), chord.rend()};
}

}  // namespace grus::tasks::compose
