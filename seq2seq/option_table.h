#pragma once
// The table of a translator's options: flags, config.json and messages all come from it.
#include <string>
#include <string_view>

#include "options/option.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

using options::Option;

options::Table option_table(TrainOptions& options);

/// Returns the value of one flag as text, for messages.
std::string text_of(const TrainOptions& options, std::string_view flag);
std::string text_of(const ModelOptions& options, std::string_view flag);
/// Takes the value of one flag from text. Throws UsageError as options::set does.
void set_option(TrainOptions& options, std::string_view flag, std::string_view text);

/// Throws UsageError for an option that a run in `folder`, begun with `saved`, cannot go on with: the optimizer,
/// whether there are averages, and what its batches are made of.
void require_same_run(const TrainOptions& options, const TrainOptions& saved, std::string_view folder);

}  // namespace grus::seq2seq
