#include "optim/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace grus;
using namespace grus::optim;
using doctest::Approx;

TEST_CASE("schedule: warm-up rises linearly to the schedule that follows") {
  const Schedule s = warmup(4, exponential(0.5));
  CHECK(s(0) == Approx(0.25));
  CHECK(s(1) == Approx(0.5 * 0.5));
  CHECK(s(3) == Approx(0.125));
  CHECK(s(4) == Approx(0.0625));
  CHECK(warmup(0)(0) == 1);
}

TEST_CASE("schedule: step, milestones, exponential, inverse square root and cosine follow their formulas") {
  CHECK(constant()(1000) == 1);
  CHECK(step_decay(10, 0.1)(9) == 1);
  CHECK(step_decay(10, 0.1)(20) == Approx(0.01));
  CHECK(milestones({3, 5}, 0.5)(2) == 1);
  CHECK(milestones({3, 5}, 0.5)(3) == Approx(0.5));
  CHECK(milestones({3, 5}, 0.5)(9) == Approx(0.25));
  CHECK(exponential(0.9)(2) == Approx(0.81));
  CHECK(inverse_square_root(100)(99) == 1);
  CHECK(inverse_square_root(100)(399) == Approx(0.5));
  CHECK(cosine(100)(0) == 1);
  CHECK(cosine(100)(50) == Approx(0.5));
  CHECK(cosine(100, 0.02)(50) == Approx(0.5 * 0.98 + 0.02));
  CHECK(cosine(100, 0.02)(1000) == Approx(0.02));
  CHECK_THROWS_AS(cosine(0), UsageError);
  CHECK_THROWS_AS(exponential(-1), UsageError);
}

TEST_CASE("schedule: a plateau lowers the factor once patience is over, and its state goes on") {
  Plateau p({.factor = 0.5, .patience = 1, .least = 0.2});
  CHECK(p.update(10) == 1);
  CHECK(p.update(9) == 1);
  CHECK(p.update(9) == 1);
  Plateau resumed({.factor = 0.5, .patience = 1, .least = 0.2});
  resumed.load_state(p.state());
  CHECK(p.update(std::nan("")) == 0.5);
  CHECK(resumed.update(9.5) == 0.5);
  p.update(9);
  CHECK(p.update(9) == 0.25);
  p.update(9);
  CHECK(p.update(9) == Approx(0.2));
  Plateau rising({.patience = 0, .larger_is_better = true});
  rising.update(1);
  CHECK(rising.update(2) == 1);
  CHECK(rising.update(1.5) == 0.5);
  CHECK_THROWS_AS(p.load_state({}), DataError);
}
