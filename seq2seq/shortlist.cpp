#include "seq2seq/shortlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/line_reader.h"
#include "data/read/number.h"
#include "data/read/text.h"
#include "data/read/text_writer.h"

namespace grus::seq2seq {
namespace {

using data::WordProbabilities;

// Returns the most frequent ordinary words with their shares of all.
WordProbabilities most_frequent(const std::vector<std::vector<int32_t>>& sentences, int64_t vocabulary, int64_t most) {
  std::vector<int64_t> counts(static_cast<size_t>(vocabulary));
  for (const auto& sentence : sentences)
    for (const int32_t word : sentence) ++counts[static_cast<size_t>(word)];
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  WordProbabilities words;
  for (int32_t word = data::special_count; word < vocabulary; ++word)
    if (const int64_t count = counts[static_cast<size_t>(word)]; count > 0)
      words.push_back({word, static_cast<double>(count) / all});
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  if (std::ssize(words) > most) words.resize(static_cast<size_t>(most));
  return words;
}

// Reads one line of a file; its parts are views of the line.
class Line {
 public:
  Line(std::string_view line, const std::string& file, int64_t number) : file_(file), number_(number) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    const bool three = first != std::string_view::npos && second != std::string_view::npos &&
                       line.find('\t', second + 1) == std::string_view::npos;
    require<DataError>(three, "{}:{}: need SOURCE<TAB>TARGET<TAB>PROBABILITY, got '{}'", file, number, Shown{line});
    source_ = line.substr(0, first);
    target_ = line.substr(first + 1, second - first - 1);
    probability_ = line.substr(second + 1);
  }
  bool is_frequent() const { return source_.empty(); }
  int32_t source(const data::Codec& codec) const { return source_ == "<unk>" ? data::UNK : id(codec, source_); }
  int32_t target(const data::Codec& codec) const { return id(codec, target_); }
  double probability() const {
    const std::optional<double> value = data::parse_number(probability_);
    require<DataError>(value && *value > 0 && *value <= 1, "{}:{}: need a probability above 0, 1 at most, got '{}'",
                       file_, number_, Shown{probability_});
    return *value;
  }

 private:
  int32_t id(const data::Codec& codec, std::string_view piece) const {
    const int32_t id = codec.vocab().id(data::unescape_piece(piece, file_, static_cast<size_t>(number_)));
    require<DataError>(id != data::UNK, "{}:{}: need pieces of the model's vocabulary, got '{}'", file_, number_,
                       Shown{piece});
    return id;
  }
  const std::string& file_;
  int64_t number_;
  std::string_view source_, target_, probability_;
};

void append_lines(data::TextWriter& out, const std::string& source, const WordProbabilities& words,
                  const data::Codec& target) {
  for (const auto& [word, probability] : words)
    out.write(fmt::format("{}\t{}\t{:.6g}\n", source, data::escape_piece(target.vocab().piece(word)), probability));
}

}  // namespace

Shortlist Shortlist::learn(const data::EncodedCorpus& pairs, VocabSizes sizes, const ShortlistOptions& options,
                           const data::AlignerNotice& notice) {
  Shortlist list;
  list.of_source_ = data::translation_probabilities(pairs, options.aligner, notice);
  list.of_source_.resize(static_cast<size_t>(sizes.source));
  for (WordProbabilities& words : list.of_source_) {
    std::erase_if(words, [](const auto& one) { return one.word < data::special_count; });
    if (std::ssize(words) > options.best) words.resize(static_cast<size_t>(options.best));
  }
  list.frequent_ = most_frequent(pairs.target, sizes.target, options.frequent);
  return list;
}

Shortlist Shortlist::read(const std::string& path, const Codecs& codecs) {
  Shortlist list;
  list.of_source_.resize(static_cast<size_t>(codecs.source.size()));
  data::LineReader reader(path);
  while (const std::optional<std::string_view> raw = reader.next()) {
    const std::string text = data::clean_line(*raw, reader.name(), reader.number());
    const Line line(text, reader.name(), reader.number());
    const data::WordProbability one{line.target(codecs.target), line.probability()};
    if (line.is_frequent()) list.frequent_.push_back(one);
    else list.of_source_[static_cast<size_t>(line.source(codecs.source))].push_back(one);
  }
  require<DataError>(list.size() > 0, "{}: need lines SOURCE<TAB>TARGET<TAB>PROBABILITY, got none", path);
  return list;
}

void Shortlist::write(const std::string& path, const Codecs& codecs) const {
  data::TextWriter out(path);
  append_lines(out, "", frequent_, codecs.target);
  for (size_t id = 0; id < of_source_.size(); ++id)
    append_lines(out, data::escape_piece(codecs.source.vocab().piece(static_cast<int64_t>(id))), of_source_[id],
                 codecs.target);
  out.commit();
}

std::vector<int32_t> Shortlist::words(std::span<const int32_t> source) const {
  std::vector<int32_t> all(data::special_count);
  std::iota(all.begin(), all.end(), 0);
  for (const auto& [word, probability] : frequent_) all.push_back(word);
  for (const int32_t id : source)
    for (const auto& [word, probability] : of_source_[static_cast<size_t>(id)]) all.push_back(word);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

int64_t Shortlist::size() const {
  int64_t lines = std::ssize(frequent_);
  for (const WordProbabilities& words : of_source_) lines += std::ssize(words);
  return lines;
}

}  // namespace grus::seq2seq
