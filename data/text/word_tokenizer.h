#pragma once
// Words and punctuation by Unicode's rules, for text that nobody has tokenised.
#include <memory>

#include "data/text/tokenizer.h"

namespace grus::data {

/// Lower-cases, brings to NFC, and cuts. A word is a run of letters, marks and digits, with - and _ inside it and . or
/// , between digits; an apostrophe before a letter ends its word ("l'" "eau", "don'" "t"); a run of one punctuation
/// sign is a piece ("..."); spaces of every kind (also U+00A0) separate. Detokenising puts no space before . , ! ? ; :
/// % ) or after ( and the like, and pairs plain quotes.
std::unique_ptr<Tokenizer> word_tokenizer();

}  // namespace grus::data
