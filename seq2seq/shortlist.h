#pragma once
// A shortlist says which words a translation may have: for each word of the source those that most likely stand for it
// in aligned sentence pairs, and the most frequent of all (Jean et al. 2015, section 3.3). The output layer of a search
// then has only these.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/pairs/word_aligner.h"
#include "seq2seq/model_folder.h"

namespace grus::seq2seq {

struct ShortlistOptions {
  int64_t best = 50;       // words kept for each word of the source
  int64_t frequent = 100;  // words that every sentence may have
  data::AlignerOptions aligner = {};
};

class Shortlist {
 public:
  /// Learns t(target word | source word) from pairs in the ids of a model, by the word aligner.
  static Shortlist learn(const data::EncodedCorpus& pairs, VocabSizes sizes, const ShortlistOptions& options,
                         const data::AlignerNotice& notice = {});
  /// Reads what write() wrote. Throws DataError "FILE:LINE: need ..." for another line, and for pieces that the codecs
  /// do not have.
  static Shortlist read(const std::string& path, const Codecs& codecs);
  /// Writes lines SOURCE<TAB>TARGET<TAB>PROBABILITY of pieces, the likeliest first; frequent words have no source and
  /// their share of all words. A path that ends in .gz is packed.
  void write(const std::string& path, const Codecs& codecs) const;

  /// Returns the words that a translation of the source may have, in order of id, the four specials among them.
  std::vector<int32_t> words(std::span<const int32_t> source) const;
  /// Returns the number of lines.
  int64_t size() const;

 private:
  std::vector<data::WordProbabilities> of_source_;  // [source id]
  data::WordProbabilities frequent_;
};

}  // namespace grus::seq2seq
