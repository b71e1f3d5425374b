#pragma once
// A test that cannot run here says why, and is counted as skipped instead of passed.
#include <string_view>

namespace grus::test {

/// Counts the running test case as skipped and prints why. Use: `if (!found) return test::skip("no data");`
void skip(std::string_view reason);

}  // namespace grus::test
