#pragma once
// The learning-rate range test (Smith 2017, section 3.3): the rate rises from step to step until the loss diverges.
//   const RangeTest test = lr_range_test(model, optimizer, [&] { return loss_of(model, batches.next()); });
//   write_file_atomically("rates.html", test.page());
//   optimizer.set_lr(test.steepest);
// Sources: lr_range_test.cpp, lr_range_test_page.cpp.
#include <functional>
#include <string>
#include <vector>

#include "nn/module.h"

namespace grus::optim {
class Optimizer;
}

namespace grus::training {

struct RangeTestOptions {
  double from = 1e-7,
         to = 10;  // rates of the first group at the first and the last step; other groups keep their ratio
  int64_t steps = 100;
  double smoothing = 0.85;  // a loss weighs smoothing^distance for the smoothed one of a step so far away
  double divergence = 4;    // the test ends when the moving loss exceeds the least one by (divergence - 1) |least one|
  double clip = 0;          // the largest norm of all gradients together; 0: no limit
};

struct RangeTestPoint {
  double lr, loss, smoothed;
};

struct RangeTest {
  std::vector<RangeTestPoint> points;  // one a step, in the order of the rates
  bool diverged = false;
  // Suggested rates; NaN where the smoothed loss never fell.
  double steepest;        // where the smoothed loss falls most by ln(rate)
  double tenth_of_least;  // a tenth of the rate at which it is least

  /// Returns the loss by the rate as an SVG file of its own.
  std::string picture() const;
  /// Returns a page in one file with the picture, both suggestions and the steps.
  std::string page() const;
};

/// Takes `steps` steps whose rate rises from `from` to `to` by a constant ratio; next_loss() returns the loss () of the
/// next batch. Afterwards weights, buffers, optimizer and default_rng() have their bits back, also when it throws;
/// gradients are dropped, and an attached average rests. Throws UsageError for options out of range, Error for a first
/// loss that is not finite.
RangeTest lr_range_test(nn::ModuleBase& model, optim::Optimizer& optimizer, const std::function<Tensor()>& next_loss,
                        const RangeTestOptions& options = {});

}  // namespace grus::training
