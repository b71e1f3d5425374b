// Masked softmax, its logarithm, and their gradients.
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Computes the softmax of x (rows, n); the mask has as many elements, or is empty for none.
Values softmax(const Backend& backend, DType dtype, const Values& x, int64_t n, const Values& mask, bool log) {
  const int64_t rows = n == 0 ? 0 : static_cast<int64_t>(x.size()) / n;
  const Array from(backend, dtype, x), to(backend, dtype, Values(x.size(), 9)), chosen(backend, DType::boolean, mask);
  SoftmaxArgs args{to.view({rows, n}), from.view({rows, n}), View{}, log};
  if (!mask.empty()) args.mask = chosen.view({rows, n});
  CHECK(backend.table.softmax(backend.context, args) == Status::ok);
  return to.values();
}

Values gradient(const Backend& backend, DType dtype, const Values& y, const Values& dy, int64_t n, bool log) {
  const int64_t rows = n == 0 ? 0 : static_cast<int64_t>(y.size()) / n;
  const Array out(backend, dtype, y), slope(backend, dtype, dy), dx(backend, dtype, Values(y.size(), 9));
  CHECK(backend.table.softmax_gradient(backend.context, dx.view({rows, n}), out.view({rows, n}), slope.view({rows, n}),
                                       log) == Status::ok);
  return dx.values();
}

Values mask_of(int64_t n) {
  Values mask;
  for (double x : spread(n, 7, 0, 1)) mask.push_back(x < 0.6 ? 1 : 0);
  return mask;
}

}  // namespace

TEST_CASE("softmax: known values, masked and not") {
  const double two = std::log(2.0), three = std::log(3.0);
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const double tolerance = tolerance_of(dtype, 1e-6, 1e-14);
      check_near(softmax(backend, dtype, {0, two, three}, 3, {}, false), {1. / 6, 2. / 6, 3. / 6}, tolerance, "plain");
      check_near(softmax(backend, dtype, {0, two, three}, 3, {}, true), {-std::log(6.), -three, -two}, tolerance,
                 "log");
      check_near(softmax(backend, dtype, {0, two, three}, 3, {1, 0, 1}, false), {0.25, 0, 0.75}, tolerance, "masked");
      check_near(softmax(backend, dtype, {1000, 1000, -1000}, 3, {}, false), {0.5, 0.5, 0}, tolerance, "large");
      check_near(softmax(backend, dtype, {1000, 5000}, 2, {1, 0}, true), {0, -infinity}, tolerance, "large and masked");
    }
}

TEST_CASE("softmax: a row that is all masked, or all -infinity, is 0, and its gradient too") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Values x = {1, 2, 3, not_a_number, 5, 6}, mask = {0, 0, 0, 0, 1, 0};
      check_near(softmax(backend, dtype, x, 3, mask, false), {0, 0, 0, 0, 1, 0}, 0, "weights");
      check_near(softmax(backend, dtype, x, 3, mask, true), {-infinity, -infinity, -infinity, -infinity, 0, -infinity},
                 0, "logs");
      check_near(softmax(backend, dtype, {-infinity, -infinity}, 2, {}, false), {0, 0}, 0, "-infinity");
      check_near(gradient(backend, dtype, {0, 0}, {3, 4}, 2, false), {0, 0}, 0, "gradient");
      check_near(gradient(backend, dtype, {-infinity, -infinity}, {3, 4}, 2, true), {0, 0}, 0, "gradient of the log");
    }
}

TEST_CASE("softmax: a NaN under the mask's true entries shows in its row, and only there") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (const Values& x : {Values{1, not_a_number, 1, 1}, Values{not_a_number, not_a_number, 1, 1},
                              Values{-infinity, not_a_number, 1, 1}}) {
        const Values y = softmax(backend, dtype, x, 2, {}, false);
        CHECK(std::isnan(y[0]));
        CHECK(std::isnan(y[1]));
        CHECK(y[2] == 0.5);
      }
}

TEST_CASE("softmax: -infinity is a share of 0 in rows of any length, +infinity leaves no number") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (int64_t n : {2, 16, 37}) {
        const auto size = static_cast<size_t>(n);
        Values x(size, -infinity), share(size, 0), log = x;
        x[size - 1] = 3;
        share[size - 1] = 1;
        log[size - 1] = 0;
        check_near(softmax(backend, dtype, x, n, {}, false), share, 0, "one class left");
        check_near(softmax(backend, dtype, x, n, {}, true), log, 0, "log of one class left");
        x[0] = infinity;
        check_near(softmax(backend, dtype, x, n, {}, false), Values(size, not_a_number), 0, "+infinity");
      }
}

TEST_CASE("softmax: gradients are slopes, also beside masked entries") {
  constexpr int64_t n = 5;
  const Values x = spread(2 * n, 1), dy = spread(2 * n, 2), mask = {1, 1, 0, 1, 0, 0, 1, 1, 1, 1};
  for (const Backend& backend : backends())
    for (bool log : {false, true})
      for (const Values& chosen : {Values{}, mask}) {
        const auto loss = [&](const Values& at) {
          const Values y = softmax(backend, DType::f64, at, n, chosen, log);
          double sum = 0;
          for (size_t i = 0; i < y.size(); ++i) sum += std::isfinite(y[i]) ? y[i] * dy[i] : 0;
          return sum;
        };
        const Values y = softmax(backend, DType::f64, x, n, chosen, log);
        check_gradient(loss, x, gradient(backend, DType::f64, y, dy, n, log), log ? "log_softmax" : "softmax");
      }
}

TEST_CASE("softmax: backends agree on row lengths around the edges of vectors") {
  for (DType dtype : float_types)
    for (int64_t n : {0, 1, 2, 15, 16, 17, 33, 1001})
      for (bool log : {false, true})
        for (bool masked : {false, true})
          check_agreement(tolerance_of(dtype, 1e-5, 1e-12),
                          fmt::format("{}softmax of {} {}", log ? "log_" : "", n, name_of(dtype)),
                          [&](const Backend& backend) {
                            const Values x = spread(7 * n, 1, -8, 8), dy = spread(7 * n, 2);
                            const Values y = softmax(backend, dtype, x, n, masked ? mask_of(7 * n) : Values{}, log);
                            return joined({y, gradient(backend, dtype, y, dy, n, log)});
                          });
}

TEST_CASE("softmax: backends agree on many axes, strided rows and a mask shared by rows") {
  for (DType dtype : float_types)
    for (bool log : {false, true})
      check_agreement(tolerance_of(dtype, 1e-5, 1e-12), "strided softmax", [&](const Backend& backend) {
        const Array x(backend, dtype, spread(3 * 4 * 40, 1)), y(backend, dtype, Values(3 * 4 * 17, 0));
        const Array mask(backend, DType::boolean, mask_of(3 * 17));
        const SoftmaxArgs args{y.view({3, 4, 17}), x.view({3, 4, 17}, {160, 40, 2}, 1),
                               mask.view({3, 4, 17}, {17, 0, 1}), log};
        CHECK(backend.table.softmax(backend.context, args) == Status::ok);
        const Array dx(backend, dtype, Values(3 * 4 * 17, 0));
        CHECK(backend.table.softmax_gradient(backend.context, dx.view({3, 4, 17}), y.view({3, 4, 17}),
                                             x.view({3, 4, 17}, {160, 40, 2}, 1), log) == Status::ok);
        return joined({y.values(), dx.values()});
      });
}
