// Counts what the kernel table costs, in instructions: a 1-element add through it and bypassing it, and a training
// step.
//   ./dev bench indirection      runs itself under `valgrind --tool=callgrind` with two counts each, and subtracts
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "core/backends/cpu/entries.h"
#include "core/base/error.h"
#include "core/base/threads.h"
#include "core/device/kernel_calls.h"
#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "tests/devices/translator.h"

using namespace grus;

namespace {

/// Adds through the table, as an op does.
void add_through_table(const View& y, const View& x, Device device) {
  device.check(device.kernels().binary(device.context(), BinaryOp::add, y, x, x), "add");
}
/// This function stands in the table of `cpu`.
void add_bypassing(const View& y, const View& x, Device device) {
  device.check(cpu::binary(device.context(), BinaryOp::add, y, x, x), "add");
}

class Calls : public KernelObserver {
 public:
  void called(const KernelCall&) override { ++count; }
  int64_t count = 0;
};

/// Trains the small translator of tests/devices, with so little work that a call weighs more than in any real step.
void train(int64_t steps) {
  test::Training training;
  const test::Sentences batch = test::sentences(6, 7, 1);
  for (int64_t step = 0; step < steps; ++step) (void)training.step(batch);
}

void work(const std::string& what, int64_t count) {
  const Device device("cpu");
  const Tensor x = Tensor::ones({1});
  Tensor y = Tensor::ones({1});
  const View from = Raw::view(x), to = Raw::write_view(y);
  if (what == "table")
    for (int64_t i = 0; i < count; ++i) add_through_table(to, from, device);
  if (what == "direct")
    for (int64_t i = 0; i < count; ++i) add_bypassing(to, from, device);
  if (what == "op")
    for (int64_t i = 0; i < count; ++i) y = x + x;
  if (what == "step") train(count);
}

double instructions(const std::string& self, const std::string& what, int64_t count) {
  const std::string line = fmt::format(
      "valgrind --tool=callgrind --callgrind-out-file=/dev/null '{}' --what {} --count {} 2>&1", self, what, count);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(line.c_str(), "r"), pclose);
  double found = -1;
  char text[4096];
  while (pipe && std::fgets(text, sizeof text, pipe.get())) {
    const std::string_view read(text);
    if (const size_t at = read.find("Collected : "); at != read.npos) found = std::atof(text + at + 12);
  }
  require<UsageError>(found > 0, "need valgrind with callgrind, got nothing from: {}", line);
  return found;
}

/// Returns the cost of one `what`: what comes before and after is in both counts.
double each(const std::string& self, const std::string& what, int64_t few, int64_t many) {
  return (instructions(self, what, many) - instructions(self, what, few)) / static_cast<double>(many - few);
}

void compare(const std::string& self) {
  const double table = each(self, "table", 1000, 11000), direct = each(self, "direct", 1000, 11000),
               op = each(self, "op", 1000, 11000), step = each(self, "step", 3, 13);
  train(2);
  Calls calls;
  {
    const KernelObserverScope watching(calls);
    train(11);
  }
  const double of_ten = static_cast<double>(calls.count);
  Calls first;
  {
    const KernelObserverScope watching(first);
    train(1);
  }
  const double a_step = (of_ten - static_cast<double>(first.count)) / 10;
  fmt::print(
      "1-element add: {:.0f} instructions through the table, {:.0f} with it bypassed, {:.0f} as an op (x + x)\n"
      "training step: {:.2f} million instructions, {:.0f} kernel calls; the table's part is {:.3f} %\n",
      table, direct, op, step * 1e-6, a_step, 100 * a_step * (table - direct) / step);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string what;
  int64_t count = 1;
  CLI::App app("Instructions of the kernel table: a 1-element add with and without it, and a training step");
  app.add_option("--what", what, "only run: table, direct, op or step")
      ->check(CLI::IsMember({"table", "direct", "op", "step"}));
  app.add_option("--count", count)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  set_num_threads(1);
  if (what.empty()) compare(std::filesystem::read_symlink("/proc/self/exe"));
  else work(what, count);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench indirection: {}\n", error.what());
  return 1;
}
