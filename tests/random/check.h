#pragma once
// Properties of every program, on every device: the reference's values and gradients, in f64; the same bits twice; and
// derivatives that differences of its values measure.
#include <map>
#include <string>
#include <vector>

#include "tests/random/run.h"

namespace grus::test {

struct Counts {
  int64_t programs = 0, steps = 0;
  int64_t kinks = 0;                        // programs that were set aside, at kinks or lost to rounding
  int64_t second = 0;                       // programs with gradients of gradients
  int64_t slopes = 0, no_slopes = 0;        // derivatives measured by differences, and derivatives too near a kink
  std::map<std::string, int64_t> drawn;     // statements by op
  std::map<std::string, int64_t> recorded;  // records by op
  struct Compared {
    int64_t runs = 0;
    double worst = 0;   // the largest error, as a share of what is allowed
    uint64_t seed = 0;  // the program that has it
  };
  std::map<std::string, Compared> compared;  // by device and dtype
};

struct Checker {
  std::vector<Device> devices;  // besides the reference
  Counts* counts = nullptr;
  int times = 2;  // how often everything is run, for the same bits

  /// Returns "" or what does not hold.
  std::string check(const Program& program) const;
};

/// Opens the cpu's kernels without the fused ones: every op runs its twin.
Device composed_device();

}  // namespace grus::test
