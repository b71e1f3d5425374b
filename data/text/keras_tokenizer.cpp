#include "data/text/keras_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/unicode.h"

namespace grus::data {
namespace {

void require_utf8(const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    const size_t bad = find_invalid_utf8(texts[i]);
    require<DataError>(bad == std::string::npos, "[keras_tokenizer] need UTF-8, got an invalid byte {} of text {}",
                       bad + 1, i);
  }
}

double weight(MatrixMode mode, double count, double length, double texts, double texts_with) {
  switch (mode) {
    case MatrixMode::binary:
      return 1;
    case MatrixMode::count:
      return count;
    case MatrixMode::freq:
      return count / length;
    case MatrixMode::tfidf:
      return (1 + std::log(count)) * std::log(1 + texts / (1 + texts_with));
  }
  return 0;
}

}  // namespace

KerasTokenizer::KerasTokenizer(KerasTokenizerOptions options) : options_(std::move(options)) {
  require<UsageError>(options_.num_words >= 0, "[keras_tokenizer] need num_words of 0 (no limit) or more, got {}",
                      options_.num_words);
  require<UsageError>(!options_.split.empty(), "[keras_tokenizer] need a text to split at, got an empty one");
  require_utf8({options_.filters, options_.split, options_.oov_token});
}

std::vector<std::string> KerasTokenizer::words(const std::string& text) const {
  std::string plain = options_.lower ? lower_case(text) : text;
  std::vector<std::string> words;
  if (options_.char_level) {
    for (const std::string_view point : split_code_points(plain)) words.emplace_back(point);
    return words;
  }
  std::string clean;
  const std::vector<std::string_view> filters = split_code_points(options_.filters);
  for (const std::string_view point : split_code_points(plain))
    clean += std::find(filters.begin(), filters.end(), point) == filters.end() ? point : options_.split;
  for (size_t begin = 0; begin <= clean.size();) {
    const size_t end = std::min(clean.find(options_.split, begin), clean.size());
    if (end > begin) words.push_back(clean.substr(begin, end - begin));
    begin = end + options_.split.size();
  }
  return words;
}

void KerasTokenizer::fit_on_texts(const std::vector<std::string>& texts) {
  require_utf8(texts);
  for (const std::string& text : texts) {
    const std::vector<std::string> all = words(text);
    counter_.add(all);
    for (const std::string& word : std::set<std::string>(all.begin(), all.end())) ++texts_with_[word];
  }
  documents_ += static_cast<int64_t>(texts.size());
  give_ids();
}

// A word that reads as the oov_token takes the id from it, as in Keras: id 1 is then no word's.
void KerasTokenizer::give_ids() {
  word_index_.clear();
  words_ = {""};
  const auto add = [this](const std::string& word) {
    const auto [at, is_new] = word_index_.emplace(word, static_cast<int32_t>(words_.size()));
    if (!is_new) words_[static_cast<size_t>(at->second)].clear();
    at->second = static_cast<int32_t>(words_.size());
    words_.push_back(word);
  };
  if (!options_.oov_token.empty()) add(options_.oov_token);
  for (const auto& [word, count] : counter_.ranked()) add(word);
  require<DataError>(words_.size() < std::numeric_limits<int32_t>::max(),
                     "[keras_tokenizer] need fewer than 2^31 words, got {}", words_.size());
}

void KerasTokenizer::require_fit() const {
  require<UsageError>(documents_ > 0, "[keras_tokenizer] need fit_on_texts() first, got a tokenizer without words");
}

int32_t KerasTokenizer::oov() const {
  return options_.oov_token.empty() ? 0 : word_index_.find(std::string_view(options_.oov_token))->second;
}

int32_t KerasTokenizer::limited(int32_t id) const {
  const bool known = id > 0 && static_cast<size_t>(id) < words_.size() && !words_[static_cast<size_t>(id)].empty();
  return known && (options_.num_words == 0 || id < options_.num_words) ? id : oov();
}

int64_t KerasTokenizer::vocabulary_size() const {
  return options_.num_words > 0 ? options_.num_words : static_cast<int64_t>(word_index_.size()) + 1;
}

std::vector<std::vector<int32_t>> KerasTokenizer::texts_to_sequences(const std::vector<std::string>& texts) const {
  require_fit();
  require_utf8(texts);
  std::vector<std::vector<int32_t>> sequences;
  for (const std::string& text : texts) {
    std::vector<int32_t>& ids = sequences.emplace_back();
    for (const std::string& word : words(text)) {
      const auto found = word_index_.find(std::string_view(word));
      const int32_t id = limited(found == word_index_.end() ? 0 : found->second);
      if (id > 0) ids.push_back(id);
    }
  }
  return sequences;
}

std::vector<std::string> KerasTokenizer::sequences_to_texts(const std::vector<std::vector<int32_t>>& sequences) const {
  require_fit();
  std::vector<std::string> texts;
  for (const auto& sequence : sequences) {
    std::vector<std::string_view> words;
    for (const int32_t given : sequence)
      if (const int32_t id = limited(given); id > 0) words.emplace_back(words_[static_cast<size_t>(id)]);
    texts.push_back(fmt::format("{}", fmt::join(words, " ")));
  }
  return texts;
}

Tensor KerasTokenizer::texts_to_matrix(const std::vector<std::string>& texts, MatrixMode mode) const {
  const std::vector<std::vector<int32_t>> sequences = texts_to_sequences(texts);
  const auto columns = static_cast<size_t>(vocabulary_size());
  std::vector<float> matrix(sequences.size() * columns, 0);
  for (size_t row = 0; row < sequences.size(); ++row) {
    std::vector<int32_t> ids = sequences[row];
    std::sort(ids.begin(), ids.end());
    for (auto begin = ids.begin(); begin != ids.end();) {
      const auto end = std::upper_bound(begin, ids.end(), *begin);
      const auto id = static_cast<size_t>(*begin);
      const auto texts_with = texts_with_.find(std::string_view(words_[id]));
      const double with = texts_with == texts_with_.end() ? 0 : static_cast<double>(texts_with->second);
      if (id < columns)
        matrix[row * columns + id] =
            static_cast<float>(weight(mode, static_cast<double>(end - begin), static_cast<double>(ids.size()),
                                      static_cast<double>(documents_), with));
      begin = end;
    }
  }
  return Tensor::from(matrix, {static_cast<int64_t>(sequences.size()), static_cast<int64_t>(columns)});
}

}  // namespace grus::data
