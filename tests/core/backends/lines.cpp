// Entries along lines: sort, linear recurrences, CTC, integers of a draw.
#include <algorithm>
#include <cmath>

#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Returns the values and ids of x (rows, cols) in order.
Values sorted(const Backend& backend, DType dtype, const Values& x, int64_t cols, bool descending) {
  const int64_t rows = static_cast<int64_t>(x.size()) / cols;
  const Array from(backend, dtype, x), values(backend, dtype, x), ids(backend, DType::i64, x);
  REQUIRE(backend.table.sort(backend.context, values.matrix(rows, cols), ids.matrix(rows, cols),
                             from.matrix(rows, cols), descending) == Status::ok);
  return joined({values.values(), ids.values()});
}

/// Runs a recurrence over `steps` rows of `cols`; an empty a or b is absent.
Values recurrence(const Backend& backend, DType dtype, const Values& a, const Values& b, int64_t steps, int64_t cols,
                  bool backwards) {
  const auto rows = static_cast<int64_t>(std::max(a.size(), b.size())) / cols;
  const Array of_a(backend, dtype, a), of_b(backend, dtype, b), y(backend, dtype, a.empty() ? b : a);
  const auto matrix = [&](const Array& x, const Values& values) {
    return values.empty() ? Matrix{} : x.matrix(rows, cols);
  };
  const LinearRecurrenceArgs args{y.matrix(rows, cols), matrix(of_a, a), matrix(of_b, b), steps, backwards};
  REQUIRE(backend.table.linear_recurrence(backend.context, args) == Status::ok);
  return y.values();
}

}  // namespace

TEST_CASE("sort: equal values keep their order, zeros are equal, NaN stands at the large end") {
  for (const Backend& backend : backends()) {
    for (DType dtype : number_types) {
      check_near(sorted(backend, dtype, {3, -1, 3, 0, -1}, 5, false), {-1, -1, 0, 3, 3, 1, 4, 3, 0, 2}, 0, "up");
      check_near(sorted(backend, dtype, {3, -1, 3, 0, -1}, 5, true), {3, 3, 0, -1, -1, 0, 2, 3, 1, 4}, 0, "down");
    }
    for (DType dtype : float_types) {
      const Values x = {not_a_number, 0.0, infinity, -0.0, -infinity, not_a_number};
      check_near(sorted(backend, dtype, x, 6, false),
                 {-infinity, 0, 0, infinity, not_a_number, not_a_number, 4, 1, 3, 2, 0, 5}, 0, "special");
      check_near(sorted(backend, dtype, x, 6, true),
                 {not_a_number, not_a_number, infinity, 0, 0, -infinity, 0, 5, 2, 1, 3, 4}, 0, "special, down");
    }
  }
}

TEST_CASE("sort: backends agree on rows of every length, with many equals") {
  for (DType dtype : number_types)
    for (int64_t cols : {1, 2, 3, 127, 128, 255, 256, 257, 1000})
      for (bool descending : {false, true})
        check_agreement(0, fmt::format("{} of {}", cols, name_of(dtype)), [&](const Backend& backend) {
          Values x = spread(3 * cols, 5, -40, 40);
          for (double& each : x) each = std::floor(each);
          return sorted(backend, dtype, x, cols, descending);
        });
}

TEST_CASE("linear_recurrence: sums, products and both, forwards and backwards, by hand") {
  for (const Backend& backend : backends())
    for (DType dtype : number_types) {
      const Values x = {1, 2, 3, 4, 0, 5}, b = {1, 1, 2, 0, 3, 1};  // three steps of two columns
      check_near(recurrence(backend, dtype, {}, x, 3, 2, false), {1, 2, 4, 6, 4, 11}, 0, "sum");
      check_near(recurrence(backend, dtype, {}, x, 3, 2, true), {4, 11, 3, 9, 0, 5}, 0, "sum from behind");
      check_near(recurrence(backend, dtype, x, {}, 3, 2, false), {1, 2, 3, 8, 0, 40}, 0, "product");
      check_near(recurrence(backend, dtype, x, b, 3, 2, false), {1, 1, 5, 4, 3, 21}, 0, "both");
      check_near(recurrence(backend, dtype, x, b, 3, 2, true), {12, 9, 11, 4, 3, 1}, 0, "both from behind");
      check_near(recurrence(backend, dtype, {}, x, 2, 1, false), {1, 3, 3, 7, 0, 5}, 0, "several matrices");
    }
}

TEST_CASE("linear_recurrence: backends agree on long lines and many columns; an infinity spoils only what follows") {
  for (int64_t cols : {1, 2, 63, 64, 65, 200})
    for (int64_t steps : {1, 7, 9, 127, 128, 129, 300})
      check_agreement(2e-4, fmt::format("{} steps of {}", steps, cols), [&](const Backend& backend) {
        const Values a = spread(2 * steps * cols, 1, -1, 1), b = spread(2 * steps * cols, 2, -1, 1);
        return joined({recurrence(backend, DType::f32, a, b, steps, cols, false),
                       recurrence(backend, DType::f32, {}, b, steps, cols, true),
                       recurrence(backend, DType::f32, a, {}, steps, cols, false)});
      });
  for (const Backend& backend : backends()) {
    Values x(300, 1);
    x[200] = infinity;
    Values expected(300, infinity);
    std::fill_n(expected.begin(), 200, 1);
    check_near(recurrence(backend, DType::f64, x, {}, 300, 1, false), expected, 0, "product");
  }
}

TEST_CASE("random: integers are the upper part of a lane times the range") {
  for (const Backend& backend : backends())
    for (DType dtype : {DType::i32, DType::i64}) {
      const Array y(backend, dtype, Values(4, -1));
      const auto draw = [&](double low, double high) {
        RandomArgs args{RandomKind::integer, y.matrix(1, 4), {}, 0, 0, low, high};
        REQUIRE(backend.table.random(backend.context, args) == Status::ok);
        return y.values();
      };
      check_near(draw(0, 16), {6, 14, 11, 9}, 0, "16");  // the first hexadecimal digit of 6627e8d5, e169c58d, ...
      check_near(draw(-0x1p31, 0x1p31),
                 {0x6627e8d5 - 0x1p31, 0xe169c58d - 0x1p31, 0xbc57ac4c - 0x1p31, 0x9b00dbd8 - 0x1p31}, 0, "all");
    }
}

TEST_CASE("ctc: one label over two steps, and no alignment") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const double half = std::log(0.5);
      const Array log_probs(backend, dtype, Values(8, half)), gradient(backend, dtype, Values(8, 7)),
          losses(backend, dtype, {0, 0});
      const Array labels(backend, DType::i64, {1, 1, 1, 1}), starts(backend, DType::i64, {0, 1}),
          lengths(backend, DType::i64, {1, 3}), steps(backend, DType::i64, {2, 2});
      CtcArgs args{};
      args.log_probs = log_probs.matrix(4, 2);
      args.labels = labels.column();
      args.label_starts = starts.column();
      args.label_lengths = lengths.column();
      args.step_lengths = steps.column();
      args.losses = losses.column();
      args.gradient = gradient.matrix(4, 2);
      args.batch = 2;
      args.longest = 3;
      REQUIRE(backend.table.ctc(backend.context, args) == Status::ok);
      check_near(losses.values(), {-std::log(0.75), infinity}, 1e-6, "losses");
      const double third = 1.0 / 3;  // of the alignments (-, 1), (1, -) and (1, 1)
      check_near(gradient.values(), {-third, -2 * third, 0, 0, -third, -2 * third, 0, 0}, 1e-6, "gradient");
    }
}
