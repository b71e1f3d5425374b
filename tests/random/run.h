#pragma once
// A program run on a device: results, gradients of their random-weighted sum, and gradients of those weighted so.
#include <map>
#include <string>
#include <vector>

#include "tests/random/program.h"

namespace grus::test {

struct RunOptions {
  int order = 1;  // highest order of gradients: 0, 1 or 2
  /// Every number that is given or rounded is multiplied by 1 + noise or 1 - noise, as noise_seed says, forward and
  /// backward, which is rounding magnified.
  double noise = 0;
  uint64_t noise_seed = 0;
  double along = 0;                                    // the numbers that vary go so far along a random direction
  bool consume = false;                                // gradients free what they use (Tape::take_gradients)
  std::map<std::string, int64_t>* recorded = nullptr;  // counts the tape's records by their ops
};

/// A piece is one tensor of a run.
struct Piece {
  std::string name;
  int order;  // 0: a result, 1: a gradient, 2: a gradient of gradients
  Shape shape;
  std::vector<double> numbers;
  bool on_tape;
};

std::vector<Piece> run(const Program& program, Device device, DType dtype, const RunOptions& options);

/// Returns the sum that gradients are of, from the pieces of a run: of results (order 0), or of gradients (order 1).
double weighted_sum(const Program& program, const std::vector<Piece>& pieces, int order);
/// Returns the derivative of weighted_sum along the direction, from gradients (order 1) or gradients of gradients
/// (order 2); with `absolute` the sum of the absolute values that it adds up.
double slope(const Program& program, const std::vector<Piece>& pieces, int order, bool absolute);

}  // namespace grus::test
