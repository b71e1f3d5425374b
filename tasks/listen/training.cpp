#include "tasks/listen/training.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "data/read/text.h"
#include "ops/loss/ctc.h"
#include "ops/loss/loss.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::listen {

using data::Recording;

namespace {

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

}  // namespace

Parts read_parts(const TrainOptions& o) {
  Parts parts{.train = read_sounds(o.train, o.sound), .valid = {}, .test = {}};
  parts.test = take_part(parts.train, o, o.test, o.test_files, o.hold_test, "test");
  parts.valid = take_part(parts.train, o, o.valid, o.valid_files, o.hold_valid, "valid");
  return parts;
}

std::string checksum_of(const std::vector<Recording>& all) {
  return tasks::checksum_of(all, [](const Recording& one) {
    const std::string_view samples(reinterpret_cast<const char*>(one.samples.data()),
                                   one.samples.size() * sizeof(float));
    return fmt::format("{}\n{}", one.label, samples);
  });
}

Hearing make_hearing(const TrainOptions& o, const std::vector<Recording>& train) {
  Hearing hearing{.sound = o.sound, .model = o.model};
  for (const Recording& one : train) hearing.words.push_back(one.label);
  learn_words(hearing);
  require<DataError>(hearing.words.size() > 1, "{}: need recordings of at least two words, got '{}' alone", o.train,
                     hearing.words.front());
  return hearing;
}

std::vector<std::string> save_hearing(const Hearing& hearing, const std::filesystem::path& folder) {
  std::string words;
  for (const std::string& word : hearing.words) words += word + "\n";
  write_file_atomically(folder / "words.txt", words);
  if (hearing.sound.words.empty()) return {"words.txt"};
  write_file_atomically(folder / "labels.tsv", data::read_whole_file(hearing.sound.words));
  return {"words.txt", "labels.tsv"};
}

std::vector<int64_t> label_of(const Recording& one, const Hearing& hearing) {
  if (hearing.model.target == Target::letters) return hearing.spelling(one);
  const int64_t id = hearing.word_id(one.label);
  require<DataError>(id >= 0, "{}: need a word of the training, one of {}, got '{}'", one.place,
                     fmt::join(hearing.words, ", "), one.label);
  return {id};
}

data::Batches<Batch> make_batches(const Hearing& hearing, const std::vector<Recording>& sounds,
                                  const data::SoundChange* change, const data::BatchOptions& options) {
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

Judge::Judge(const Hearing& hearing)
    : target(hearing.model.target), accuracy({.classes = std::max<int64_t>(2, std::ssize(hearing.words))}) {}

std::vector<metrics::Metric*> Judge::figures() {
  metrics::Metric* const right = target == Target::words ? static_cast<metrics::Metric*>(&accuracy) : &letters;
  return {right, &loss};
}

void Judge::update(const Recogniser& m, const Batch& b) {
  const Tensor scores = m(b.sounds).scores;
  loss.update(loss_of(m, scores, b), std::ssize(b.lengths));
  if (target == Target::words) return accuracy.update(scores, b.labels);
  const std::vector<int64_t> ids = b.labels.to_vector<int64_t>();
  const auto paths = data::ctc_best_path(scores, b.sounds.lengths.lengths());
  size_t begin = 0;
  for (size_t i = 0; i < paths.size(); begin += static_cast<size_t>(b.lengths[i++])) {
    std::vector<int64_t> said;
    for (const data::CtcSymbol& symbol : paths[i]) said.push_back(symbol.id);
    letters.update(said, std::span(ids).subspan(begin, static_cast<size_t>(b.lengths[i])));
  }
}

}  // namespace grus::tasks::listen
