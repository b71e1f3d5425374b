#pragma once
// Programs drawn one after another, and one that fails made small.
#include <optional>

#include "tests/random/check.h"

namespace grus::test {

struct Failure {
  uint64_t seed = 0;
  Genome genome = {};
  Program program = {};
  std::string message = {};  // what does not hold, or the exception that drawing or running it threw
};

/// Checks `count` programs from `seed` on, as far as the first that fails.
std::optional<Failure> first_failure(uint64_t seed, int64_t count, const std::vector<Statement>& from,
                                     const Checker& checker);

/// Returns the smallest that was found to fail in the same way, after at most so many runs.
Failure shrunk(Failure failure, const std::vector<Statement>& from, Checker checker, int runs = 1000);

}  // namespace grus::test
