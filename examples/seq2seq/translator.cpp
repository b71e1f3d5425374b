#include "examples/seq2seq/translator.h"

namespace grus::seq2seq {
namespace {

Alignment alignment_of(const Hypothesis& hypothesis, const std::vector<int32_t>& source, const Codecs& codecs) {
  if (hypothesis.weights.empty()) return {};
  Alignment alignment{codecs.source.pieces(source), codecs.target.pieces(hypothesis.ids), hypothesis.weights};
  if (hypothesis.finished) alignment.target.emplace_back("<eos>");
  return alignment;
}

}  // namespace

void require_translatable(const std::vector<std::string>& lines, std::string_view file) {
  for (size_t n = 0; n < lines.size(); ++n)
    require<DataError>(lines[n].size() <= longest_line, "{}:{}: need a line of at most {} bytes, got one of {}", file,
                       n + 1, longest_line, lines[n].size());
}

void require_translatable(const data::ReferenceCorpus& text, std::string_view file) {
  require_translatable(text.source, file);
  for (size_t n = 0; n < text.references.size(); ++n)
    for (const std::string& reference : text.references[n])
      require<DataError>(reference.size() <= longest_line, "{}:{}: need references of at most {} bytes, got one of {}",
                         file, n + 1, longest_line, reference.size());
}

std::vector<std::vector<Translation>> translate(std::span<const Speaker> models, const std::vector<std::string>& lines,
                                                const SearchOptions& options) {
  std::vector<std::vector<std::vector<int32_t>>> sources;
  for (const Speaker& one : models) sources.push_back(one.codecs->source.encode(lines));
  std::vector<Searcher> searchers;
  for (size_t m = 0; m < models.size(); ++m) searchers.push_back({models[m].model, &sources[m]});
  const Codecs& codecs = *models.front().codecs;
  std::vector<std::vector<Translation>> results;
  size_t line = 0;
  for (const std::vector<Hypothesis>& found : search(searchers, options)) {
    std::vector<Translation>& translations = results.emplace_back();
    for (const Hypothesis& h : found)
      translations.push_back(
          {codecs.target.decode(h.ids), h.score, h.log_probability, alignment_of(h, sources[0][line], codecs)});
    ++line;
  }
  return results;
}

std::vector<std::vector<Translation>> translate(const Architecture& model, const Codecs& codecs,
                                                const std::vector<std::string>& lines, const SearchOptions& options) {
  const Speaker alone{&model, &codecs};
  return translate({&alone, 1}, lines, options);
}

Alignment in_words(const Alignment& pieces) {
  constexpr std::string_view mark = "▁";
  // words[i]: the word that piece i belongs to
  const auto group = [&](const std::vector<std::string>& side, std::vector<std::string>& words) {
    bool marked = false;
    for (const std::string& piece : side) marked |= piece.starts_with(mark);
    std::vector<size_t> word_of;
    for (const std::string& piece : side) {
      const bool begins = !marked || piece.starts_with(mark) || piece.starts_with("<");
      if (words.empty() || begins) words.emplace_back();
      words.back() += marked && piece.starts_with(mark) ? piece.substr(mark.size()) : piece;
      word_of.push_back(words.size() - 1);
    }
    return word_of;
  };
  Alignment joined;
  const std::vector<size_t> columns = group(pieces.source, joined.source), rows = group(pieces.target, joined.target);
  std::vector<float> counts(joined.target.size());
  for (const size_t row : rows) counts[row] += 1;
  joined.weights.resize(joined.target.size() * joined.source.size());
  for (size_t t = 0; t < rows.size(); ++t)
    for (size_t s = 0; s < columns.size(); ++s)
      joined.weights[rows[t] * joined.source.size() + columns[s]] +=
          pieces.weights[t * columns.size() + s] / counts[rows[t]];
  return joined;
}

std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, const SearchOptions& options) {
  std::vector<std::string> best;
  for (std::vector<Translation>& translations : translate(model, codecs, lines, options))
    best.push_back(std::move(translations.front().text));
  return best;
}

}  // namespace grus::seq2seq
