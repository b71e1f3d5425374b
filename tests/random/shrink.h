#pragma once
// Programs drawn one after another, and the first that fails made small.
#include <optional>

#include "tests/random/check.h"

namespace grus::test {

struct Failure {
  uint64_t seed;
  Program program;  // shrunk
  std::string message, first_message;
};

/// Checks `count` programs from `seed` on; the first that fails, shrunk.
std::optional<Failure> first_failure(uint64_t seed, int64_t count, const std::vector<Statement>& from,
                                     const Checker& checker);

/// The message of a program, or of the exception that drawing or running it threw; "" when all holds.
std::string failure_of(const Genome& genome, const std::vector<Statement>& from, const Checker& checker,
                       Program& program);

}  // namespace grus::test
