#include "tasks/compose/training.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "ops/math/elementwise.h"
#include "ops/sequence/sequence.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::compose {

using data::Piece;

namespace {

// Draws a key in which a piano can play the piece.
Example in_another_key(const Piece& piece, int64_t most, Rng& rng) {
  const auto [low, high] = data::key_range(piece);
  const int64_t down = high < 0 ? 0 : std::min<int64_t>(most, low - data::lowest_key),
                up = high < 0 ? 0 : std::min<int64_t>(most, data::lowest_key + data::key_count - 1 - high);
  const auto by = random_integers({}, -down, up + 1, rng, DType::i64, Device("cpu")).item<int64_t>();
  return example_of(data::transposed(piece, static_cast<int32_t>(by)));
}

}  // namespace

data::PieceSets read_parts(const TrainOptions& o) {
  data::PieceSets sets = data::read_pieces(o.train, o.step);
  const auto replace = [&](std::vector<Piece>& part, const std::string& path) {
    if (path.empty()) return;
    data::PieceSets all = data::read_pieces(path, o.step);
    part = std::move(all.train);
    require<DataError>(!part.empty(), "{}: need pieces of training or without a part, got none", path);
  };
  replace(sets.valid, o.valid);
  replace(sets.test, o.test);
  require<DataError>(!sets.train.empty(), "{}: need pieces to learn from, got none", o.train);
  if (!sets.valid.empty()) return sets;
  require<UsageError>(o.hold_valid > 0, "--hold-valid: need a share above 0 without other validation, got 0");
  sets.valid = data::hold_out(sets.train, o.hold_valid, {.seed = static_cast<uint64_t>(o.training.seed)});
  return sets;
}

std::vector<Piece> read_part(const std::string& path, double step, const std::string& part) {
  data::PieceSets sets = data::read_pieces(path, step);
  std::vector<Piece> all;
  for (auto [name, some] : {std::pair{"train", &sets.train}, {"valid", &sets.valid}, {"test", &sets.test}})
    if (part == "all" || part == name) std::move(some->begin(), some->end(), std::back_inserter(all));
  require<DataError>(!all.empty(), "{}: need pieces of part '{}', got none", path, part);
  return all;
}

std::string checksum_of(const std::vector<Piece>& pieces) {
  return tasks::checksum_of(pieces, [](const Piece& piece) {
    std::string text;
    for (const data::Chord& chord : piece) text += fmt::format("{}\n", fmt::join(chord, " "));
    return text;
  });
}

data::Batches<Chords> make_batches(const std::vector<Piece>& pieces, int64_t transpose,
                                   const data::BatchOptions& options) {
  const auto example = [transpose](const Piece& piece, Rng& rng) { return in_another_key(piece, transpose, rng); };
  return data::batches(data::Dataset(pieces).map(example), options, collated);
}

training::Loss loss_of(const Composer& model, const Chords& chords) {
  const auto steps = static_cast<double>(chords.read.lengths.total());
  return {model.cost(chords) * (1 / steps), steps};
}

Figures figures_of(const Composer& model, const std::vector<Piece>& pieces, int64_t batch) {
  Figures f;
  double nats = 0, right = 0, other = 0;
  for (size_t begin = 0; begin < pieces.size(); begin += static_cast<size_t>(batch)) {
    std::vector<Example> some;
    for (size_t i = begin; i < std::min(pieces.size(), begin + static_cast<size_t>(batch)); ++i)
      some.push_back(example_of(pieces[i]));
    const auto count = std::ssize(some);
    const Chords chords = collated(std::move(some));
    nats += static_cast<double>(model.cost(chords).item<float>());
    const Tensor p = sigmoid(model(chords));
    const std::vector<float> says = p.to_vector<float>(), said = chords.said.to_vector<float>();
    for (size_t i = 0; i < says.size(); ++i) {
      const bool says_it = says[i] > 0.5F, is_said = said[i] > 0;
      right += says_it && is_said;
      other += says_it != is_said;
    }
    const Tensor padded = unpack(p, chords.read.lengths).transpose(0, 1);  // (B, T, 88)
    for (int64_t b = 0; b < count; ++b)
      f.expected.push_back(padded[b].slice(0, 0, chords.read.lengths[b]).to_vector<float>());
    f.steps += chords.read.lengths.total();
  }
  f.nats = nats / static_cast<double>(std::max<int64_t>(1, f.steps));
  f.accuracy = right + other > 0 ? right / (right + other) : 0;
  return f;
}

}  // namespace grus::tasks::compose
