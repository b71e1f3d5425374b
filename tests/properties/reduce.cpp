// Reductions over any axes, softmax with masks, and their gradients against plain loops.
#include "ops/math/reduce.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"
#include "ops/math/softmax.h"
#include "tests/properties/plain.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A reduction says which axes are reduced, how an op is told so, and what shape comes out.
struct Reduction {
  std::vector<bool> reduced;
  std::vector<int> axes;  // none: all
  bool keepdim;
  Sizes kept, shape;  // with and without the axes at 1

  Axes list() const { return std::span<const int>(axes); }
};

Reduction draw_reduction(Choices& choices, const Sizes& sizes) {
  Reduction r{std::vector<bool>(sizes.size()), {}, choices.maybe(), {}, {}};
  const int rank = static_cast<int>(sizes.size());
  for (int axis = 0; axis < rank; ++axis)
    if (choices.maybe()) {
      r.reduced[static_cast<size_t>(axis)] = true;
      r.axes.push_back(choices.maybe() ? axis : axis - rank);
    }
  if (r.axes.empty()) r.reduced.assign(sizes.size(), true);
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    r.kept.push_back(r.reduced[axis] ? 1 : sizes[axis]);
    if (!r.reduced[axis] || r.keepdim) r.shape.push_back(r.kept.back());
  }
  return r;
}

/// Returns f folded over the reduced axes; `shape` of the result is the reduction's.
Array folded(const Array& x, const Reduction& r, double start, double (*f)(double, double)) {
  Array y(r.kept, start);
  for (const Index& i : indices(x.sizes)) y.under(i) = f(y.under(i), x[i]);
  y.sizes = r.shape;
  return y;
}

std::string label(const char* op, const Array& x, const Reduction& r, const std::string& found) {
  return found.empty() ? "" : fmt::format("{} of {} over [{}]{}", op, text(x.sizes), fmt::join(r.axes, ", "), found);
}

double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }
double plus(double a, double b) { return a + b; }

}  // namespace

TEST_CASE("property: sum, mean, max and min reduce as plain loops do") {
  check_property(1500, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const Array x = draw_numbers(choices, draw_sizes(choices, 4));
    const Reduction r = draw_reduction(choices, x.sizes);
    const Tensor input = tensor_of(choices, x, draw_float(choices), device);
    std::string found = label("sum", x, r, difference(sum(input, r.list(), r.keepdim), folded(x, r, 0, plus)));
    const double each = static_cast<double>(count(x.sizes)) / static_cast<double>(std::max<int64_t>(1, count(r.kept)));
    if (!found.empty() || each == 0 || count(x.sizes) == 0) return found;
    Array mean_of = folded(x, r, 0, plus);
    for (double& number : mean_of.numbers) number /= each;
    found = label("mean", x, r, difference(mean(input, r.list(), r.keepdim), mean_of, 1e-6));
    found += label("amax", x, r, difference(amax(input, r.list(), r.keepdim), folded(x, r, -infinity, larger)));
    return found + label("amin", x, r, difference(amin(input, r.list(), r.keepdim), folded(x, r, infinity, smaller)));
  });
}

TEST_CASE("property: argmax and argmin name the first of the best, in row-major order of the reduced axes") {
  check_property(1000, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const Array x = draw_numbers(choices, draw_sizes(choices, 4, 1));
    if (count(x.sizes) == 0) return "";
    const Reduction r = draw_reduction(choices, x.sizes);
    const bool largest = choices.maybe();
    Array best(r.kept, largest ? -infinity : infinity), seen(r.kept), at(r.kept);
    for (const Index& i : indices(x.sizes)) {
      if (largest ? x[i] > best.under(i) : x[i] < best.under(i)) {
        best.under(i) = x[i];
        at.under(i) = seen.under(i);
      }
      seen.under(i) += 1;
    }
    at.sizes = r.shape;
    const Tensor input = tensor_of(choices, x, draw_float(choices), device);
    return label(largest ? "argmax" : "argmin", x, r,
                 difference(largest ? argmax(input, r.list(), r.keepdim) : argmin(input, r.list(), r.keepdim), at));
  });
}

TEST_CASE("property: gradients of reductions spread over what was reduced") {
  check_property(800, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const Array x = draw_numbers(choices, draw_sizes(choices, 4));
    if (count(x.sizes) == 0) return "";
    const Reduction r = draw_reduction(choices, x.sizes);
    Array w = draw_numbers(choices, r.kept);
    const Array best = folded(x, {r.reduced, r.axes, true, r.kept, r.kept}, -infinity, larger);
    Array winners(r.kept), total(r.kept);
    for (const Index& i : indices(x.sizes)) {
      winners.under(i) += x[i] == best.under(i) ? 1 : 0;
      total.under(i) += std::exp(x[i]);
    }
    const Array d_sum = made(x.sizes, [&](const Index& i) { return w.under(i); });
    const Array d_max =
        made(x.sizes, [&](const Index& i) { return x[i] == best.under(i) ? w.under(i) / winners.under(i) : 0.0; });
    const Array d_log = made(x.sizes, [&](const Index& i) { return w.under(i) * std::exp(x[i]) / total.under(i); });
    w.sizes = r.shape;
    Tape tape;
    const std::vector<Tensor> input{tape.watch(tensor_of(choices, x, DType::f64, device))};
    const Tensor seed = tensor_of(choices, w, DType::f64, device);
    const auto slope = [&](const Tensor& y) { return tape.grad(y, input, false, seed)[0]; };
    return label("sum", x, r, difference(slope(sum(input[0], r.list(), r.keepdim)), d_sum)) +
           label("amax", x, r, difference(slope(amax(input[0], r.list(), r.keepdim)), d_max, 1e-12)) +
           label("logsumexp", x, r, difference(slope(logsumexp(input[0], r.list(), r.keepdim)), d_log, 1e-12));
  });
}

TEST_CASE("property: masked softmax along any axis, and its gradient") {
  check_property(800, [](Choices& choices) -> std::string {
    const Device device = draw_device(choices);
    const DType dtype = draw_float(choices);
    const Array x = draw_numbers(choices, draw_sizes(choices, 3, 1));
    if (count(x.sizes) == 0) return "";
    const int axis = draw_axis(choices, x.sizes);
    const Array mask = draw_numbers(choices, draw_narrower(choices, x.sizes));
    const bool masked = choices.maybe();
    const auto counts = [&](const Index& i) { return !masked || mask.under(i) > -1; };
    Sizes kept = x.sizes;
    kept[static_cast<size_t>(axis)] = 1;
    Array total(kept), mean(kept);
    for (const Index& i : indices(x.sizes)) total.under(i) += counts(i) ? std::exp(x[i]) : 0;
    const Array y = made(x.sizes, [&](const Index& i) { return counts(i) ? std::exp(x[i]) / total.under(i) : 0.0; });
    const Array log_y =
        made(x.sizes, [&](const Index& i) { return counts(i) ? x[i] - std::log(total.under(i)) : -infinity; });
    const Array w = draw_numbers(choices, x.sizes);
    for (const Index& i : indices(x.sizes)) mean.under(i) += w[i] * y[i];
    const Array slope = made(x.sizes, [&](const Index& i) { return y[i] * (w[i] - mean.under(i)); });

    Tape tape;
    const std::vector<Tensor> input{tape.watch(tensor_of(choices, x, dtype, device))};
    const Tensor real = masked ? greater(tensor_of(choices, mask, dtype, device), -1) : Tensor();
    const Tensor result = softmax(input[0], axis, real);
    const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-12;
    const std::string found =
        difference(result, y, tolerance) + difference(log_softmax(input[0], axis, real), log_y, tolerance) +
        difference(tape.grad(result, input, false, tensor_of(choices, w, dtype, device))[0], slope, tolerance);
    return found.empty()
               ? ""
               : fmt::format("softmax of {} along {}, mask {}{}", text(x.sizes), axis, text(mask.sizes), found);
  });
}
