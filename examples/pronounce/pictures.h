#pragma once
// What pages of `pronounce` show: errors by the length of words, confused phones, where phones come from, mistakes.
#include <string>

#include "report/page.h"
#include "tasks/pronounce/speaker.h"

namespace grus::tasks::pronounce {

/// Returns "phone error 6.12 %, word error 25.90 % of 6,302 words".
std::string summary(const Judgement& found);
/// Returns sections of a page about the words of a dictionary.
std::string pictures(const Speakers& speakers, const Dictionary& words, const Judgement& found,
                     report::Figures& figures);
/// Draws letters (across) and phones (down) of a word with attention weights, or nothing where it has none.
std::string alignment_picture(const std::string& word, const seq2seq::Translation& said, report::Figures& figures);

}  // namespace grus::tasks::pronounce
