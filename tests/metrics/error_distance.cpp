// Distances of errors from those of normal rows; golden.cpp compares them with scikit-learn's.
#include "metrics/error_distance.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::metrics;
using test::message_of;

TEST_CASE("error distance: one column is the square of its deviations") {
  const ErrorDistance distance({1, 3, 1, 3}, 1);  // mean 2, deviation 1
  const std::vector<double> scores = distance.scores({2, 5, 0});
  CHECK(scores[0] == doctest::Approx(0));
  CHECK(scores[1] == doctest::Approx(9));
  CHECK(scores[2] == doctest::Approx(4));
}

TEST_CASE("error distance: a missing number deviates by nothing, a row without any has no score") {
  const double none = std::nan("");
  const ErrorDistance distance({1, 0, 3, 4, 1, 4, 3, 0, none, 2}, 2);
  const std::vector<double> scores = distance.scores({5, none, 5, 2, none, none});
  CHECK(scores[0] == doctest::Approx(scores[1]));
  CHECK(std::isnan(scores[2]));
}

TEST_CASE("error distance: columns that always err alike are taken, what cannot be measured is refused") {
  const ErrorDistance same({1, 1, 2, 2, 3, 3, 4, 4}, 2);
  CHECK(std::isfinite(same.scores({2, 3})[0]));
  CHECK(same.scores({2, 3})[0] > 1e6);  // they never differed
  CHECK(message_of([] {
          ErrorDistance({1, 2}, 2);
        }) == "[ErrorDistance] need at least 3 rows of 2 errors, got 2 numbers");
  CHECK(message_of([] { (void)ErrorDistance().scores({1}); }) == "[ErrorDistance] need normal rows before scores");
  CHECK(message_of([] {
          ErrorDistance({std::nan(""), std::nan("")}, 1);
        }) == "[ErrorDistance] need a number in column 0, got none");
  CHECK(message_of([] {
          (void)ErrorDistance::of(Tensor::zeros({2, 2}, DType::f64));
        }) == "[ErrorDistance] need a tensor (C + 1, C), got (2, 2)");
}
