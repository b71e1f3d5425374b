#pragma once
// From flags, files and saved models to one set of options.
#include <string>
#include <utility>
#include <vector>

#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Flags of a training run as they were given, without dashes; "config" and "paper" are among them.
using Given = std::vector<std::pair<std::string, std::string>>;

/// Defaults, then --paper, --config, the saved options of --resume or --init-from, then the flags. Throws UsageError
/// for values out of range and for flags that would change a saved model.
TrainOptions resolve_options(const Given& given, const TrainOptions& defaults = {});

/// The same without saved options and flags: what --arch, --paper and --config make of the defaults.
TrainOptions recipe_options(const Given& given, const TrainOptions& defaults = {});

/// What no single option can see: files missing from the command line, ties that need equal sizes. Throws UsageError.
void check_options(const TrainOptions& options);

}  // namespace grus::seq2seq
