#pragma once
// Keras' Tokenizer and pad_sequences (keras.preprocessing, 2.x and 3's legacy module): the same ids for the same texts.
// Sources: keras_tokenizer.cpp, keras_tokenizer_file.cpp, pad_sequences.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor/tensor.h"
#include "data/text/vocab.h"

namespace grus::data {

struct KerasTokenizerOptions {
  int64_t num_words = 0;  // sequences have ids below it, those of the most frequent words; 0: no limit
  std::string filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";  // characters that separate words, as `split` does
  bool lower = true;
  std::string split = " ";
  bool char_level = false;     // every character is a word; nothing is filtered
  std::string oov_token = {};  // has id 1 and stands for words without an id; where empty, these are left out
};

/// What a text's row of texts_to_matrix has in the column of an id that comes c times among the text's n: 1, c, c / n,
/// or (1 + log c) log(1 + texts / (1 + texts with the word)).
enum class MatrixMode { binary, count, freq, tfidf };

/// Turns words to ids by frequency: 1 (2 where there is an oov_token) is the most frequent word, of equally frequent
/// ones the one seen first. No word has id 0. Texts are UTF-8: every function throws DataError for one that is not.
class KerasTokenizer {
 public:
  /// Throws UsageError for a negative num_words and an empty `split`.
  explicit KerasTokenizer(KerasTokenizerOptions options = {});

  /// Counts the words of these texts, too, and gives the ids anew.
  void fit_on_texts(const std::vector<std::string>& texts);
  // Each throws UsageError before anything was fit.
  std::vector<std::vector<int32_t>> texts_to_sequences(const std::vector<std::string>& texts) const;
  /// Joins words by spaces; an id that has none is the oov_token or left out.
  std::vector<std::string> sequences_to_texts(const std::vector<std::vector<int32_t>>& sequences) const;
  /// Returns f32 (texts, vocabulary_size()).
  Tensor texts_to_matrix(const std::vector<std::string>& texts, MatrixMode mode = MatrixMode::binary) const;

  /// The id of every word, whatever num_words says; oov_token included.
  const PieceMap<int32_t>& word_index() const { return word_index_; }
  /// How often each word was seen, in the order of first sight.
  const std::vector<std::pair<std::string, int64_t>>& word_counts() const { return counter_.counts(); }
  /// Number of texts that were fit.
  int64_t document_count() const { return documents_; }
  /// Rows that an embedding of the sequences needs: num_words, or one more than word_index() has.
  int64_t vocabulary_size() const;
  const KerasTokenizerOptions& options() const { return options_; }

  /// Writes Keras' to_json(), and reads it. Throws DataError, naming the file, for what is none.
  void save(const std::string& path) const;
  static KerasTokenizer load(const std::string& path);

 private:
  std::vector<std::string> words(const std::string& text) const;
  void give_ids();
  void require_fit() const;
  int32_t oov() const;
  // The id that a sequence has for an id (0: of no word), or 0 where it is left out.
  int32_t limited(int32_t id) const;

  KerasTokenizerOptions options_;
  PieceCounter counter_;
  PieceMap<int64_t> texts_with_;  // the number of texts that have a word
  int64_t documents_ = 0;
  PieceMap<int32_t> word_index_;
  std::vector<std::string> words_;  // by id; empty where an id has no word
};

enum class Side { pre, post };
struct PadOptions {
  int64_t maxlen = 0;  // 0: that of the longest
  Side padding = Side::pre;
  Side truncating = Side::pre;
  int32_t value = 0;
};

/// Keras' pad_sequences: sequences side by side in i32 (B, T), filled up with `value` or cut at one side. Layers need
/// no padding; batches() of ragged sequences has none. Throws UsageError for a negative maxlen.
Tensor pad_sequences(const std::vector<std::vector<int32_t>>& sequences, const PadOptions& options = {});

}  // namespace grus::data
