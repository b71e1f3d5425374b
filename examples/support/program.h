#pragma once
// A program's standard streams and its exit code.
#include <functional>
#include <string>
#include <string_view>

namespace grus {

/// Prints one line on standard error, of several ranks on the leader's; where nobody can read it, nothing.
void complain(std::string_view line);

/// Runs the program. The exit code is what `run` returns; after an error of one line it is 2 for UsageError, else 1,
/// and 1 as well when standard output did not take all. Closed standard streams stay so: no file takes their place.
/// One line of warning names the variables GRUS_... of the environment that nothing reads.
int run_program(const std::string& name, const std::function<int()>& run);

}  // namespace grus
