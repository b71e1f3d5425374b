#include "options/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::options {
namespace {

template <class T>
T parse_number(const Option& option, std::string_view text, const char* kind) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  const auto number = static_cast<double>(value);
  const bool inside = number >= option.low && (option.below ? number < option.high : number <= option.high);
  if (whole && inside) return value;
  const std::string limit =
      option.high < any_count ? fmt::format(" {} {}", option.below ? "to below" : "to", option.high) : "";
  fail("--{}: need {} from {}{}, got '{}'", option.flag, kind, option.low, limit, Shown{text});
}

}  // namespace

Option words(std::string_view flag, std::string_view group, std::variant<std::string*, Choice> value,
             std::string_view help, std::vector<std::string_view> choices) {
  Option row{flag, group, static_cast<std::string*>(nullptr), help};
  std::visit([&](auto& place) { row.value = std::move(place); }, value);
  row.choices = std::move(choices);
  return row;
}

Option formerly(std::string_view alias, Option row) {
  row.alias = alias;
  return row;
}

Table joined(std::vector<Table> tables) {
  Table all;
  for (Table& rows : tables) std::move(rows.begin(), rows.end(), std::back_inserter(all));
  return all;
}

Table of_model(Table rows) {
  for (Option& row : rows) row.of_model = true;
  return rows;
}

Table unsaved(Table rows) {
  for (Option& row : rows) row.saved = false;
  return rows;
}

std::string text_of(const Option& option) {
  if (auto* whole = std::get_if<int64_t*>(&option.value)) return fmt::format("{}", **whole);
  if (auto* real = std::get_if<double*>(&option.value)) return fmt::format("{}", **real);
  if (auto* flag = std::get_if<bool*>(&option.value)) return **flag ? "true" : "false";
  if (auto* word = std::get_if<Choice>(&option.value)) return std::string(option.choices[word->get()]);
  return *std::get<std::string*>(option.value);
}

void set(const Option& option, std::string_view text) {
  if (auto* whole = std::get_if<int64_t*>(&option.value)) {
    **whole = parse_number<int64_t>(option, text, "a whole number");
  } else if (auto* real = std::get_if<double*>(&option.value)) {
    **real = parse_number<double>(option, text, "a number");
  } else if (auto* flag = std::get_if<bool*>(&option.value)) {
    require<UsageError>(text == "true" || text == "false", "--{}: need true or false, got '{}'", option.flag,
                        Shown{text});
    **flag = text == "true";
  } else {
    const auto word = std::find(option.choices.begin(), option.choices.end(), text);
    const bool known = option.choices.empty() || word != option.choices.end();
    require<UsageError>(known, "--{}: need {}, got '{}'", option.flag, fmt::join(option.choices, " or "), Shown{text});
    if (const Choice* chosen = std::get_if<Choice>(&option.value))
      return chosen->set(static_cast<size_t>(word - option.choices.begin()));
    const size_t bad = data::find_invalid_utf8(text);
    require<UsageError>(bad == text.npos, "--{}: need text in UTF-8, got a bad byte at place {}", option.flag, bad + 1);
    *std::get<std::string*>(option.value) = text;
  }
}

const Option& row_of(const Table& table, std::string_view flag) {
  const auto is_it = [&](const Option& row) { return row.flag == flag || (!row.alias.empty() && row.alias == flag); };
  const auto at = std::find_if(table.begin(), table.end(), is_it);
  require<UsageError>(at != table.end(), "--{}: there is no such option", Shown{flag});
  return *at;
}

const std::string* find(const Given& given, std::string_view flag) {
  const auto at = std::find_if(given.begin(), given.end(), [&](const auto& pair) { return pair.first == flag; });
  return at == given.end() ? nullptr : &at->second;
}

void require_read(const Given& given, const Table& table, const std::vector<Condition>& conditions) {
  for (const Condition& c : conditions)
    require<UsageError>(c.is_read || !find(given, c.flag), "--{}: need --{} {} with it, got {}", c.flag, c.other,
                        c.need, text_of(row_of(table, c.other)));
}

Given values_of(const Table& table) {
  Given values;
  for (const Option& row : table) values.emplace_back(row.flag, text_of(row));
  return values;
}

void require_same(const Table& now, const Given& saved, std::string_view folder,
                  const std::vector<std::string_view>& flags) {
  for (const Option& row : now) {
    if (!row.of_model && std::find(flags.begin(), flags.end(), row.flag) == flags.end()) continue;
    const std::string* then = find(saved, row.flag);
    require<UsageError>(then && *then == text_of(row), "--{}: need {} as in {}, got {}", row.flag,
                        then ? *then : "none", folder, text_of(row));
  }
}

}  // namespace grus::options
