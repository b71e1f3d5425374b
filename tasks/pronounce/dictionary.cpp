#include "tasks/pronounce/dictionary.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/batch/dataset.h"
#include "data/read/line_reader.h"
#include "data/read/text.h"
#include "data/text/unicode.h"

namespace grus::tasks::pronounce {
namespace {

// Takes "(2)" off "word(2)".
std::string_view without_number(std::string_view word) {
  const size_t open = word.rfind('(');
  const bool numbered = open != std::string_view::npos && open > 0 && word.back() == ')' && word.size() > open + 2 &&
                        word.substr(open + 1, word.size() - open - 2).find_first_not_of("0123456789") == word.npos;
  return numbered ? word.substr(0, open) : word;
}

std::string_view without_stress(std::string_view phone) {
  const bool stressed = phone.size() > 1 && phone.back() >= '0' && phone.back() <= '2';
  return stressed ? phone.substr(0, phone.size() - 1) : phone;
}

std::string_view without_comment(std::string_view line) {
  if (line.starts_with(";;;")) return {};
  return line.substr(0, line.find(" #"));
}

}  // namespace

Dictionary read_dictionary(const std::string& file, bool stress) {
  data::LineReader lines(file);
  Dictionary all;
  std::unordered_map<std::string, size_t> places;
  while (const auto raw = lines.next()) {
    const std::string line = data::clean_line(*raw, lines.name(), lines.number());
    const std::vector<std::string_view> parts = data::split_spaces(without_comment(line));
    if (parts.empty()) continue;
    require<DataError>(parts.size() > 1, "{}:{}: need WORD PHONE PHONE ..., got '{}'", lines.name(), lines.number(),
                       Shown{line});
    std::vector<std::string_view> phones(parts.begin() + 1, parts.end());
    if (!stress) std::transform(phones.begin(), phones.end(), phones.begin(), without_stress);
    const std::string word = data::lower_case(without_number(parts.front()));
    const auto [place, is_new] = places.emplace(word, all.size());
    if (is_new) all.push_back({word, {}, lines.number()});
    std::vector<std::string>& known = all[place->second].pronunciations;
    std::string pronunciation = fmt::format("{}", fmt::join(phones, " "));
    if (std::find(known.begin(), known.end(), pronunciation) == known.end()) known.push_back(std::move(pronunciation));
  }
  require<DataError>(!all.empty(), "{}: need words and their phones, got none", lines.name());
  return all;
}

Parts split_dictionary(const Dictionary& all, double valid, double test, uint64_t seed) {
  try {
    const auto [a, b, c] = data::Dataset<Entry>(all).split({1 - valid - test, valid, test}, {.seed = seed});
    return {a.to_vector(), b.to_vector(), c.to_vector()};
  } catch (const DataError&) {
    fail<DataError>("--hold-valid: need shares that leave a word for each part, got {} and --hold-test {} of {} words",
                    valid, test, all.size());
  }
}

data::ParallelCorpus pairs_of(const Dictionary& dictionary) {
  data::ParallelCorpus pairs;
  for (const Entry& entry : dictionary)
    for (const std::string& pronunciation : entry.pronunciations) {
      pairs.source.push_back(entry.word);
      pairs.target.push_back(pronunciation);
    }
  return pairs;
}

}  // namespace grus::tasks::pronounce
