#pragma once
// Which words the sentences of a batch may say: all of the model's, or each sentence those of its shortlist. Columns of
// the output layer are then the words that any sentence of the batch may say.
#include <cstdint>
#include <vector>

#include "seq2seq/architecture.h"

namespace grus::seq2seq {

class BatchWords {
 public:
  /// All words.
  BatchWords() = default;
  /// Each sentence has its own, in order of id and with all specials, so that columns of specials are their ids.
  explicit BatchWords(const std::vector<std::vector<int32_t>>& of_sentences);

  /// Returns the rows of the layer that belong to the columns.
  OutputLayer narrowed(const OutputLayer& output) const;
  /// Sets to -inf what the sentence of a row may not say. logits (rows, columns).
  Tensor closed(const Tensor& logits, const std::vector<int64_t>& sentences) const;

  int64_t word(int64_t column) const { return ids_.empty() ? column : ids_[static_cast<size_t>(column)]; }
  /// The word must be one of the columns.
  int64_t column(int64_t word) const;

 private:
  std::vector<int64_t> ids_;  // of the columns, in order; empty: all
  Tensor closed_;             // (sentences, columns): 0, or -inf; undefined where every sentence may say all columns
};

}  // namespace grus::seq2seq
