#include "seq2seq/protocols/listings.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/unaccented.h"
#include "data/text/unicode.h"

namespace grus::seq2seq {
namespace {

constexpr int64_t keras_lines = 10000;

// Returns each source that is no training source, once, with all of its translations.
data::ReferenceCorpus unseen(const data::ParallelCorpus& pairs, const data::ParallelCorpus& train) {
  const std::unordered_set<std::string> seen(train.source.begin(), train.source.end());
  std::unordered_map<std::string, size_t> places;
  data::ReferenceCorpus text;
  for (size_t n = 0; n < pairs.source.size(); ++n) {
    if (seen.count(pairs.source[n])) continue;
    const auto [place, is_new] = places.try_emplace(pairs.source[n], text.source.size());
    if (is_new) {
      text.source.push_back(pairs.source[n]);
      text.references.emplace_back();
    }
    text.references[place->second].push_back(pairs.target[n]);
  }
  return text;
}

void require_letters(const std::string& text, int64_t most, const std::string& file, size_t line) {
  const int64_t letters = std::ssize(data::split_code_points(text));
  require<DataError>(letters <= most, "{}:{}: need at most {} letters because of --protocol keras-listing, got {}",
                     file, line + 1, most, letters);
}

}  // namespace

Corpora read_keras_listing(const TrainOptions& o) {
  const data::ParallelCorpus lines = data::read_tsv(o.train);
  const auto used = static_cast<size_t>(std::min(lines.size(), keras_lines));
  const size_t train = used - used / 5;
  require<DataError>(used / 5 > 0, "{}: need 5 lines at least because of --protocol keras-listing, got {}", o.train,
                     used);
  Corpora corpora;
  data::ParallelCorpus rest;
  for (size_t n = 0; n < used; ++n) {
    require_letters(lines.source[n], keras_source_letters, o.train, n);
    require_letters(lines.target[n], keras_target_steps - 2, o.train, n);
    data::ParallelCorpus& split = n < train ? corpora.train : rest;
    split.source.push_back(lines.source[n]);
    split.target.push_back(lines.target[n]);
  }
  corpora.valid.source = rest.source;
  for (const std::string& target : rest.target) corpora.valid.references.push_back({target});
  corpora.test = unseen(rest, corpora.train);
  corpora.source_name = "English", corpora.target_name = "French";
  return corpora;
}

namespace {

constexpr std::string_view beginnings[] = {"i am ",   "i m ",    "he is",  "he s ",  "she is",   "she s ",
                                           "you are", "you re ", "we are", "we re ", "they are", "they re "};

// The listing splits at single spaces.
bool is_short(std::string_view sentence) { return std::count(sentence.begin(), sentence.end(), ' ') + 1 < 10; }

data::ParallelCorpus short_pairs(const std::string& file) {
  const data::ParallelCorpus lines = data::read_tsv(file);
  data::ParallelCorpus pairs;
  for (size_t n = 0; n < lines.source.size(); ++n) {
    std::string english = ascii_sentence(lines.source[n]), french = ascii_sentence(lines.target[n]);
    const bool begins = std::any_of(std::begin(beginnings), std::end(beginnings),
                                    [&](std::string_view one) { return english.compare(0, one.size(), one) == 0; });
    if (!begins || !is_short(english) || !is_short(french)) continue;
    pairs.source.push_back(std::move(french));
    pairs.target.push_back(std::move(english));
  }
  require<DataError>(
      pairs.size() > 0,
      "{}: need ENGLISH<TAB>FRENCH pairs of fewer than 10 words that begin as 'I am' or 'He is', got none", file);
  return pairs;
}

}  // namespace

std::string ascii_sentence(std::string_view text) {
  std::vector<data::CodePoint> points = data::decode_utf8(text);
  while (!points.empty() && data::is_space(points.back().value)) points.pop_back();
  size_t first = 0;
  while (first < points.size() && data::is_space(points[first].value)) ++first;
  std::string stripped;
  for (size_t i = first; i < points.size(); ++i) stripped += points[i].bytes;
  std::string sentence;
  for (const char c : data::unaccented(data::lower_case(stripped))) {
    const bool is_mark = c == '.' || c == '!' || c == '?';
    const bool is_kept = is_mark || (c >= 'a' && c <= 'z');
    if ((is_mark || !is_kept) && (sentence.empty() || sentence.back() != ' ')) sentence += ' ';
    if (is_kept) sentence += c;
  }
  return sentence;
}

Corpora read_pytorch_listing(const TrainOptions& o) {
  constexpr int64_t samples = 1000;
  Corpora corpora;
  corpora.train = short_pairs(o.train);
  const int64_t count = std::min(samples, corpora.train.size());
  for (int64_t n = 0; n < count; ++n) {
    const auto pair = static_cast<size_t>(n * corpora.train.size() / count);
    corpora.valid.source.push_back(corpora.train.source[pair]);
    corpora.valid.references.push_back({corpora.train.target[pair]});
  }
  if (!o.test.empty()) {
    corpora.test = unseen(short_pairs(o.test), corpora.train);
    require<DataError>(corpora.test.size() > 0, "{}: need sources that are not in {}, got none", o.test, o.train);
  }
  corpora.source_name = "French", corpora.target_name = "English";
  return corpora;
}

}  // namespace grus::seq2seq
