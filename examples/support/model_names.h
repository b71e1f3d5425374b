#pragma once
// Models that a command line names: what stands behind --model, --index and the command `models`.
#include <string>

#include "options/option.h"

namespace grus::programs {

/// Tells whether a command has --model.
bool reads_model(const options::Table& table);
/// Puts the paths of models that --model names, one or several between commas, in the place of their names
/// (data::find_model).
void find_models(const options::Table& table);

struct ModelsOptions {
  options::Table table() { return {}; }
};
/// Prints the index: name, megabytes, what it is, and its card. Throws UsageError without one.
int models(ModelsOptions& o, const std::string& command_line);

}  // namespace grus::programs
