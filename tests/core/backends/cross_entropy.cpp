// Softmax cross-entropy in place, with smoothing and ignored rows.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

struct LossCase {
  int64_t rows, classes;
  double smoothing = 0, scale = 1;
  int64_t ignore = -100;
  DType dtype = DType::f64;
  bool gradient = true, with_nll = true;
  Values weight = {};
};

struct LossOutputs {
  Values losses, nll, logits;
};

LossOutputs run(const Backend& backend, const LossCase& c, const Values& logits, const Values& targets,
                DType id_type = DType::i32) {
  const auto rows = static_cast<size_t>(c.rows);
  const Array x(backend, c.dtype, logits), ids(backend, id_type, targets), losses(backend, c.dtype, Values(rows, 9)),
      nll(backend, c.dtype, Values(rows, 9));
  CrossEntropyArgs args{
      x.matrix(c.rows, c.classes), ids.row(), losses.column(), {}, c.smoothing, c.scale, c.ignore, c.gradient, {}};
  if (c.with_nll) args.nll = nll.column();
  const Array weight(backend, c.dtype, c.weight);
  if (!c.weight.empty()) args.weight = weight.row();
  CHECK(backend.table.cross_entropy(backend.context, args) == Status::ok);
  return {losses.values(), nll.values(), x.values()};
}

}  // namespace

TEST_CASE("cross_entropy: known losses and gradients, plain, smoothed and ignored") {
  const double two = std::log(2.0), three = std::log(3.0);
  const Values logits = {0, two, three, 0, two, three};  // p = 1/6, 2/6, 3/6
  const double nll = three, even = (std::log(6.) + three + two) / 3;
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (DType dtype : float_types)
      for (DType id_type : {DType::i32, DType::i64}) {
        const double tolerance = tolerance_of(dtype, 1e-6, 1e-14);
        const LossOutputs plain = run(backend, {2, 3, 0, 0.5, -100, dtype}, logits, {1, -100}, id_type);
        check_near(plain.losses, {nll / 2, 0}, tolerance, "losses");
        check_near(plain.nll, {nll, 0}, tolerance, "nll");
        check_near(plain.logits, {1. / 12, -4. / 12, 3. / 12, 0, 0, 0}, tolerance, "gradient");
        const LossOutputs smooth = run(backend, {2, 3, 0.3, 1, 2, dtype}, logits, {1, 2}, id_type);
        check_near(smooth.losses, {0.7 * nll + 0.3 * even, 0}, tolerance, "smoothed losses");
        check_near(smooth.nll, {nll, 0}, tolerance, "nll is not smoothed");
        check_near(smooth.logits, {1. / 6 - 0.1, 2. / 6 - 0.8, 3. / 6 - 0.1, 0, 0, 0}, tolerance, "smoothed gradient");
      }
  }
}

TEST_CASE("cross_entropy: class weights scale the target's share and each class's part of the smoothing") {
  const double two = std::log(2.0), three = std::log(3.0), six = std::log(6.0);
  const Values logits = {0, two, three, 0, two, three}, weight = {0.5, 2, 4};  // p = 1/6, 2/6, 3/6
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (DType dtype : float_types) {
      const double tolerance = tolerance_of(dtype, 1e-6, 1e-14);
      const LossOutputs plain = run(backend, {2, 3, 0, 0.5, -100, dtype, true, true, weight}, logits, {1, -100});
      check_near(plain.losses, {three, 0}, tolerance, "losses");
      check_near(plain.nll, {three, 0}, tolerance, "nll is not weighted");
      check_near(plain.logits, {1. / 6, -4. / 6, 3. / 6, 0, 0, 0}, tolerance, "gradient");
      const LossOutputs smooth = run(backend, {2, 3, 0.3, 1, 2, dtype, true, true, weight}, logits, {1, 2});
      const double all = 0.7 * 2 + 0.1 * 6.5;
      check_near(smooth.losses, {1.4 * three + 0.1 * (0.5 * six + 2 * three + 4 * two), 0}, tolerance,
                 "smoothed losses");
      check_near(smooth.logits, {all / 6 - 0.05, all * 2 / 6 - 0.2 - 1.4, all / 2 - 0.4, 0, 0, 0}, tolerance,
                 "smoothed gradient");
      const Values ones(3, 1);
      const LossOutputs even = run(backend, {2, 3, 0.3, 1, 2, dtype, true, true, ones}, logits, {1, 2}),
                        none = run(backend, {2, 3, 0.3, 1, 2, dtype}, logits, {1, 2});
      check_near(joined({even.losses, even.nll, even.logits}), joined({none.losses, none.nll, none.logits}), tolerance,
                 "weights of 1");
    }
  }
}

TEST_CASE("cross_entropy: without gradient the logits stay, and nll may be absent") {
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    const Values logits = spread(3 * 17, 1);
    const LossCase c{3, 17, 0.1, 1, 5, DType::f64, false, false};
    const LossOutputs out = run(backend, c, logits, {0, 5, 16});
    check_near(out.logits, logits, 0, "logits");
    check_near(out.nll, Values(3, 9), 0, "nll is not touched");
    check_near(out.losses, run(backend, {3, 17, 0.1, 1, 5}, logits, {0, 5, 16}).losses, 1e-14, "losses");
  }
}

TEST_CASE("cross_entropy: large logits do not overflow, nor do small ones vanish") {
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (DType dtype : float_types) {
      const LossOutputs out = run(backend, {1, 3, 0, 1, -100, dtype}, {1000, -1000, 1000}, {1});
      check_near(joined({out.losses, out.logits}), {2000 + std::log(2.0), 0.5, -1, 0.5}, 1e-6, backend.table.name);
      const LossOutputs first_small = run(backend, {1, 3, 0, 1, -100, dtype}, {-1000, 1000, 1000}, {0});
      check_near(joined({first_small.losses, first_small.logits}), {2000 + std::log(2.0), -1, 0.5, 0.5}, 1e-6,
                 backend.table.name);
      const LossOutputs low = run(backend, {1, 3, 0, 1, -100, dtype}, {-1000, -1000, -1000}, {1});
      check_near(joined({low.losses, low.logits}), {std::log(3.0), 1. / 3, -2. / 3, 1. / 3}, 1e-6, backend.table.name);
    }
  }
}

TEST_CASE("cross_entropy: a class forbidden by -inf has no share, no gradient and no loss of its own") {
  const double e = std::exp(1.0), p = 1 / (1 + e);
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (DType dtype : float_types)
      for (size_t padding : {0, 40}) {  // more forbidden classes, to fill vectors
        const double tolerance = tolerance_of(dtype, 1e-6, 1e-14);
        const Values none(padding, 0), low(padding, -infinity);
        const Values logits = joined({{1, -infinity, 2}, low});
        const auto classes = static_cast<int64_t>(logits.size());
        const LossOutputs out = run(backend, {1, classes, 0, 0.5, -100, dtype}, logits, {0});
        check_near(out.losses, {0.5 * (1 + std::log(1 + std::exp(-1.0)))}, tolerance, "loss");
        check_near(out.nll, {1 + std::log(1 + std::exp(-1.0))}, tolerance, "nll");
        check_near(out.logits, joined({{0.5 * (p - 1), 0, 0.5 * (1 - p)}, none}), tolerance, "gradient");
        const LossOutputs ignored = run(backend, {1, classes, 0.1, 1, 0, dtype}, logits, {0});
        check_near(joined({ignored.losses, ignored.nll, ignored.logits}), Values(logits.size() + 2, 0), 0, "ignored");
      }
  }
}

TEST_CASE("cross_entropy: what no class can explain is infinitely wrong; what is not a number stays so") {
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (DType dtype : float_types) {
      const auto of = [&](const Values& logits, double smoothing) {
        const LossOutputs out = run(backend, {1, 3, smoothing, 1, -100, dtype}, logits, {1});
        return joined({out.losses, out.nll, out.logits});
      };
      const double tolerance = tolerance_of(dtype, 1e-6, 1e-14), half = std::log(2.0), nan = not_a_number;
      CAPTURE(std::string(backend.table.name));
      check_near(of({0, -infinity, 0}, 0), {infinity, infinity, 0.5, -1, 0.5}, tolerance, "a forbidden target");
      check_near(of({-infinity, 0, 0}, 0.3), {infinity, half, -0.1, 0.5 - 0.8, 0.5 - 0.1}, tolerance,
                 "smoothing asks for a forbidden class");
      check_near(of(Values(3, -infinity), 0), {infinity, infinity, 0, -1, 0}, tolerance, "no class left");
      check_near(of(Values(3, -infinity), 0.3), {infinity, infinity, -0.1, -0.8, -0.1}, tolerance, "none, smoothed");
      check_near(of({0, 0, infinity}, 0), Values(5, nan), 0, "+inf");
      check_near(of({0, infinity, 0}, 0), Values(5, nan), 0, "+inf at the target");
      check_near(of({nan, 0, -infinity}, 0), Values(5, nan), 0, "NaN");
      check_near(of({nan, -infinity, -infinity}, 0), Values(5, nan), 0, "NaN first");
      check_near(of({-infinity, -infinity, nan}, 0), Values(5, nan), 0, "NaN last");
    }
  }
}

TEST_CASE("cross_entropy: the reference refuses a target that is no class") {
  const Backend& backend = backends().front();
  const Array x(backend, DType::f32, {1, 2, 3}), ids(backend, DType::i32, {3}), losses(backend, DType::f32, {0});
  const CrossEntropyArgs args{x.matrix(1, 3), ids.row(), losses.row(), {}, 0, 1, -100, true, {}};
  CHECK(backend.table.cross_entropy(backend.context, args) == Status::failed);
  CHECK(std::string(backend.table.last_error(backend.context)) == "[cross_entropy] need targets in [0, 3), got 3 at 0");
}

TEST_CASE("cross_entropy: the gradient is the slope of the sum of losses") {
  const Values logits = spread(4 * 6, 1, -3, 3), targets = {5, 0, 3, 2};
  for (const Backend& backend : backends()) {
    if (!backend.table.cross_entropy) continue;
    for (double smoothing : {0.0, 0.1, 1.0}) {
      const LossCase c{4, 6, smoothing, 0.4, 3};
      const auto loss = [&](const Values& at) { return dot(run(backend, c, at, targets).losses, Values(4, 1)); };
      check_gradient(loss, logits, run(backend, c, logits, targets).logits, "cross-entropy");
    }
  }
}

TEST_CASE("cross_entropy: backends agree on numbers of classes around the edges of vectors") {
  if (!backends().back().table.cross_entropy) return;
  for (DType dtype : float_types)
    for (int64_t classes : {1, 2, 15, 16, 17, 33, 6001})
      for (int64_t rows : {0, 1, 5, 20})
        for (double smoothing : {0.0, 0.1})
          for (const int kind : {0, 1, 2, 3}) {
            const bool gradient = kind & 1, weighted = kind & 2;
            Values targets;
            for (int64_t i = 0; i < rows; ++i)
              targets.push_back(static_cast<double>(i % 4 == 3 ? -100 : i * 7919 % classes));
            check_agreement(tolerance_of(dtype, 2e-5, 1e-12), fmt::format("{} rows of {}", rows, classes),
                            [&](const Backend& backend) {
                              const LossCase c{rows,     classes, smoothing,
                                               0.1,      -100,    dtype,
                                               gradient, true,    weighted ? spread(classes, 2, 0.1, 2) : Values()};
                              const LossOutputs out = run(backend, c, spread(rows * classes, 1, -6, 6), targets);
                              return joined({out.losses, out.nll, out.logits});
                            });
          }
}
