#include "report/smooth.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/base/split_mix.h"

using grus::SplitMix;
using grus::report::smoothed;

TEST_CASE("smooth: sums over both sides, weighted by distance, without what is not finite") {
  SplitMix random(1);
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<double>(random.below(1000)));
  values[7] = std::numeric_limits<double>::quiet_NaN();
  values[40] = std::numeric_limits<double>::infinity();
  for (const double weight : {0.5, 0.9}) {
    const std::vector<double> smooth = smoothed(values, weight);
    for (size_t i = 0; i < values.size(); ++i) {
      double sum = 0, weights = 0;
      for (size_t j = 0; j < values.size(); ++j) {
        if (!std::isfinite(values[j])) continue;
        const double w = std::pow(weight, std::abs(static_cast<double>(i) - static_cast<double>(j)));
        sum += w * values[j];
        weights += w;
      }
      CHECK(smooth[i] == doctest::Approx(sum / weights).epsilon(1e-12));
    }
  }
}

TEST_CASE("smooth: with weight 0 values stay, and nothing finite gives NaN") {
  CHECK(smoothed({3, 1, 2}, 0) == std::vector<double>{3, 1, 2});
  CHECK(smoothed({}, 0.5).empty());
  CHECK(std::isnan(smoothed({std::nan("")}, 0.5)[0]));
}
