#pragma once
// Words that are made by rule: voices whose vowels are formants, for a demonstration without recordings.
#include <string>
#include <vector>

#include "core/tensor/random.h"

namespace grus::tasks::listen {

/// A voice: its pitch in Hz, its formants relative to those of a man, and how fast it speaks.
struct Voice {
  double pitch = 120, formants = 1, pace = 1;
};
Voice draw_voice(Rng& rng);

/// Draws a word of two or three syllables, of the letters a e i o u m n s t.
std::string draw_word(Rng& rng);

/// Returns a word as samples at 8 kHz. Throws UsageError for another letter.
std::vector<float> spoken(const std::string& word, const Voice& voice, Rng& rng);

}  // namespace grus::tasks::listen
