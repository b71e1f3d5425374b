#include "examples/seq2seq/console.h"

#include <unistd.h>

#include "examples/support/program.h"

namespace grus::seq2seq {

bool standard_input_is_terminal() { return isatty(STDIN_FILENO) != 0; }

void say(std::string_view line) { complain(line); }

}  // namespace grus::seq2seq
