#include "ops/math/softmax.h"

#include <limits>

#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Softmax = Tensor (*)(const Tensor&, int, const Tensor&);

/// Replaces -inf, which has no distance that a check could measure.
Tensor finite(const Tensor& x) { return masked_fill(x, equal(x, -inf), 0); }

std::vector<Sample> samples_of(Softmax f) {
  const Input some = mask({2, 3}, {1, 0, 1, 0, 0, 0});  // the second row has no true entry
  const auto over = [f](int axis) -> Function { return [=](const Tensor& x) { return f(x, axis, {}); }; };
  const auto masked = [f](int axis) -> Function { return [=](In in) { return finite(f(in["x"], axis, in["mask"])); }; };
  return {{"(2, 3)", {{{2, 3}}}, over(-1)},
          {"over axis 0", {{{3, 2}}}, over(0)},
          {"over the middle axis", {{{2, 3, 2}}}, over(1)},
          {"a vector", {{{4}}}, over(-1)},
          {"size 1", {{{2, 1}}}, over(-1)},
          {"no rows", {{{0, 3}}}, over(-1)},
          {"empty rows", {{{3, 0}}}, over(-1)},
          {"masked", {{{2, 3}}, some}, masked(-1)},
          {"mask broadcast", {{{4, 2, 3}}, some}, masked(-1)},
          {"masked over axis 0", {{{2, 3}}, some}, masked(0)},
          {"large", {{{130, 301}}}, over(-1), {}, {}, Size::large},
          {"large, over axis 0", {{{301, 130}}}, over(0), {}, {}, Size::large}};
}

std::vector<ErrorCase> errors_of(const std::string& op, Softmax f) {
  const auto zeros = [](Device d) { return Tensor::zeros({2, 3}, DType::f64, d); };
  return {{[=](Device d) { f(zeros(d), 2, {}); }, "[" + op + "] need an axis in [-2, 2), got 2"},
          {[=](Device d) { f(zeros(d), 1, zeros(d)); }, "[" + op + "] need a bool mask, got f64 (2, 3)"},
          {[=](Device d) { f(zeros(d)[0], 0, equal(zeros(d), 0.0)); },
           "[" + op + "] need a mask that broadcasts to x (3), got (2, 3)"},
          {[=](Device d) { f(Tensor::zeros({}, DType::f64, d), -1, {}); },
           "[" + op + "] need at least one axis, got shape ()"}};
}

}  // namespace

std::vector<Row> softmax_rows() {
  Row plain{"softmax",
            "y = exp(x) / sum exp(x); 0 where masked",
            floats,
            2,
            samples_of(softmax),
            errors_of("softmax", softmax)};
  Row log{"log_softmax",           "y = x - logsumexp(x); -inf where masked", floats, 2,
          samples_of(log_softmax), errors_of("log_softmax", log_softmax)};
  const Input x = given({2, 3}, {0, 1, 2, 1000, -1000, 1000});
  plain.samples.push_back({"by hand, and huge",
                           {x},
                           [](const Tensor& x) { return softmax(x); },
                           {{{2, 3}, {0.09003057317038046, 0.24472847105479764, 0.6652409557748218, 0.5, 0, 0.5}}},
                           {},
                           Size::extreme});
  log.samples.push_back({"by hand, and huge",
                         {x},
                         [](const Tensor& x) { return log_softmax(x); },
                         {{{2, 3},
                           {-2.4076059644443806, -1.4076059644443804, -0.4076059644443804, -0.6931471805599453,
                            -2000.6931471805599, -0.6931471805599453}}},
                         {},
                         Size::extreme});
  const Input some = mask({2, 3}, {1, 0, 1, 0, 0, 0}), y = given({2, 3}, {0, 5, 0, 1, 2, 3});
  const double l = -0.6931471805599453;
  plain.samples.push_back({"a row that is all masked",
                           {y, some},
                           [](In in) { return softmax(in["x"], -1, in["mask"]); },
                           {{{2, 3}, {0.5, 0, 0.5, 0, 0, 0}}}});
  log.samples.push_back({"a row that is all masked",
                         {y, some},
                         [](In in) { return log_softmax(in["x"], -1, in["mask"]); },
                         {{{2, 3}, {l, -inf, l, -inf, -inf, -inf}}},
                         {},
                         Size::extreme});
  return {plain, log};
}

}  // namespace grus::test
