#include "tests/random/shrink.h"

#include <fmt/format.h>

namespace grus::test {
namespace {

/// Returns genomes with a step or more cut, then with smaller choices in one.
std::vector<Genome> smaller_genomes(const Genome& genome) {
  std::vector<Genome> result;
  const size_t steps = genome.steps.size();
  for (size_t kept = 0; kept < steps; ++kept) {
    result.push_back(genome);
    for (size_t i = 0; i < steps; ++i) result.back().steps[i].cut |= i != kept;
  }
  for (size_t i = 0; i < steps; ++i)
    if (!genome.steps[i].cut) {
      result.push_back(genome);
      result.back().steps[i].cut = true;
    }
  for (size_t i = 0; i < steps; ++i)
    for (std::vector<uint64_t>& choices : smaller(genome.steps[i].choices)) {
      result.push_back(genome);
      result.back().steps[i].choices = std::move(choices);
    }
  return result;
}

size_t size_of(const Program& program) {
  size_t size = 20 * program.lines.size();
  for (const Program::Given& given : program.given) size += 1 + given.numbers.size();
  return size;
}

/// Compares up to the first digit: numbers and names differ, but no exception stands for a difference.
bool same_kind(const std::string& a, const std::string& b) {
  return !a.empty() && a.substr(0, a.find_first_of("0123456789")) == b.substr(0, b.find_first_of("0123456789"));
}

std::string check(const Checker& checker, const std::function<Program()>& make, Program& program) {
  try {
    program = make();
    return checker.check(program);
  } catch (const std::exception& error) {
    return fmt::format("an exception: {}", error.what());
  }
}

/// Takes fewer devices where one is named, and more runs where threads do not always meet.
void narrow(Checker& checker, const std::string& message) {
  checker.counts = nullptr;
  if (message.find("other bits") != std::string::npos) checker.times = 10;
  for (const Device& device : checker.devices)
    if (message.starts_with(device.name() + " ")) {
      checker.devices = {Device(device)};
      return;
    }
}

}  // namespace

std::optional<Failure> first_failure(uint64_t seed, int64_t count, const std::vector<Statement>& from,
                                     const Checker& checker) {
  for (const uint64_t end = seed + static_cast<uint64_t>(count); seed < end; ++seed) {
    Failure failure{seed};
    failure.message = check(
        checker, [&] { return draw_program(seed, from, failure.genome); }, failure.program);
    if (!failure.message.empty()) return failure;
  }
  return std::nullopt;
}

Failure shrunk(Failure failure, const std::vector<Statement>& from, Checker checker, int runs) {
  narrow(checker, failure.message);
  for (bool progress = true; progress;) {
    progress = false;
    for (Genome& candidate : smaller_genomes(failure.genome)) {
      if (--runs < 0) return failure;
      Failure next{failure.seed, std::move(candidate)};
      next.message = check(
          checker, [&] { return make_program(next.genome, from); }, next.program);
      if (!same_kind(next.message, failure.message) || size_of(next.program) >= size_of(failure.program)) continue;
      failure = std::move(next);
      progress = true;
      break;
    }
  }
  return failure;
}

}  // namespace grus::test
