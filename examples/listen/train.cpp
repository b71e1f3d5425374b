// The command `train`.
#include "training/fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/batch/batches.h"
#include "data/read/text.h"
#include "examples/listen/commands.h"
#include "examples/listen/pictures.h"
#include "examples/support/run.h"
#include "metrics/classification.h"
#include "metrics/edit_distance.h"
#include "metrics/mean.h"
#include "ops/loss/ctc.h"

namespace grus::tasks::listen {
namespace {

using data::Recording;

struct Parts {
  std::vector<Recording> train, valid, test;
};

// Takes a part of the training: that of a file, of a pattern of names, or a share by the seed.
std::vector<Recording> take_part(std::vector<Recording>& train, const TrainOptions& o, const std::string& path,
                                 const std::string& pattern, double share, const char* flag) {
  if (!path.empty()) return read_sounds(path, o.sound);
  if (!pattern.empty()) {
    std::vector<Recording> taken = take_matching(train, pattern);
    require<UsageError>(!taken.empty() && !train.empty(), "--{}-files: need some of the recordings, got {} with '{}'",
                        flag, taken.empty() ? "none" : "all", pattern);
    return taken;
  }
  if (share == 0) return {};
  return data::hold_out(train, share, {.seed = static_cast<uint64_t>(o.training.seed)});
}

Parts read_parts(const TrainOptions& o) {
  Parts parts{.train = read_sounds(o.train, o.sound), .valid = {}, .test = {}};
  parts.test = take_part(parts.train, o, o.test, o.test_files, o.hold_test, "test");
  parts.valid = take_part(parts.train, o, o.valid, o.valid_files, o.hold_valid, "valid");
  return parts;
}

Hearing make_hearing(const TrainOptions& o, const std::vector<Recording>& train) {
  Hearing hearing{.sound = o.sound, .model = o.model};
  for (const Recording& one : train) hearing.words.push_back(one.label);
  learn_words(hearing);
  require<DataError>(hearing.words.size() > 1, "{}: need recordings of at least two words, got '{}' alone", o.train,
                     hearing.words.front());
  return hearing;
}

std::string checksum_of(const std::vector<Recording>& all) {
  return tasks::checksum_of(all, [](const Recording& one) {
    const std::string_view samples(reinterpret_cast<const char*>(one.samples.data()),
                                   one.samples.size() * sizeof(float));
    return fmt::format("{}\n{}", one.label, samples);
  });
}

std::vector<std::string> save(const TrainOptions& o, const Hearing& hearing, const std::filesystem::path& folder) {
  std::string words;
  for (const std::string& word : hearing.words) words += word + "\n";
  write_file_atomically(folder / "words.txt", words);
  if (o.sound.words.empty()) return {"words.txt"};
  write_file_atomically(folder / "labels.tsv", data::read_whole_file(o.sound.words));
  return {"words.txt", "labels.tsv"};
}

struct Batch {
  data::Packed sounds;
  Tensor labels;                 // words (B), or all letters one behind another
  std::vector<int64_t> lengths;  // letters of each word
};

using Example = std::pair<data::Ragged, std::vector<int64_t>>;

Batch collated(std::vector<Example> examples) {
  Batch batch;
  std::vector<data::Ragged> sounds;
  std::vector<int64_t> ids;
  for (Example& one : examples) {
    sounds.push_back(std::move(one.first));
    ids.insert(ids.end(), one.second.begin(), one.second.end());
    batch.lengths.push_back(std::ssize(one.second));
  }
  batch.sounds = data::collate(sounds);
  batch.labels = Tensor::from(ids);
  return batch;
}

std::vector<int64_t> label_of(const Recording& one, const Hearing& hearing) {
  if (hearing.model.target == Target::letters) return hearing.spelling(one);
  const int64_t id = hearing.word_id(one.label);
  require<DataError>(id >= 0, "{}: need a word of the training, one of {}, got '{}'", one.place,
                     fmt::join(hearing.words, ", "), one.label);
  return {id};
}

// Sounds of the training change each time that they are heard.
auto make_batches(const Hearing& hearing, const std::vector<Recording>& sounds, const data::SoundChange* change,
                  const data::BatchOptions& options) {
  std::vector<int64_t> places;
  for (const Recording& one : sounds) {
    label_of(one, hearing);
    places.push_back(std::ssize(places));
  }
  const auto example = [&hearing, &sounds, change](int64_t i, Rng& rng) -> Example {
    const Recording& one = sounds[static_cast<size_t>(i)];
    if (!change) return {{hearing.frames(one.samples)}, label_of(one, hearing)};
    const double warp = data::drawn_warp(*change, rng);
    const std::vector<float> samples = data::changed(one.samples, hearing.sound.files.rate, *change, rng);
    return {{data::masked(hearing.frames(samples, warp), *change, rng)}, label_of(one, hearing)};
  };
  const auto all = data::Dataset(std::move(places)).map(example);
  return data::batches(change ? all : all.cache(), options, collated);
}

Tensor loss_of(const Recogniser& model, const Tensor& scores, const Batch& b) {
  if (model.options.target == Target::words) return cross_entropy(scores, b.labels);
  return ctc_loss(scores, b.labels, b.sounds.lengths.lengths(), b.lengths, {.zero_infinity = true});
}

/// What validation measures: the loss, and words or letters that are right.
struct Judge {
  metrics::Accuracy accuracy;
  metrics::EditErrorRate letters{"letter_error_rate"};
  metrics::Mean loss{};

  void update(const Recogniser& m, const Batch& b) {
    const Tensor scores = m(b.sounds).scores;
    loss.update(loss_of(m, scores, b), std::ssize(b.lengths));
    if (m.options.target == Target::words) return accuracy.update(scores, b.labels);
    const std::vector<int64_t> ids = b.labels.to_vector<int64_t>();
    const auto paths = data::ctc_best_path(scores, b.sounds.lengths.lengths());
    size_t begin = 0;
    for (size_t i = 0; i < paths.size(); begin += static_cast<size_t>(b.lengths[i++])) {
      std::vector<int64_t> said;
      for (const data::CtcSymbol& symbol : paths[i]) said.push_back(symbol.id);
      letters.update(said, std::span(ids).subspan(begin, static_cast<size_t>(b.lengths[i])));
    }
  }
};

}  // namespace

int train(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  require_sound();
  const Parts parts = read_parts(o);
  const Hearing hearing = make_hearing(o, parts.train);
  const auto seed = static_cast<uint64_t>(o.training.seed);
  auto batches = make_batches(hearing, parts.train, &o.change, {.size = o.training.batch, .seed = seed});
  auto valid = make_batches(hearing, parts.valid, nullptr, {.size = 256, .shuffle = false});
  for (const Recording& one : parts.test) label_of(one, hearing);  // an unknown word is told now
  Rng rng(seed);
  Recogniser model(o.model, hearing.outputs(), rng);

  const options::Table table = o.table();
  const bool words = o.model.target == Target::words;
  programs::Run run(
      "listen", table, o.training,
      {.title = "Words in sound",
       .model = fmt::format("bidirectional GRU, {} layers of {} states, {} {}", o.model.layers, o.model.hidden,
                            hearing.outputs() - (words ? 0 : 1), words ? "words" : "letters"),
       .command = command_line});
  training::FitOptions fit =
      run.begin({.data = {{"train", checksum_of(parts.train)}, {"valid", checksum_of(parts.valid)}},
                 .write = [&](const std::filesystem::path& folder) { return save(o, hearing, folder); }},
                batches.batches());
  Judge judge{.accuracy = metrics::Accuracy({.classes = std::max<int64_t>(2, std::ssize(hearing.words))})};
  metrics::Metric* right = words ? static_cast<metrics::Metric*>(&judge.accuracy) : &judge.letters;
  fit.validation = training::validation(model, valid, {right, &judge.loss},
                                        [&](const Recogniser& m, const Batch& b) { judge.update(m, b); });
  fit.watch = "valid_" + judge.loss.name();
  const auto optimizer = make_optimizer(o.training, model.named_parameters());
  const auto loss = [&](const Recogniser& m, const Batch& b) {
    return training::Loss(loss_of(m, m(b.sounds).scores, b), static_cast<double>(b.lengths.size()));
  };
  const training::FitResult result = training::fit(model, *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return programs::stopped(result);
  const bool tested = !parts.test.empty();
  const Figures found = figures_of(model, hearing, tested ? parts.test : parts.valid, 256);
  report::Figures drawn;
  const std::string sections = pictures(found, hearing, drawn);
  run.show(sections, drawn);
  fmt::print("{} recordings, {} words, {} parameters\n{} {}; {}/report.html shows more\n", parts.train.size(),
             hearing.words.size(), model.parameter_count(), tested ? "test" : "validation", in_words(found, hearing),
             o.training.out);
  return 0;
}

}  // namespace grus::tasks::listen
