// Philox, and how its bits become numbers.
#include <cmath>

#include "core/backends/reference/philox.h"
#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

// The authors publish these known answers for philox4x32, 10 rounds, with Random123 (kat_vectors).
using reference::Lanes;
using reference::philox;
static_assert(philox({0, 0, 0, 0}, 0, 0) == Lanes{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffff, 0xffffffff) ==
              Lanes{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0) ==
              Lanes{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

struct Draw {
  RandomKind kind;
  double low, high;
  uint64_t seed = 1, number = 0;
};

Values draw(const Backend& backend, DType dtype, const Draw& d, int64_t rows, int64_t cols, const Values& ids = {}) {
  const Array y(backend, dtype, Values(static_cast<size_t>(rows * cols), -5)), row_ids(backend, DType::i64, ids);
  RandomArgs args{d.kind, y.matrix(rows, cols), {}, d.seed, d.number, d.low, d.high};
  if (!ids.empty()) args.row_ids = row_ids.row();
  CHECK(backend.table.random(backend.context, args) == Status::ok);
  return y.values();
}

constexpr RandomKind kinds[] = {RandomKind::uniform, RandomKind::normal, RandomKind::keep_mask};

double mean(const Values& x) { return dot(x, Values(x.size(), 1)) / static_cast<double>(x.size()); }

}  // namespace

TEST_CASE("random: seed 0, draw 0 begins with the known answer, lane by lane") {
  const double unit = 0x1p-24;
  const Values u = {0x6627e8 * unit, 0xe169c5 * unit, 0xbc57ac * unit, 0x9b00db * unit};
  const double pi = std::acos(-1.0);
  const double r = std::sqrt(-2 * std::log(u[0] + unit)), s = std::sqrt(-2 * std::log(u[2] + unit));
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      check_near(draw(backend, dtype, {RandomKind::uniform, 0, 1, 0}, 1, 4), u, 0, "uniform");
      check_near(draw(backend, dtype, {RandomKind::uniform, -2, 6, 0}, 2, 2),
                 {8 * u[0] - 2, 8 * u[1] - 2, 8 * u[2] - 2, 8 * u[3] - 2}, tolerance_of(dtype, 1e-6, 1e-15), "scaled");
      check_near(draw(backend, dtype, {RandomKind::keep_mask, 0.6, 2.5, 0}, 1, 4), {0, 2.5, 2.5, 2.5}, 0, "mask");
      check_near(draw(backend, dtype, {RandomKind::normal, 1, 3, 0}, 1, 4),
                 {1 + 3 * r * std::cos(2 * pi * u[1]), 1 + 3 * r * std::sin(2 * pi * u[1]),
                  1 + 3 * s * std::cos(2 * pi * u[3]), 1 + 3 * s * std::sin(2 * pi * u[3])},
                 tolerance_of(dtype, 2e-6, 1e-14), "normal");
    }
}

TEST_CASE("random: an element's number depends on its logical place alone") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (RandomKind kind : kinds)
        for (int64_t cols : {1, 3, 4, 17}) {
          const Draw d{kind, 0.5, 2, 42, 3};
          const Values whole = draw(backend, dtype, d, 9, cols), rows = draw(backend, dtype, d, 3, cols, {7, 2, 7});
          const auto part = [&](int64_t id) {
            return Values(whole.begin() + id * cols, whole.begin() + (id + 1) * cols);
          };
          check_near(rows, joined({part(7), part(2), part(7)}), 0, "rows by id");
          check_near(draw(backend, dtype, d, 1, 9 * cols), whole, 0, "another shape");
        }
}

TEST_CASE("random: seeds and draws differ, also in their upper words") {
  const Backend& backend = backends().front();
  const Draw base{RandomKind::uniform, 0, 1, 5, 6};
  const Values x = draw(backend, DType::f64, base, 1, 8);
  for (const Draw& other : {Draw{base.kind, 0, 1, 6, 6}, Draw{base.kind, 0, 1, 5, 7},
                            Draw{base.kind, 0, 1, 5 + (1ull << 32), 6}, Draw{base.kind, 0, 1, 5, 6 + (1ull << 32)}})
    CHECK(draw(backend, DType::f64, other, 1, 8) != x);
  // Row 2^30 of 16 columns begins at element 2^34, whose block does not fit into 32 bits.
  CHECK(draw(backend, DType::f64, base, 1, 16, {1073741824}) != draw(backend, DType::f64, base, 1, 16, {0}));
}

TEST_CASE("random: every normal number of a million is the reference's, to the bit") {
  for (const Backend& backend : backends()) {
    if (std::string_view(backend.table.name) != "cpu") continue;  // a GPU has logarithms and sines of its own
    for (const Draw& d : {Draw{RandomKind::normal, 0, 1, 9}, Draw{RandomKind::normal, -3, 0.02, 10, 4},
                          Draw{RandomKind::normal, 5, 0, 11}, Draw{RandomKind::normal, 0, 1e-40, 12}}) {
      const int64_t cols = d.high == 1 ? 333333 : 10007;  // rows begin with either number of a pair
      check_near(draw(backend, DType::f32, d, 3, cols), draw(backends().front(), DType::f32, d, 3, cols), 0,
                 fmt::format("mean {} and deviation {}", d.low, d.high));
    }
  }
}

TEST_CASE("random: moments and ranges are those of the distribution") {
  constexpr int64_t n = 20000;  // the mean of n uniform numbers strays by 0.002
  for (const Backend& backend : backends()) {
    const Values uniform = draw(backend, DType::f32, {RandomKind::uniform, -1, 1}, 100, n / 100);
    for (double x : uniform) REQUIRE((x >= -1 && x <= 1));
    CHECK(std::abs(mean(uniform)) < 0.02);
    CHECK(std::abs(dot(uniform, uniform) / n - 1. / 3) < 0.02);
    const Values normal = draw(backend, DType::f32, {RandomKind::normal, 0, 1}, 100, n / 100);
    CHECK(std::abs(mean(normal)) < 0.03);
    CHECK(std::abs(dot(normal, normal) / n - 1) < 0.05);
    const Values mask = draw(backend, DType::f32, {RandomKind::keep_mask, 0.35, 1}, 100, n / 100);
    CHECK(std::abs(mean(mask) - 0.65) < 0.02);
    CHECK(mean(draw(backend, DType::f32, {RandomKind::keep_mask, 0, 1}, 1, n)) == 1);  // nothing dropped
  }
}

TEST_CASE("random: f32 is f64 rounded, and backends draw the same numbers") {
  for (RandomKind kind : kinds)
    for (int64_t cols : {1, 15, 16, 17, 33, 1000}) {
      const Draw d{kind, 0.25, 1.5, 0x123456789abcdef0, 77};
      const double tolerance = kind == RandomKind::keep_mask ? 0 : 1e-6;
      check_near(draw(backends().front(), DType::f32, d, 3, cols), draw(backends().front(), DType::f64, d, 3, cols),
                 tolerance, "f32 beside f64");
      for (DType dtype : float_types) {
        check_agreement(tolerance, fmt::format("{} columns", cols),
                        [&](const Backend& backend) { return draw(backend, dtype, d, 3, cols); });
        check_agreement(tolerance, fmt::format("{} columns by id", cols), [&](const Backend& backend) {
          return draw(backend, dtype, d, 3, cols, {5, 0, 123456789});
        });
      }
    }
}
