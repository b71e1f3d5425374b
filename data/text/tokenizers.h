#pragma once
// All tokenizers, by name: words between spaces, words by Unicode's rules, characters, SentencePiece.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/tokenizer.h"

namespace grus::data {

/// Names the kinds that this build offers, as Tokenizer::kind does, the default first.
std::vector<std::string> tokenizer_kinds();

/// Cuts at runs of ASCII spaces and tabs.
std::unique_ptr<Tokenizer> space_tokenizer();
/// Cuts at every code point; a space is the piece "▁" (a "▁" of the text comes back as a space).
std::unique_ptr<Tokenizer> char_tokenizer();
/// Cuts at every code point as well, and keeps every space and tab, as indented text and language models need it.
std::unique_ptr<Tokenizer> verbatim_tokenizer();
/// Makes a tokenizer of any kind, from what `model()` gave for it (empty for all but "bpe" and "unigram"). Throws
/// UsageError for an unknown kind, DataError for a damaged model.
std::unique_ptr<Tokenizer> make_tokenizer(std::string_view kind, std::string_view model = {});

}  // namespace grus::data
