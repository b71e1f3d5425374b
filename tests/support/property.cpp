#include "tests/support/property.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

namespace grus::test {
namespace {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

std::string outcome(const Property& property, Choices& choices) {
  try {
    return property(choices);
  } catch (const std::exception& error) {
    return fmt::format("an exception: {}", error.what());
  }
}

std::string shrunk(const Property& property, std::vector<uint64_t> choices, std::string message) {
  int runs_left = 2000;
  for (bool progress = true; progress && runs_left > 0;) {
    progress = false;
    for (const std::vector<uint64_t>& candidate : smaller(choices)) {
      if (--runs_left <= 0) break;
      Choices replay(candidate);
      std::string found = outcome(property, replay);
      if (found.empty()) continue;
      choices = candidate;
      message = std::move(found);
      progress = true;
      break;
    }
  }
  return message;
}

}  // namespace

std::string first_failure(int cases, const Property& property) {
  const uint64_t first = number_of("GRUS_SEED", 1), count = number_of("GRUS_CASES", static_cast<uint64_t>(cases));
  for (uint64_t seed = first; seed < first + count; ++seed) {
    Choices choices(seed);
    const std::string message = outcome(property, choices);
    if (message.empty()) continue;
    return fmt::format("{}\n(again: GRUS_SEED={} GRUS_CASES=1; as drawn: {})",
                       shrunk(property, choices.made(), message), seed, message);
  }
  return "";
}

void check_property(int cases, const Property& property) {
  const std::string message = first_failure(cases, property);
  if (!message.empty()) FAIL(message);
}

}  // namespace grus::test
