#include "examples/seq2seq/ensemble.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "examples/seq2seq/likelihood.h"

namespace grus::seq2seq {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Judge load_judge(const std::string& text) {
  const size_t at = text.rfind('=');
  double weight = 0;
  const char* end = text.data() + text.size();
  const auto parsed = at == std::string::npos ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                                              : std::from_chars(text.data() + at + 1, end, weight);
  require<UsageError>(at > 0 && parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(weight),
                      "--rescore: need DIR=WEIGHT, got '{}'", text);
  return {ModelFolder(text.substr(0, at)).load(), weight};
}

using Shares = std::vector<std::vector<double>>;

/// Adds weight * log p / words^A for each translation; where the search found nothing to say there is nothing to judge.
void add_shares(const Judge& judge, const std::vector<std::string>& lines,
                const std::vector<std::vector<Translation>>& translations, Shares& shares) {
  const Codecs& codecs = judge.saved.codecs;
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
  const std::vector<double> log_p = log_probabilities(*judge.saved.model, pairs);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto [n, k] = places[i];
    const Translation& t = translations[n][k];
    const double penalty = t.log_probability == 0 ? 1 : t.score / t.log_probability;  // 1 / words^A
    shares[n][k] += judge.weight * log_p[i] * penalty;
  }
}

}  // namespace

Ensemble::Ensemble(const std::string& folders, const std::vector<std::string>& judges) {
  for (const std::string& folder : split(folders, ',')) {
    require<UsageError>(!folder.empty(), "--model: need DIR or DIR,DIR, got '{}'", folders);
    models_.push_back(ModelFolder(folder).load());
    require<DataError>(models_.back().codecs.target.vocab() == first().codecs.target.vocab(),
                       "{}: need the target vocabulary of the first model to search together, got another", folder);
  }
  for (const std::string& judge : judges) judges_.push_back(load_judge(judge));
}

std::vector<std::vector<Translation>> Ensemble::translate(const std::vector<std::string>& lines,
                                                          const SearchOptions& given) const {
  std::vector<Speaker> speakers;
  for (const SavedModel& saved : models_) speakers.push_back({saved.model.get(), &saved.codecs});
  SearchOptions options = given;
  if (!judges_.empty()) options.n_best = options.beam;
  std::vector<std::vector<Translation>> translations = seq2seq::translate(speakers, lines, options);
  if (judges_.empty()) return translations;
  Shares shares;
  for (const std::vector<Translation>& found : translations) shares.emplace_back(found.size());
  for (const Judge& judge : judges_) add_shares(judge, lines, translations, shares);
  for (size_t n = 0; n < translations.size(); ++n) {
    std::vector<Translation>& best = translations[n];
    for (size_t k = 0; k < best.size(); ++k) best[k].score += shares[n][k];
    std::stable_sort(best.begin(), best.end(),
                     [](const Translation& a, const Translation& b) { return a.score > b.score; });
    if (best.size() > static_cast<size_t>(given.n_best)) best.resize(static_cast<size_t>(given.n_best));
  }
  return translations;
}

std::vector<std::string> Ensemble::translate_best(const std::vector<std::string>& lines,
                                                  const SearchOptions& options) const {
  std::vector<std::string> best;
  for (std::vector<Translation>& translations : translate(lines, options))
    best.push_back(std::move(translations.front().text));
  return best;
}

}  // namespace grus::seq2seq
