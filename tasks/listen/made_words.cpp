#include "tasks/listen/made_words.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace grus::tasks::listen {
namespace {

constexpr double rate = 8000;

// Formants in Hz are those of men's vowels (Peterson and Barney 1952); a nasal is dark and weak, s is noise, t a burst.
struct Letter {
  char name;
  double first, second, third, loudness, noise, seconds;
};
constexpr Letter letters[] = {
    {'a', 730, 1090, 2440, 1.0, 0.0, 0.12},  {'e', 530, 1840, 2480, 0.9, 0.0, 0.12},
    {'i', 270, 2290, 3010, 0.8, 0.0, 0.12},  {'o', 570, 840, 2410, 1.0, 0.0, 0.12},
    {'u', 300, 870, 2240, 0.8, 0.0, 0.12},   {'m', 250, 1100, 2200, 0.35, 0.0, 0.08},
    {'n', 250, 1700, 2600, 0.35, 0.0, 0.08}, {'s', 300, 1800, 3000, 0.0, 0.25, 0.10},
    {'t', 300, 1800, 3000, 0.0, 0.5, 0.07},
};

const Letter& letter_of(char name) {
  const auto at = std::find_if(std::begin(letters), std::end(letters), [&](const Letter& l) { return l.name == name; });
  require<UsageError>(at != std::end(letters), "[spoken] need letters of a e i o u m n s t, got '{}'", name);
  return *at;
}

double uniform(double low, double high, Rng& rng) {
  return random_uniform({}, low, high, rng, DType::f64, Device("cpu")).item<double>();
}

// Returns the height of three resonances at a frequency.
double tract(double f, const Letter& l, double scale) {
  const auto peak = [&](double formant, double width) {
    const double away = (f - formant * scale) / width;
    return 1 / (1 + away * away);
  };
  return peak(l.first, 90) + 0.6 * peak(l.second, 110) + 0.3 * peak(l.third, 160);
}

}  // namespace

Voice draw_voice(Rng& rng) {
  return {.pitch = uniform(90, 240, rng), .formants = uniform(0.9, 1.15, rng), .pace = uniform(0.8, 1.25, rng)};
}

std::string draw_word(Rng& rng) {
  const auto one_of = [&](const std::string& all) {
    return all[static_cast<size_t>(uniform(0, static_cast<double>(all.size()), rng))];
  };
  std::string word;
  const int syllables = uniform(0, 1, rng) < 0.5 ? 2 : 3;
  for (int i = 0; i < syllables; ++i) {
    word += one_of("mnst");
    word += one_of("aeiou");
  }
  if (uniform(0, 1, rng) < 0.3) word += one_of("mnst");
  return word;
}

std::vector<float> spoken(const std::string& word, const Voice& voice, Rng& rng) {
  std::vector<float> out(400, 0.0F);
  double phase = 0;
  for (const char name : word) {
    const Letter& l = letter_of(name);
    const auto count = static_cast<size_t>(l.seconds * rate / voice.pace * uniform(0.85, 1.15, rng));
    const std::vector<float> noise =
        random_normal({static_cast<int64_t>(count) + 1}, 0, l.noise, rng, DType::f32, Device("cpu")).to_vector<float>();
    std::vector<double> heights;
    for (int h = 1; h * voice.pitch < 0.48 * rate; ++h) heights.push_back(tract(h * voice.pitch, l, voice.formants));
    for (size_t i = 0; i < count; ++i) {
      const double t = static_cast<double>(i) / static_cast<double>(count);
      const double envelope =
          name == 't' ? (t < 0.6 ? 0 : 1 - t) : std::sin(std::numbers::pi * std::min(1.0, 0.1 + 0.9 * t));
      phase += 2 * std::numbers::pi * voice.pitch * (1.05 - 0.1 * t) / rate;
      double sum = 0;
      for (size_t h = 0; h < heights.size(); ++h) sum += heights[h] * std::sin(static_cast<double>(h + 1) * phase);
      const double hiss = static_cast<double>(noise[i + 1] - noise[i]);  // the difference is brighter than the noise
      out.push_back(static_cast<float>(0.12 * envelope * (l.loudness * sum + hiss)));
    }
  }
  out.insert(out.end(), 400, 0.0F);
  return out;
}

}  // namespace grus::tasks::listen
