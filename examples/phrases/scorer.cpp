#include "examples/phrases/scorer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/read/line_reader.h"
#include "data/read/text.h"
#include "examples/support/program.h"
#include "seq2seq/likelihood.h"
#include "tasks/base/machine.h"

namespace grus::phrases {
namespace {

seq2seq::SavedModel load(const UseOptions& options) {
  tasks::use_machine(options.machine);
  return seq2seq::ModelFolder::of(options.model).load();
}

bool has_unknown(const std::vector<int32_t>& ids) { return std::find(ids.begin(), ids.end(), data::UNK) != ids.end(); }

}  // namespace

Scorer::Scorer(const UseOptions& options) : options_(options), saved_(load(options)) {}

std::vector<double> Scorer::operator()(const std::vector<std::string>& sources,
                                       const std::vector<std::string>& targets) {
  const data::EncodedCorpus ids{saved_.codecs.source.encode(sources), saved_.codecs.target.encode(targets)};
  for (size_t n = 0; n < ids.source.size(); ++n) unknown_ += has_unknown(ids.source[n]) || has_unknown(ids.target[n]);
  return seq2seq::log_probabilities(*saved_.model, ids, options_.batch_tokens);
}

void Scorer::report_unknown(int64_t pairs) const {
  if (unknown_ > 0)
    complain(
        fmt::format("{} of {} pairs have words that the model does not know: they count as <unk>", unknown_, pairs));
}

std::vector<std::string> phrases_to_use(const std::vector<std::string>& given) {
  std::vector<std::string> phrases;
  const auto add = [&](std::string_view text, std::string_view name, int64_t number) {
    phrases.push_back(data::collapse_spaces(data::clean_line(text, name, number)));
    require<DataError>(!phrases.back().empty(), "{}:{}: need a phrase, got a blank line", name, number);
  };
  for (const std::string& phrase : given) add(phrase, "argument", static_cast<int64_t>(phrases.size()) + 1);
  if (!given.empty()) return phrases;
  data::LineReader lines("-");
  while (const auto line = lines.next()) add(*line, lines.name(), lines.number());
  return phrases;
}

}  // namespace grus::phrases
