#include "tests/random/shrink.h"

#include <fmt/format.h>

namespace grus::test {
namespace {

/// Genomes with a step or more cut, then with smaller choices in one.
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

/// Up to the first digit: numbers and names differ, but no exception stands for a difference.
bool same_kind(const std::string& a, const std::string& b) {
  return !a.empty() && a.substr(0, a.find_first_of("0123456789")) == b.substr(0, b.find_first_of("0123456789"));
}

void shrink(Failure& failure, Genome genome, const std::vector<Statement>& from, Checker checker) {
  checker.counts = nullptr;
  int runs_left = 1000;
  for (bool progress = true; progress;) {
    progress = false;
    for (const Genome& candidate : smaller_genomes(genome)) {
      if (--runs_left < 0) return;
      Program program;
      std::string message = failure_of(candidate, from, checker, program);
      if (!same_kind(message, failure.message) || size_of(program) >= size_of(failure.program)) continue;
      genome = candidate;
      failure.program = std::move(program);
      failure.message = std::move(message);
      progress = true;
      break;
    }
  }
}

}  // namespace

std::string failure_of(const Genome& genome, const std::vector<Statement>& from, const Checker& checker,
                       Program& program) {
  try {
    program = make_program(genome, from);
    return checker.check(program);
  } catch (const std::exception& error) {
    return fmt::format("an exception: {}", error.what());
  }
}

std::optional<Failure> first_failure(uint64_t seed, int64_t count, const std::vector<Statement>& from,
                                     const Checker& checker) {
  for (uint64_t last = seed + static_cast<uint64_t>(count); seed < last; ++seed) {
    Genome genome{seed, {}};
    Failure failure{seed, {}, {}, {}};
    try {
      failure.program = draw_program(seed, from, genome);
      failure.message = checker.check(failure.program);
    } catch (const std::exception& error) {
      failure.message = fmt::format("an exception: {}", error.what());
    }
    if (failure.message.empty()) continue;
    failure.first_message = failure.message;
    shrink(failure, std::move(genome), from, checker);
    return failure;
  }
  return std::nullopt;
}

}  // namespace grus::test
