#pragma once
// Options by their flags. One table row an option: a command line, config.json and messages all come from it.
//   struct MyOptions { int64_t hidden = 64; Unit unit = Unit::gru; };
//   options::Table table(MyOptions& o) {
//     return {{"hidden", "Model", &o.hidden, "size of the state", 1, 65536},
//             options::words("unit", "Model", options::choice(&o.unit), "of the layers", {"gru", "lstm"})};
//   }
// Sources: option.cpp, options_json.h, options_json.cpp.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace grus::options {

/// A Choice is an enum's value as the place of its word among Option::choices.
struct Choice {
  std::function<size_t()> get;
  std::function<void(size_t)> set;
};
template <class Enum>
Choice choice(Enum* value) {
  return {[value] { return static_cast<size_t>(*value); }, [value](size_t word) { *value = static_cast<Enum>(word); }};
}

/// An Option is one row: the place of a value and the domain of it.
struct Option {
  std::string_view flag;  // without the dashes
  std::string_view group;
  std::variant<std::string*, int64_t*, double*, bool*, Choice> value;
  std::string_view help;
  double low = 0, high = 0;  // of numbers: low <= value <= high (`below`: < high)
  bool below = false;
  std::vector<std::string_view> choices = {};  // the words allowed; empty: any text
  bool of_model = false;                       // it cannot change once a model exists
  std::string_view alias = {};                 // a former flag, which is still understood
  bool saved = true;                           // false: it belongs to a command, and stands in no file
};
using Table = std::vector<Option>;
/// The limits of counts and of other numbers that have none of their own.
inline constexpr double any_count = 1e9, any_number = 1e12;

/// Makes the row of a choice among words, or of a text that is one of them.
Option words(std::string_view flag, std::string_view group, std::variant<std::string*, Choice> value,
             std::string_view help, std::vector<std::string_view> choices);
/// Gives a row the name that it had before.
Option formerly(std::string_view alias, Option row);
/// Joins tables, in their order.
Table joined(std::vector<Table> tables);
/// Marks every row as one of a model, or as one that stands in no file.
Table of_model(Table rows);
Table unsaved(Table rows);

/// Returns the value as text.
std::string text_of(const Option& option);
/// Takes the value from text. Throws UsageError "--hidden: need a whole number from 1 to ..., got -3".
void set(const Option& option, std::string_view text);
/// Returns the row of a flag or of its alias. Throws UsageError "--leyers: there is no such option".
const Option& row_of(const Table& table, std::string_view flag);

/// Given are flags and their values in the order of a command line, without dashes.
using Given = std::vector<std::pair<std::string, std::string>>;
/// Returns what was given for a flag, or null.
const std::string* find(const Given& given, std::string_view flag);

/// A Condition is a flag that is read only beside another one's value.
struct Condition {
  std::string_view flag;
  bool is_read;
  std::string_view need, other;  // what must be said, of which flag
};
/// Throws UsageError "--beta2: need --optimizer adam or adamw with it, got sgd" for what was said and would not be
/// read.
void require_read(const Given& given, const Table& table, const std::vector<Condition>& conditions);

/// Returns all values as text, by their flags.
Given values_of(const Table& table);
/// Throws UsageError "--hidden: need 64 as in FOLDER, got 32" where a row of a model, or one that `flags` names,
/// differs from the saved values.
void require_same(const Table& now, const Given& saved, std::string_view folder,
                  const std::vector<std::string_view>& flags = {});

}  // namespace grus::options
