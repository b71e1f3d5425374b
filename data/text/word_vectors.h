#pragma once
// Word vectors in text, as word2vec, GloVe and fastText write them: a word and its numbers a line.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "data/text/vocab.h"

namespace grus::data {

/// The vectors of a file. Of lines with one word the first counts.
struct WordVectors {
  std::vector<std::string> words;
  Tensor vectors;          // f32 (words, D)
  int64_t repeated = 0;    // lines of words that stood before
  int64_t unreadable = 0;  // lines whose word is not UTF-8 (word2vec cuts long ones); they are left out
};

/// The vectors of given words.
struct FoundVectors {
  Tensor vectors;       // f32 (words, D), zeros for a word without a vector
  Tensor found;         // bool (words)
  int64_t unknown = 0;  // words without a vector; a vocabulary's <unk>, <pad>, <sos> and <eos> do not count
};

/// Reads all vectors of a plain or gzip file ("-": standard input), or its first `most` lines. A first line "COUNT D"
/// is a header. A word may hold spaces where they cannot be numbers (". . ."). Throws DataError "FILE:LINE: need ...,
/// got
/// ..." for a line with other than D numbers, what is no finite number, fewer or more lines than the header says, and
/// an empty file.
WordVectors read_word_vectors(const std::string& path, int64_t most = 0, Device device = default_device());

/// Reads the vectors of the given words, or of a vocabulary's pieces in order of id, as an embedding's weight: row i is
/// that of word i. The other lines cost no memory. Throws as read_word_vectors does.
FoundVectors find_word_vectors(const std::string& path, std::span<const std::string> words,
                               Device device = default_device());
FoundVectors find_word_vectors(const std::string& path, const Vocab& vocab, Device device = default_device());

}  // namespace grus::data
