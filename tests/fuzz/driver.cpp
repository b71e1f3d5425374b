// Runs every target on inputs that follow from a seed: `driver RUNS [TARGET [SEED [FIRST]]]`. Each target has a process
// of its own, so that one that ends it is told from the others, with the run that did it: `driver 1 TARGET SEED RUN`
// repeats that run.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/target.h"

namespace {

using grus::fuzz::Target;

struct Counts {
  uint64_t run, accepted;
};

struct Order {
  uint64_t runs = 1000, seed = 1, first = 0;
};

// An input of at most 256 kB may take so many seconds, on a busy machine and with sanitizers.
constexpr unsigned most_seconds = 120;

[[noreturn]] void run(const Target& target, const Order& order, Counts& counts) {
  const std::vector<std::string> seeds = target.seeds();
  for (counts.run = order.first; counts.run < order.first + order.runs; ++counts.run) {
    ::alarm(most_seconds);
    counts.accepted += attempt(target, grus::fuzz::mutate(seeds, (order.seed << 40) + counts.run));
  }
  std::exit(0);
}

bool passes(const Target& target, const Order& order, Counts& counts) {
  counts = {};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) run(target, order, counts);
  int status = 0;
  ::waitpid(child, &status, 0);
  const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (good) {
    fmt::print("{}: {} runs, {} accepted\n", target.name, order.runs, counts.accepted);
  } else {
    const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                                : fmt::format("exit code {}", WEXITSTATUS(status));
    fmt::print("failed: {}: run {} of seed {} ended the process ({})\n", target.name, counts.run, order.seed, how);
  }
  return good;
}

}  // namespace

int main(int count, char** arguments) {
  Order order;
  const auto number = [&](int at, uint64_t otherwise) {
    return count > at ? std::strtoull(arguments[at], nullptr, 10) : otherwise;
  };
  order.runs = number(1, order.runs), order.seed = number(3, order.seed), order.first = number(4, order.first);
  const std::string only = count > 2 ? arguments[2] : "all";
  void* shared = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  auto& counts = *new (shared) Counts{};
  int passed = 0, failed = 0;
  for (const Target& target : grus::fuzz::targets())
    if (only == "all" || only == target.name) ++(passes(target, order, counts) ? passed : failed);
  fmt::print("{} passed, {} failed, 0 skipped\n", passed, failed);
  return failed > 0 || passed == 0;
}
