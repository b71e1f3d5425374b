#pragma once
// The standard streams of a run.
#include <string_view>

namespace grus::seq2seq {

bool standard_input_is_terminal();

/// Writes one line on standard error.
void say(std::string_view line);

}  // namespace grus::seq2seq
