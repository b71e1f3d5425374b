#include "data/pairs/n_best_list.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/line_reader.h"
#include "data/read/number.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr std::string_view between_columns = "|||";

std::vector<std::string_view> split_columns(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const size_t end = line.find(between_columns);
    columns.push_back(trimmed(line.substr(0, end)));
    if (end == line.npos) return columns;
    line.remove_prefix(end + between_columns.size());
  }
}

NBestEntry parse_entry(std::string_view line, std::string_view name, int64_t number) {
  const std::vector<std::string_view> columns = split_columns(line);
  require<DataError>(columns.size() >= 3, "{}:{}: need ID ||| TEXT ||| FEATURES ||| SCORE, got '{}'", name, number,
                     Shown{line});
  NBestEntry entry;
  entry.text = columns[1];
  const std::string_view id = columns[0], score = columns[columns.size() == 3 ? 2 : 3];
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), entry.sentence);
  require<DataError>(error == std::errc() && end == id.data() + id.size() && entry.sentence >= 0,
                     "{}:{}: need the number of a sentence, from 0, got '{}'", name, number, Shown{id});
  const std::optional<double> value = parse_number(score);
  require<DataError>(value && !std::isnan(*value), "{}:{}: need a score, got '{}'", name, number, Shown{score});
  entry.score = *value;
  if (columns.size() > 3) entry.features = columns[2];
  return entry;
}

}  // namespace

std::string format_n_best(const NBestEntry& entry) {
  return fmt::format("{} ||| {} ||| {} ||| {:.6f}", entry.sentence, entry.text, entry.features, entry.score);
}

std::vector<NBestEntry> read_n_best(const std::string& file) {
  LineReader lines(file);
  std::vector<NBestEntry> entries;
  while (const auto raw = lines.next()) {
    NBestEntry entry = parse_entry(clean_line(*raw, lines.name(), lines.number()), lines.name(), lines.number());
    const int64_t before = entries.empty() ? 0 : entries.back().sentence;
    require<DataError>(entry.sentence >= before, "{}:{}: need sentences in order, got {} behind {}", lines.name(),
                       lines.number(), entry.sentence, before);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace grus::data
