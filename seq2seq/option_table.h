#pragma once
// Options by their flags. One table row an option: flags, config.json and messages all come from it.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "seq2seq/options.h"

namespace grus::seq2seq {

/// A Choice is an enum's value as the place of its word among Option::choices.
struct Choice {
  std::function<size_t()> get;
  std::function<void(size_t)> set;
};

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
};

std::vector<Option> option_table(TrainOptions& options);

/// text_of returns the value as text; set_option takes it from text and throws UsageError "--hidden: need a whole
/// number from 1 to ..., got -3".
std::string text_of(const Option& option);
/// Returns the value of one flag as text, for messages.
std::string text_of(const TrainOptions& options, std::string_view flag);
std::string text_of(const ModelOptions& options, std::string_view flag);
void set_option(TrainOptions& options, std::string_view flag, std::string_view text);

/// Throws UsageError for an option that a run in `folder`, begun with `saved`, cannot go on with: the optimizer,
/// whether there are averages, and what its batches are made of.
void require_same_run(const TrainOptions& options, const TrainOptions& saved, std::string_view folder);

}  // namespace grus::seq2seq
