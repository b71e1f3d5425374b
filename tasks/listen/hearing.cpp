// What a model is given to hear, and what it hears.
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "ops/loss/ctc.h"
#include "ops/math/softmax.h"
#include "tasks/base/model_files.h"
#include "tasks/listen/listener.h"

namespace grus::tasks::listen {

using data::Recording;

data::LogMelOptions SoundOptions::mel(int64_t bands) const {
  return {.rate = files.rate, .window = window, .hop = hop, .bands = bands, .low = low};
}

int64_t Hearing::outputs() const { return model.target == Target::words ? std::ssize(words) : std::ssize(letters) + 1; }

Tensor Hearing::frames(const std::vector<float>& samples, double warp) const {
  data::LogMelOptions o = sound.mel(model.bands);
  o.warp = warp;
  const Tensor heard = data::log_mel(samples, o);
  std::vector<float> values = heard.to_vector<float>();
  const float loudest = *std::max_element(values.begin(), values.end());
  const auto span = static_cast<float>(sound.range * std::log(10) / 10);
  for (float& x : values) x = 1 - 2 * std::min(1.0F, (loudest - x) / span);
  if (model.level == Level::bands) {
    const auto bands = static_cast<size_t>(model.bands), steps = values.size() / bands;
    std::vector<double> means(bands);
    for (size_t i = 0; i < values.size(); ++i)
      means[i % bands] += static_cast<double>(values[i]) / static_cast<double>(steps);
    for (size_t i = 0; i < values.size(); ++i) values[i] -= static_cast<float>(means[i % bands]);
  }
  return Tensor::from(values, heard.shape(), Device("cpu"));
}

int64_t Hearing::word_id(const std::string& word) const {
  const auto at = std::lower_bound(words.begin(), words.end(), word);
  return at == words.end() || *at != word ? -1 : at - words.begin();
}

std::vector<int64_t> Hearing::spelling(const Recording& one) const {
  std::vector<int64_t> ids;
  for (const std::string_view letter : data::split_code_points(one.label)) {
    const auto at = std::find(letters.begin(), letters.end(), letter);
    require<DataError>(at != letters.end(), "{}: need letters of the training, some of {}, got '{}' in '{}'", one.place,
                       std::accumulate(letters.begin(), letters.end(), std::string()), letter, one.label);
    ids.push_back(at - letters.begin() + 1);
  }
  return ids;
}

std::vector<Recording> read_sounds(const std::string& path, const SoundOptions& o) {
  std::vector<Recording> all = data::read_recordings(path, o.files);
  if (o.words.empty()) return all;
  std::vector<std::pair<std::string, std::string>> names;
  int64_t number = 0;
  for (const std::string& line : data::read_lines(o.words)) {
    const size_t tab = line.find('\t');
    ++number;
    require<DataError>(tab != std::string::npos && tab > 0 && tab + 1 < line.size(),
                       "{}:{}: need LABEL<TAB>WORD, got '{}'", o.words, number, Shown{line});
    names.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  for (Recording& one : all) {
    const auto at = std::find_if(names.begin(), names.end(), [&](const auto& name) { return name.first == one.label; });
    require<DataError>(at != names.end(), "{}: need a label that {} names, got '{}'", one.place, o.words, one.label);
    one.label = at->second;
  }
  return all;
}

std::vector<Recording> take_matching(std::vector<Recording>& from, const std::string& pattern) {
  std::vector<Recording> taken, kept;
  for (Recording& one : from) {
    const std::string name = std::filesystem::path(one.file).filename().string();
    (fnmatch(pattern.c_str(), name.c_str(), 0) == 0 ? taken : kept).push_back(std::move(one));
  }
  from = std::move(kept);
  return taken;
}

namespace {

using Floats = std::vector<float>;

Floats row(const Floats& of, size_t begin, size_t count) {
  return {of.begin() + static_cast<int64_t>(begin), of.begin() + static_cast<int64_t>(begin + count)};
}

// Returns -log p of a labelling for each sound.
Floats costs(const Tensor& log_probs, const std::vector<int64_t>& steps, const std::vector<std::vector<int64_t>>& all) {
  std::vector<int64_t> ids, lengths;
  for (const std::vector<int64_t>& one : all) {
    ids.insert(ids.end(), one.begin(), one.end());
    lengths.push_back(std::ssize(one));
  }
  return ctc_loss(log_probs, Tensor::from(ids), steps, lengths, {.reduction = Reduction::none}).to_vector<float>();
}

void spell(std::vector<Heard>& all, const Hearing& hearing, const Tensor& scores, const std::vector<int64_t>& steps) {
  const auto paths = data::ctc_best_path(scores, steps);
  std::vector<std::vector<int64_t>> ids(paths.size());
  const Floats values = scores.to_vector<float>();
  const auto outputs = static_cast<size_t>(hearing.outputs());
  for (size_t b = 0; b < paths.size(); ++b) {
    all[b].path = paths[b];
    for (const data::CtcSymbol& symbol : paths[b]) {
      ids[b].push_back(symbol.id);
      all[b].spelt += hearing.letters[static_cast<size_t>(symbol.id - 1)];
    }
    for (size_t t = 0; t < static_cast<size_t>(steps[b]); ++t)
      for (size_t c = 0; c < outputs; ++c)
        all[b].letters.push_back(std::exp(values[(t * paths.size() + b) * outputs + c]));
  }
  const Floats own = costs(scores, steps, ids);
  for (size_t b = 0; b < all.size(); ++b) all[b].spelt_probability = std::exp(-static_cast<double>(own[b]));
  for (const std::string& word : hearing.words) {
    const std::vector<int64_t> spelling = hearing.spelling({.file = {}, .label = word});
    const Floats cost = costs(scores, steps, std::vector(all.size(), spelling));
    for (size_t b = 0; b < all.size(); ++b) all[b].probabilities.push_back(-cost[b]);
  }
  for (Heard& one : all) one.probabilities = softmax(Tensor::from(one.probabilities)).to_vector<float>();
}

}  // namespace

std::vector<Heard> hear(const Recogniser& model, const Hearing& hearing, const std::vector<Recording>& sounds,
                        int64_t batch) {
  std::vector<Heard> all;
  for (size_t begin = 0; begin < sounds.size(); begin += static_cast<size_t>(batch)) {
    const size_t end = std::min(sounds.size(), begin + static_cast<size_t>(batch));
    std::vector<data::Ragged> some;
    for (size_t i = begin; i < end; ++i) some.push_back({hearing.frames(sounds[i].samples)});
    const data::Packed packed = data::collate(some);
    const std::vector<int64_t>& steps = packed.lengths.lengths();
    const Recogniser::Answer answer = model(packed);
    std::vector<Heard> heard(some.size());
    if (model.options.target == Target::letters) {
      spell(heard, hearing, answer.scores, steps);
    } else {
      const Floats p = softmax(answer.scores).to_vector<float>(), w = answer.weights.to_vector<float>();
      const auto outputs = static_cast<size_t>(hearing.outputs()),
                 longest = static_cast<size_t>(packed.lengths.steps());
      for (size_t b = 0; b < heard.size(); ++b) {
        heard[b].probabilities = row(p, b * outputs, outputs);
        heard[b].weights = row(w, b * longest, static_cast<size_t>(steps[b]));
      }
    }
    for (Heard& one : heard) {
      one.word = static_cast<size_t>(std::max_element(one.probabilities.begin(), one.probabilities.end()) -
                                     one.probabilities.begin());
      all.push_back(std::move(one));
    }
  }
  return all;
}

void require_sound() {
  require<UsageError>(data::has_fourier_transform(),
                      "[listen] need Grus built with KISS FFT (Debian's libkissfft-dev), got one without");
}

void learn_words(Hearing& hearing) {
  std::vector<std::string>& words = hearing.words;
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const std::string& word : words)
    for (const std::string_view letter : data::split_code_points(word)) hearing.letters.emplace_back(letter);
  std::sort(hearing.letters.begin(), hearing.letters.end());
  hearing.letters.erase(std::unique(hearing.letters.begin(), hearing.letters.end()), hearing.letters.end());
}

Loaded load(const tasks::UseOptions& use) {
  begin_use(use);
  require_sound();
  TrainOptions o;
  tasks::load_options("listen", use.model, o.table());
  const std::filesystem::path folder = use.model;
  o.sound.words = file_exists(folder / "labels.tsv") ? (folder / "labels.tsv").string() : "";
  Hearing hearing{.sound = o.sound, .model = o.model, .words = data::read_lines((folder / "words.txt").string())};
  learn_words(hearing);
  Rng rng(0);
  auto model = tasks::make_model(folder, [&] { return std::make_unique<Recogniser>(o.model, hearing.outputs(), rng); });
  tasks::load_weights(folder, *model);
  return {std::move(hearing), std::move(model)};
}

}  // namespace grus::tasks::listen
