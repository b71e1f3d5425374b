// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/batch/batches.h"
#include "examples/compose/commands.h"
#include "examples/compose/pictures.h"
#include "examples/support/run.h"
#include "metrics/mean.h"
#include "ops/math/elementwise.h"
#include "ops/sequence/sequence.h"

namespace grus::tasks::compose {
namespace {

using data::Piece;

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

std::string checksum_of(const std::vector<Piece>& pieces) {
  return tasks::checksum_of(pieces, [](const Piece& piece) {
    std::string text;
    for (const data::Chord& chord : piece) text += fmt::format("{}\n", fmt::join(chord, " "));
    return text;
  });
}

// Draws a key in which a piano can play the piece.
Example in_another_key(const Piece& piece, int64_t most, Rng& rng) {
  const auto [low, high] = data::key_range(piece);
  const int64_t down = high < 0 ? 0 : std::min<int64_t>(most, low - data::lowest_key),
                up = high < 0 ? 0 : std::min<int64_t>(most, data::lowest_key + data::key_count - 1 - high);
  const auto by = random_integers({}, -down, up + 1, rng, DType::i64, Device("cpu")).item<int64_t>();
  return example_of(data::transposed(piece, static_cast<int32_t>(by)));
}

auto make_batches(const std::vector<Piece>& pieces, int64_t transpose, const data::BatchOptions& options) {
  const auto example = [transpose](const Piece& piece, Rng& rng) { return in_another_key(piece, transpose, rng); };
  return data::batches(data::Dataset(pieces).map(example), options, collated);
}

}  // namespace

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

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const data::PieceSets sets = read_parts(o);
  const auto seed = static_cast<uint64_t>(o.training.seed);
  auto batches = make_batches(sets.train, o.transpose, {.size = o.training.batch, .seed = seed});
  auto valid = make_batches(sets.valid, 0, {.size = 64, .shuffle = false});
  Rng rng(seed);
  Composer model(o.model, rng);
  const options::Table table = o.table();
  programs::Run run(
      "compose", table, o.training,
      {.title = "Chords",
       .model = fmt::format("{}, {} layers of {} states, {} outputs", programs::name_of(row_of(table, "unit")),
                            o.model.layers, o.model.hidden, text_of(row_of(table, "outputs"))),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", checksum_of(sets.train)}, {"valid", checksum_of(sets.valid)}}}, batches.batches());
  const auto steps_of = [](const Chords& chords) { return chords.read.lengths.total(); };
  metrics::Mean nats("nats_a_step");
  fit.validation = training::validation(model, valid, {&nats}, [&](const Composer& m, const Chords& chords) {
    nats.update(m.cost(chords) * (1.0 / static_cast<double>(steps_of(chords))), steps_of(chords));
  });
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const auto loss = [&](const Composer& m, const Chords& chords) {
    return training::Loss(m.cost(chords) * (1.0 / static_cast<double>(steps_of(chords))),
                          static_cast<double>(steps_of(chords)));
  };
  const training::FitResult result = training::fit(model, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !sets.test.empty();
  const std::vector<Piece>& judged = tested ? sets.test : sets.valid;
  const Figures found = figures_of(model, judged, 64);
  report::Figures drawn;
  std::string sections = pictures(found, judged, o.step, drawn);
  sections += sample_section(model, judged.front(), o.step, drawn);
  run.show(sections, drawn);
  fmt::print(
      "{} pieces, {} parameters\n{}: {:.4f} nats a step of {} steps, accuracy {:.2f} %; {}/report.html shows more\n",
      sets.train.size(), model.parameter_count(), tested ? "test" : "validation", found.nats, found.steps,
      100 * found.accuracy, o.training.out);
  return 0;
}

}  // namespace grus::tasks::compose
