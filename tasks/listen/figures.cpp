// How well recordings were heard.
#include <fmt/format.h>

#include <algorithm>

#include "data/read/text.h"
#include "tasks/listen/training.h"

namespace grus::tasks::listen {

bool is_right(const data::Recording& sound, const Heard& heard, const Hearing& hearing) {
  return sound.label == (hearing.model.target == Target::letters ? heard.spelt : hearing.words[heard.word]);
}

Figures figures_of(const Recogniser& model, const Hearing& hearing, std::vector<data::Recording> sounds,
                   int64_t batch) {
  Figures f{.sounds = std::move(sounds)};
  f.heard = hear(model, hearing, f.sounds, batch);
  f.confusion.assign(hearing.words.size(), std::vector<double>(hearing.words.size(), 0));
  for (size_t i = 0; i < f.sounds.size(); ++i) {
    const Heard& heard = f.heard[i];
    const std::string& said = f.sounds[i].label;
    f.right += is_right(f.sounds[i], heard, hearing);
    f.edits += metrics::edits(data::split_code_points(heard.spelt), data::split_code_points(said));
    const int64_t id = hearing.word_id(said);
    if (id < 0) continue;
    ++f.known;
    f.known_right += static_cast<int64_t>(heard.word) == id;
    f.confusion[static_cast<size_t>(id)][heard.word] += 1;
  }
  return f;
}

std::string in_words(const Figures& f, const Hearing& hearing) {
  const auto share = [](int64_t part, int64_t all) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  };
  const std::string right =
      fmt::format("{:.2f} % of {} words right", share(f.right, std::ssize(f.sounds)), f.sounds.size());
  if (hearing.model.target == Target::words) return right;
  std::string text = fmt::format("letter error rate {:.2f} %, {}",
                                 share(f.edits.distance(), std::max<int64_t>(1, f.edits.reference_length())), right);
  if (f.known > 0)
    text += fmt::format(", {:.2f} % of {} where one of the training's words is asked for",
                        share(f.known_right, f.known), f.known);
  return text;
}

}  // namespace grus::tasks::listen
