#pragma once
// A pronouncing dictionary: words, and for each one or several pronunciations.
#include <cstdint>
#include <string>
#include <vector>

#include "data/pairs/corpus.h"

namespace grus::tasks::pronounce {

struct Entry {
  std::string word;                         // in lower case
  std::vector<std::string> pronunciations;  // distinct; phones with one space between them
  int64_t line = 0;                         // of the file, where the word stands first
};
using Dictionary = std::vector<Entry>;

/// Reads "WORD PHONE PHONE ..." lines, plain or gzip, in the order of words; further pronunciations stand as WORD(2),
/// lines of ";;;" are left out, and so is what follows " #". Without `stress` the digits 0, 1 and 2 at the end of
/// vowels go. Throws DataError with file and line for a word without phones, and for a dictionary without words.
Dictionary read_dictionary(const std::string& file, bool stress);

struct Parts {
  Dictionary train, valid, test;
};
/// Draws words for each part; all pronunciations of a word stay together. Throws DataError for a part
/// without words.
Parts split_dictionary(const Dictionary& all, double valid, double test, uint64_t seed);

/// A pair for each pronunciation.
data::ParallelCorpus pairs_of(const Dictionary& dictionary);

}  // namespace grus::tasks::pronounce
