#include "seq2seq/translator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {
namespace {

using Shares = std::vector<std::vector<double>>;

/// Adds weight * log p / words^A for each translation. A line in which the search found no words has no share.
void add_shares(const SavedModel& judge, double weight, const std::vector<std::string>& lines,
                const std::vector<std::vector<Translation>>& translations, Shares& shares) {
  const Codecs& codecs = judge.codecs;
  data::EncodedCorpus pairs;
  std::vector<std::pair<size_t, size_t>> places;
  for (size_t n = 0; n < lines.size(); ++n) {
    const std::vector<int32_t> source = codecs.source.encode(lines[n]);
    for (size_t k = 0; k < translations[n].size() && !source.empty(); ++k) {
      pairs.source.push_back(source);
      pairs.target.push_back(codecs.target.encode(translations[n][k].text));
      places.emplace_back(n, k);
    }
  }
  if (places.empty()) return;
  const std::vector<double> log_p = log_probabilities(*judge.model, pairs);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto [n, k] = places[i];
    const Translation& t = translations[n][k];
    const double penalty = t.log_probability == 0 ? 1 : t.score / t.log_probability;  // 1 / words^A
    shares[n][k] += weight * log_p[i] * penalty;
  }
}

Alignment alignment_of(const Hypothesis& hypothesis, const std::vector<int32_t>& source, const Codecs& codecs) {
  if (hypothesis.weights.empty()) return {};
  Alignment alignment{codecs.source.pieces(source), codecs.target.pieces(hypothesis.ids), hypothesis.weights};
  if (hypothesis.finished) alignment.target.emplace_back("<eos>");
  return alignment;
}

std::vector<std::string> best_of(std::vector<std::vector<Translation>> translations) {
  std::vector<std::string> best;
  for (std::vector<Translation>& found : translations) best.push_back(std::move(found.front().text));
  return best;
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
      translations.push_back({codecs.target.decode(h.ids), h.score, h.log_probability,
                              alignment_of(h, sources[0][line], codecs), std::ssize(h.ids) + (h.finished ? 1 : 0)});
    ++line;
  }
  return results;
}

std::vector<std::vector<Translation>> translate(const Architecture& model, const Codecs& codecs,
                                                const std::vector<std::string>& lines, const SearchOptions& options) {
  const Speaker alone{&model, &codecs};
  return translate({&alone, 1}, lines, options);
}

std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, const SearchOptions& options) {
  return best_of(translate(model, codecs, lines, options));
}

// A rank's message has a line "number length" ahead of the bytes of each translation.
std::vector<std::string> translate_best(const Architecture& model, const Codecs& codecs,
                                        const std::vector<std::string>& lines, SearchOptions options,
                                        parallel::Communicator& ranks) {
  if (!ranks.several()) return translate_best(model, codecs, lines, options);
  options.part = ranks.rank();
  options.parts = ranks.size();
  std::vector<std::vector<Translation>> own = translate(model, codecs, lines, options);
  std::string message;
  for (size_t n = 0; n < own.size(); ++n)
    if (!own[n].empty()) message += fmt::format("{} {}\n{}", n, own[n].front().text.size(), own[n].front().text);
  std::vector<std::string> all(lines.size());
  for (const std::string& text : ranks.gather("translations", message))
    for (size_t at = 0; at < text.size();) {
      const size_t space = text.find(' ', at), line = text.find('\n', at);
      const size_t n = std::stoul(text.substr(at, space - at)), size = std::stoul(text.substr(space + 1, line - space));
      all.at(n) = text.substr(line + 1, size);
      at = line + 1 + size;
    }
  return all;
}

Translator::Translator(const std::vector<std::filesystem::path>& folders, const std::vector<Judge>& judges) {
  require<UsageError>(!folders.empty(), "[Translator] need a model's folder, got none");
  for (const std::filesystem::path& folder : folders) {
    models_.push_back(ModelFolder::of(folder.string()).load());
    require<DataError>(models_.back().codecs.target.vocab() == first().codecs.target.vocab(),
                       "{}: need the target vocabulary of the first model to search together, got another",
                       folder.string());
  }
  for (const Judge& judge : judges) {
    require<UsageError>(std::isfinite(judge.weight), "[Translator] need a finite weight for {}, got {}",
                        judge.folder.string(), judge.weight);
    judges_.push_back(ModelFolder::of(judge.folder.string()).load());
    weights_.push_back(judge.weight);
  }
}

Translator::Translator(const std::filesystem::path& folder) : Translator(std::vector{folder}) {}

std::vector<std::vector<int32_t>> Translator::prefixes(const std::vector<std::string>& texts, std::string_view name,
                                                       int64_t line) const {
  const data::Codec& codec = first().codecs.target;
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts) {
    ids.push_back(codec.encode(text));
    const auto unknown = std::find(ids.back().begin(), ids.back().end(), data::UNK);
    if (unknown != ids.back().end())
      fail<DataError>("{}:{}: need a prefix that the model can say, got '{}', which is not in its vocabulary", name,
                      line, Shown{codec.tokenizer().tokenize(text)[static_cast<size_t>(unknown - ids.back().begin())]});
    ++line;
  }
  return ids;
}

std::vector<std::vector<Translation>> Translator::n_best(const std::vector<std::string>& lines,
                                                         const SearchOptions& given) const {
  const NoGrad no_grad;
  require_translatable(lines, "lines");
  for (size_t n = 0; n < lines.size(); ++n) {
    const size_t bad = data::find_invalid_utf8(lines[n]);
    require<DataError>(bad == std::string::npos, "lines:{}: invalid UTF-8 at byte {}", n + 1, bad + 1);
  }
  std::vector<Speaker> speakers;
  for (const SavedModel& saved : models_) speakers.push_back({saved.model.get(), &saved.codecs});
  SearchOptions options = given;
  if (!judges_.empty() && !options.sample) options.n_best = options.beam;
  std::vector<std::vector<Translation>> translations = translate(speakers, lines, options);
  if (judges_.empty()) return translations;
  Shares shares;
  for (const std::vector<Translation>& found : translations) shares.emplace_back(found.size());
  for (size_t j = 0; j < judges_.size(); ++j) add_shares(judges_[j], weights_[j], lines, translations, shares);
  for (size_t n = 0; n < translations.size(); ++n) {
    std::vector<Translation>& best = translations[n];
    for (size_t k = 0; k < best.size(); ++k) best[k].score += shares[n][k];
    std::stable_sort(best.begin(), best.end(),
                     [](const Translation& a, const Translation& b) { return a.score > b.score; });
    if (best.size() > static_cast<size_t>(given.n_best)) best.resize(static_cast<size_t>(given.n_best));
  }
  return translations;
}

std::vector<std::string> Translator::operator()(const std::vector<std::string>& lines,
                                                const SearchOptions& options) const {
  return best_of(n_best(lines, options));
}

std::string Translator::operator()(const std::string& line, const SearchOptions& options) const {
  return std::move((*this)(std::vector{line}, options).front());
}

}  // namespace grus::seq2seq
