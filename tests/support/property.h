#pragma once
// Properties are tried on many generated cases. A case is made from a list of choices, so a failing one is shrunk by
// making its choices smaller, and a seed names it: GRUS_SEED=N GRUS_CASES=1 runs it again.
#include <functional>
#include <string>

#include "tests/support/choices.h"

namespace grus::test {

/// A property returns "" when it holds; otherwise what was tried and what came out. An exception is a failure too.
using Property = std::function<std::string(Choices&)>;

/// Returns the message of the first failing case, shrunk, with its seed; "" when there is none. GRUS_SEED sets the
/// first seed, GRUS_CASES the number of cases.
std::string first_failure(int cases, const Property& property);

/// Fails the running test case when a case fails.
void check_property(int cases, const Property& property);

}  // namespace grus::test
