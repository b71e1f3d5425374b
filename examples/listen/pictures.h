#pragma once
// Figures of a recogniser on recordings, and how a page shows them.
#include <string>
#include <vector>

#include "examples/listen/commands.h"
#include "metrics/edit_distance.h"
#include "report/page.h"

namespace grus::tasks::listen {

struct Figures {
  std::vector<data::Recording> sounds = {};
  std::vector<Heard> heard = {};
  int64_t right = 0;          // words: the likeliest is said; letters: every letter is right
  int64_t known = 0;          // recordings of words of the training
  int64_t known_right = 0;    // letters: of these, the likeliest of the training's words is said
  metrics::Edits edits = {};  // letters
  std::vector<std::vector<double>> confusion =
      {};  // rows: words that are said, columns: the likeliest; known words alone
};
Figures figures_of(const Recogniser& model, const Hearing& hearing, std::vector<data::Recording> sounds, int64_t batch);
/// Says the figures in a phrase.
std::string in_words(const Figures& figures, const Hearing& hearing);

/// Returns sections: confusions, figures by word, mistakes, and pictures of sounds.
std::string pictures(const Figures& figures, const Hearing& hearing, report::Figures& drawn);
/// Returns the picture of one sound with what was heard.
std::string picture(const data::Recording& sound, const Heard& heard, const Hearing& hearing, report::Figures& drawn);

}  // namespace grus::tasks::listen
