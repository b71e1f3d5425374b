#pragma once
// Subword pieces learnt from the corpus by the SentencePiece library: byte pair encoding or a unigram language model.
// An encoder of our own (sentencepiece_encoder.h) cuts text into them, with the library or without.
// Sources: sentencepiece.cpp, sentencepiece_trainer.cpp.
#include <cstdint>
#include <memory>

#include "data/text/tokenizer.h"

namespace grus::data {

/// Tells whether this build has the library, which learning needs.
bool sentencepiece_available();

/// Learns at most `size` pieces (the four specials among them, ids as in vocab.h) from all sentences together; where
/// the text holds fewer, `notice` is told. Text is taken as it is (no normalisation), every character becomes a piece.
/// The same sentences give the same model on every run. Throws UsageError for a kind that is not "bpe" or "unigram", a
/// missing library, or too small a size; DataError for no text.
std::unique_ptr<Tokenizer> train_sentencepiece(std::string_view kind, const Sentences& sentences, int64_t size,
                                               const Notice& notice = {});

/// Loads what Tokenizer::model() gave. Throws DataError when it is damaged, of another kind, or has other special ids.
std::unique_ptr<Tokenizer> load_sentencepiece(std::string_view kind, std::string_view model);

}  // namespace grus::data
