// Random programs on every device there is: ./dev random.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/base/op.h"
#include "tests/random/shrink.h"
#include "tests/support/devices.h"

using namespace grus;
using namespace grus::test;

namespace {

struct Arguments {
  uint64_t seed = 1;
  int64_t count = 1000;
  int failures = 1, times = 2;
  std::string only;
  bool complete = false, show = false;
};

void parse(CLI::App& app, Arguments& arguments) {
  app.add_option("--seed", arguments.seed, "of the first program");
  app.add_option("--count", arguments.count, "programs")->check(CLI::PositiveNumber);
  app.add_option("--failures", arguments.failures, "end after so many")->check(CLI::PositiveNumber);
  app.add_option("--times", arguments.times, "that each is run, for the same bits")->check(CLI::Range(2, 1000));
  app.add_option("--only", arguments.only, "statements whose op has this in its name");
  app.add_flag("--complete", arguments.complete, "fail when an op was never drawn or never recorded");
  app.add_flag("--show", arguments.show, "print each program");
}

void print_counts(const Counts& counts, bool with_ops) {
  fmt::print("{} programs of {} steps, {} ops drawn, {} recorded; {} with second order\n", counts.programs,
             counts.steps, counts.drawn.size(), counts.recorded.size(), counts.second);
  fmt::print("{} set aside at kinks or lost to rounding; {} derivatives measured, {} too near a kink\n", counts.kinks,
             counts.slopes, counts.no_slopes);
  for (const auto& [name, compared] : counts.compared)
    fmt::print("  {:<16} {:>8} runs; the largest error took {:.1f} % of what is allowed (seed {})\n", name,
               compared.runs, 100 * compared.worst, compared.seed);
  if (!with_ops) return;
  std::string drawn, recorded;
  for (const auto& [op, count] : counts.drawn) drawn += fmt::format(" {} {}", op, count);
  for (const auto& [op, count] : counts.recorded) recorded += fmt::format(" {} {}", op, count);
  fmt::print("drawn:{}\nrecorded:{}\n", drawn, recorded);
}

/// Lists the statements and ops that no program had.
std::string missing(const Counts& counts) {
  std::string names;
  for (const Statement& statement : statements())
    if (!counts.drawn.contains(statement.op)) names += " " + statement.op;
  for (const Op* op : Op::all())
    if (!counts.recorded.contains(op->name())) names += fmt::format(" {} (recorded)", op->name());
  return names;
}

void print(const Failure& failure, const std::string& as_drawn, const Arguments& arguments) {
  fmt::print("failed: {}\n  as drawn: {}\n  again: ./dev random --seed {} --count 1{}\n{}", failure.message, as_drawn,
             failure.seed, arguments.only.empty() ? "" : " --only '" + arguments.only + "'",
             to_string(failure.program));
}

int run_programs(const Arguments& arguments) {
  const std::vector<Statement> from = statements_of(arguments.only);
  require<UsageError>(!from.empty(), "need an op that has '{}' in its name, got none", arguments.only);
  Counts counts;
  Checker checker{{composed_device()}, &counts, arguments.times};
  for (const Device& device : every_device())
    if (device != every_device().front()) checker.devices.push_back(device);
  if (arguments.show)
    for (uint64_t seed = arguments.seed; seed < arguments.seed + static_cast<uint64_t>(arguments.count); ++seed) {
      Genome genome;
      fmt::print("seed {}:\n{}", seed, to_string(draw_program(seed, from, genome)));
    }
  const uint64_t end = arguments.seed + static_cast<uint64_t>(arguments.count);
  int failures = 0;
  for (uint64_t seed = arguments.seed; seed < end && failures < arguments.failures; ++failures) {
    const auto failure = first_failure(seed, static_cast<int64_t>(end - seed), from, checker);
    if (!failure) break;
    print(shrunk(*failure, from, checker), failure->message, arguments);
    seed = failure->seed + 1;
  }
  print_counts(counts, arguments.count > 1);
  if (failures > 0) return 1;
  const std::string never = arguments.complete ? missing(counts) : "";
  if (!never.empty()) fmt::print("failed: never drawn:{}\n", never);
  return never.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Random programs of public ops, on every device of GRUS_TEST_DEVICES");
  Arguments arguments;
  parse(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run_programs(arguments);
} catch (const std::exception& error) {
  fmt::print(stderr, "random: {}\n", error.what());
  return 1;
}
