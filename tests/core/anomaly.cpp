// Anomaly mode: the op and place that the message names in each case.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/scope.h"
#include "core/watch/anomaly.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

using namespace grus;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor numbers(std::initializer_list<double> values, const Shape& shape) { return Tensor::from<double>(values, shape); }

}  // namespace

TEST_CASE("anomaly mode: a result that becomes bad from good inputs names its op and its first bad entry") {
  const AnomalyWatch watch;
  Tape tape;
  const Tensor x = tape.watch(numbers({1, 2, 0, -1}, {2, 2}));
  CHECK_THROWS_WITH_AS(
      log(x), "[log] need finite numbers, the result of shape (2, 2) became bad from good inputs: entry (1, 0) is -inf",
      Error);
}

TEST_CASE("anomaly mode: the message has the path of the module that ran the op") {
  const AnomalyWatch watch;
  Tape tape;
  const Tensor x = tape.watch(numbers({-1}, {1}));
  current_scope() = "encoder.gru";
  CHECK_THROWS_WITH_AS(log(x),
                       "[log in encoder.gru] need finite numbers, the result of shape (1) became bad from good inputs: "
                       "entry (0) is nan",
                       Error);
  current_scope() = "";
}

TEST_CASE("anomaly mode: a parameter that is bad already is named at its first use, also when the result is good") {
  const Ref<Leaf> w = Leaf::create(numbers({1, 2, 3, not_a_number}, {2, 2}));
  const AnomalyWatch watch;
  Tape tape;
  CHECK_THROWS_WITH_AS(
      w->tensor().rows(0, 1),
      "[rows] need finite numbers, got them bad already: parameter 0 of shape (2, 2): entry (1, 1) is nan", Error);
}

TEST_CASE("anomaly mode: a constant input that is bad already is named, not the op that met it") {
  const Ref<Leaf> w = Leaf::create(numbers({1, 2}, {2}));
  const Tensor data = numbers({1, std::numeric_limits<double>::infinity()}, {2});
  const AnomalyWatch watch;
  Tape tape;
  CHECK_THROWS_WITH_AS(
      w->tensor() * data,
      "[mul] need finite numbers, got them bad already: constant input 1 of shape (2): entry (1) is inf", Error);
}

TEST_CASE("anomaly mode: a gradient that becomes bad names op, input and entry") {
  const Ref<Leaf> w = Leaf::create(numbers({4, 0}, {2}));
  const AnomalyWatch watch;
  Tape tape;
  const Tensor loss = sum(sqrt(w->tensor()));
  CHECK_THROWS_WITH_AS(tape.backward(loss),
                       "[sqrt backward] need finite gradients, that of input 0 of shape (2) became bad from good ones: "
                       "entry (1) is inf",
                       Error);
}

TEST_CASE("anomaly mode: a seed gradient that is bad already is named as such") {
  const Ref<Leaf> w = Leaf::create(numbers({4, 1}, {2}));
  const AnomalyWatch watch;
  Tape tape;
  const Tensor y = square(w->tensor());
  CHECK_THROWS_WITH_AS(tape.backward(y, numbers({1, not_a_number}, {2})),
                       "[square backward] need finite gradients, got one that was bad already: of result 0 of shape "
                       "(2): entry (1) is nan",
                       Error);
}

TEST_CASE("anomaly mode: finite numbers whose sum overflows are no anomaly") {
  const float large = 3e38f;
  const AnomalyWatch watch;
  Tape tape;
  const Tensor x = tape.watch(Tensor::from<float>({large, large, large}, {3}));
  CHECK_NOTHROW(abs(x));
}
