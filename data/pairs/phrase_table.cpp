#include "data/pairs/phrase_table.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/number.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr std::string_view bar = "|||";

// Returns the text before the separator; `text` keeps what follows, or becomes empty with `found` false.
std::string_view cut(std::string_view& text, std::string_view separator, bool& found) {
  const size_t at = text.find(separator);
  found = at != std::string_view::npos;
  const std::string_view before = text.substr(0, at);
  text = found ? text.substr(at + separator.size()) : std::string_view();
  return before;
}

std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> values;
  for (const std::string_view score : split_spaces(text)) {
    if (const std::optional<double> value = parse_number(score)) values.push_back(*value);
  }
  return values;
}

}  // namespace

std::vector<double> PhraseLine::score_values() const { return numbers_of(scores); }

std::vector<double> PhraseLine::counts() const {
  std::string_view fields = rest;
  bool more = false;
  for (int field = 0; field < 2; ++field) cut(fields, bar, more);  // the text before the first bar; the links
  return columns ? std::vector<double>() : numbers_of(cut(fields, bar, more));
}

std::vector<std::string> PhraseLine::further_columns() const {
  std::vector<std::string> found;
  std::string_view text = rest;
  bool more = false;
  cut(text, "\t", more);
  while (columns && more) found.push_back(collapse_spaces(cut(text, "\t", more)));
  return found;
}

void PhraseLine::add_score(double score) {
  const std::string value = fmt::format("{:.6g}", score);
  if (columns) rest += "\t" + value;
  else scores += (scores.empty() ? "" : " ") + value;
}

std::string PhraseLine::text() const {
  return columns ? source + "\t" + target + rest : source + " ||| " + target + " ||| " + scores + rest;
}

PhraseLine parse_phrase_line(std::string_view raw, std::string_view name, int64_t number) {
  const std::string line = clean_line(raw, name, number);
  PhraseLine parsed;
  std::string_view text = line;
  bool more = false, scored = false;
  parsed.columns = text.find(bar) == std::string_view::npos;
  require<DataError>(!parsed.columns || text.find('\t') != std::string_view::npos,
                     "{}:{}: need 'source ||| target ||| scores' or 'source<TAB>target', got neither", name, number);
  const std::string_view separator = parsed.columns ? "\t" : bar;
  parsed.source = collapse_spaces(cut(text, separator, more));
  parsed.target = collapse_spaces(cut(text, separator, scored));
  require<DataError>(!parsed.source.empty(), "{}:{}: need a source phrase, got none", name, number);
  require<DataError>(!parsed.target.empty(), "{}:{}: need a target phrase, got none", name, number);
  if (parsed.columns) {
    if (scored) parsed.rest = "\t" + std::string(text);
    return parsed;
  }
  require<DataError>(scored, "{}:{}: need scores after the target phrase, got none", name, number);
  parsed.scores = collapse_spaces(cut(text, bar, more));
  if (more) parsed.rest = " |||" + std::string(text);
  for (const std::string_view score : split_spaces(parsed.scores))
    require<DataError>(parse_number(score).has_value(), "{}:{}: need numbers as scores, got '{}'", name, number,
                       Shown{score});
  return parsed;
}

std::optional<PhraseLine> PhraseTableReader::next() {
  while (const std::optional<std::string_view> line = lines_.next()) {
    try {
      return parse_phrase_line(*line, lines_.name(), lines_.number());
    } catch (const DataError& error) {
      if (!skip_bad_) throw;
      if (skipped_++ == 0) first_error_ = error.what();
    }
  }
  return std::nullopt;
}

std::string PhraseTableReader::notice() const {
  if (skipped_ == 0) return "";
  return fmt::format("{} of {} lines skipped; the first: {}", skipped_, lines_.number(), first_error_);
}

}  // namespace grus::data
