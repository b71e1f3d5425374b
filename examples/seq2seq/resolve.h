#pragma once
// Flags, files and saved models become one set of options.
#include <string>

#include "options/option.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Given are the flags of a training run; "config" and "paper" are among them.
using options::Given;

/// Returns the defaults, changed by --paper or --protocol, --config, the saved options of --resume or --init-from, and
/// the flags, in this order. Throws UsageError for values out of range and for flags that would change a saved model.
TrainOptions resolve_options(const Given& given, const TrainOptions& defaults = {});

/// Returns the defaults, changed by --arch, --paper, --protocol and --config alone.
TrainOptions recipe_options(const Given& given, const TrainOptions& defaults = {});

/// Throws UsageError for what no single option can see: files missing from the command line, ties that need equal
/// sizes.
void check_options(const TrainOptions& options);

}  // namespace grus::seq2seq
