#include "training/step_curve.h"

#include <doctest/doctest.h>

#include "core/base/error.h"

using namespace grus;
using training::StepCurve;
using training::StepPoint;

namespace {

StepPoint at(int64_t step) { return {step, static_cast<double>(step), 2 * static_cast<double>(step), 0.5}; }

bool same(const std::vector<StepPoint>& a, const std::vector<StepPoint>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].step != b[i].step || a[i].loss != b[i].loss || a[i].grad_norm != b[i].grad_norm ||
        a[i].learning_rate != b[i].learning_rate)
      return false;
  return true;
}

}  // namespace

TEST_CASE("step curve: few steps are points of their own, many are means of neighbours within the bound") {
  StepCurve curve;
  for (int64_t step = 1; step <= 1023; ++step) curve.add(at(step));
  CHECK(curve.points().size() == 1023);
  CHECK(curve.points()[10].loss == 11);
  for (int64_t step = 1024; step <= 100000; ++step) curve.add(at(step));
  const std::vector<StepPoint> points = curve.points();
  CHECK(points.size() < StepCurve::most);
  CHECK(points.size() > StepCurve::most / 2);
  CHECK(points.back().step == 100000);
  int64_t before = 0;
  for (const StepPoint& p : points) {  // the mean of before + 1 ... p.step
    CHECK(p.loss == doctest::Approx(static_cast<double>(before + 1 + p.step) / 2));
    CHECK(p.grad_norm == doctest::Approx(2 * p.loss));
    CHECK(p.learning_rate == doctest::Approx(0.5));
    before = p.step;
  }
}

TEST_CASE("step curve: from a saved state it goes on to the same points") {
  StepCurve whole, first, second;
  for (int64_t step = 1; step <= 5000; ++step) {
    whole.add(at(step));
    if (step <= 3333) first.add(at(step));
  }
  second.load_state(first.state());
  for (int64_t step = 3334; step <= 5000; ++step) second.add(at(step));
  CHECK(same(whole.points(), second.points()));
}

TEST_CASE("step curve: what lies behind a step is forgotten") {
  StepCurve curve;
  for (int64_t step = 1; step <= 20; ++step) curve.add(at(step));
  curve.cut_after(12);
  CHECK(curve.points().back().step == 12);
  curve.cut_after(0);
  CHECK(curve.points().empty());
}

TEST_CASE("step curve: a state of other tensors is refused") {
  StepCurve curve;
  curve.add(at(1));
  nn::NamedTensors state = curve.state();
  CHECK_THROWS_AS(curve.load_state({}), DataError);
  state[0].tensor = Tensor::from(std::vector<int64_t>{0});
  CHECK_THROWS_AS(curve.load_state(state), DataError);
  state = curve.state();
  state[1].tensor = Tensor::from(std::vector<double>{-1, 1, 0, 0, 0}, {1, 5});
  CHECK_THROWS_AS(curve.load_state(state), DataError);
  state[1].tensor = Tensor::from(std::vector<double>{1, 1, 0, 0}, {1, 4});
  CHECK_THROWS_AS(curve.load_state(state), DataError);
  CHECK(curve.points().size() == 1);
}
