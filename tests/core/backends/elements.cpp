// The rows of elementwise.def.
#include <cmath>

#include "tests/core/backends/layouts.h"

using namespace grus;
using namespace grus::test;

namespace {

struct UnaryRow {
  UnaryOp op;
  const char* name;
  double low, high;
};
struct BinaryRow {
  BinaryOp op;
  const char* name;
  double low, high;
};
const std::vector<UnaryRow> unary_rows = {
#define GRUS_UNARY(name, y, dx, low, high, ...) {UnaryOp::name, #name, low, high},
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
const std::vector<BinaryRow> binary_rows = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, y, da, db, low, high, ...) {BinaryOp::name, #name, low, high},
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
const std::vector<CompareOp> compare_ops = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) CompareOp::name,
#include "core/device/elementwise.def"
};

Values unary(const Backend& backend, UnaryOp op, DType dtype, const Values& x) {
  const auto n = static_cast<int64_t>(x.size());
  const Array from(backend, dtype, x), to(backend, dtype, Values(x.size(), 77));
  REQUIRE(backend.table.unary(backend.context, op, to.view({n}), from.view({n})) == Status::ok);
  return to.values();
}

Values binary(const Backend& backend, BinaryOp op, DType dtype, const Values& a, const Values& b) {
  const auto n = static_cast<int64_t>(a.size());
  const Array left(backend, dtype, a), right(backend, dtype, b), to(backend, dtype, Values(a.size(), 77));
  REQUIRE(backend.table.binary(backend.context, op, to.view({n}), left.view({n}), right.view({n})) == Status::ok);
  return to.values();
}

}  // namespace

// elementwise.def itself holds a known value for every row, which tests/ops/table checks; zeros and infinities are
// checked here.
TEST_CASE("elementwise: unary ops have their known values, at zero and at infinity too") {
  struct Known {
    UnaryOp op;
    Values x, y;
  };
  const double e = std::exp(1.0);
  const std::vector<Known> known = {
      {UnaryOp::neg, {2, -3, 0}, {-2, 3, 0}},
      {UnaryOp::abs, {2, -3, 0}, {2, 3, 0}},
      {UnaryOp::square, {2, -3, 0.5}, {4, 9, 0.25}},
      {UnaryOp::reciprocal, {4, -0.5, infinity}, {0.25, -2, 0}},
      {UnaryOp::exp, {0, 1, -infinity, infinity}, {1, e, 0, infinity}},
      {UnaryOp::log, {1, e, 0, infinity}, {0, 1, -infinity, infinity}},
      {UnaryOp::sqrt, {0, 2.25, infinity}, {0, 1.5, infinity}},
      {UnaryOp::sin, {0, 0.5235987755982988, -1.5707963267948966}, {0, 0.5, -1}},
      {UnaryOp::cos, {0, 1.0471975511965976, 3.141592653589793}, {1, 0.5, -1}},
      {UnaryOp::tanh, {0, 0.5, -infinity, 1000}, {0, 0.46211715726000975, -1, 1}},
      {UnaryOp::sigmoid, {0, 1, 1000, -1000, -infinity}, {0.5, 0.7310585786300049, 1, 0, 0}},
      {UnaryOp::relu, {2, -3, 0}, {2, 0, 0}},
      {UnaryOp::erf, {0, 0.5, -infinity}, {0, 0.5204998778130465, -1}},
      {UnaryOp::softplus, {0, 1, 1000, -1000}, {0.6931471805599453, 1.3132616875182228, 1000, 0}},
  };
  for (const Known& row : known) {
    for (const Backend& backend : backends())
      for (DType dtype : float_types)
        check_near(unary(backend, row.op, dtype, row.x), row.y, tolerance_of(dtype, 2e-6, 1e-15),
                   fmt::format("{} on {}", unary_rows[static_cast<size_t>(row.op)].name, backend.table.name));
  }
}

TEST_CASE("elementwise: binary ops and comparisons have their known values") {
  struct Known {
    BinaryOp op;
    Values a, b, y;
  };
  const std::vector<Known> known = {
      {BinaryOp::add, {1, 2}, {3, -5}, {4, -3}},          {BinaryOp::sub, {1, 2}, {3, -5}, {-2, 7}},
      {BinaryOp::mul, {1, 2}, {3, -5}, {3, -10}},         {BinaryOp::div, {1, 2}, {4, -0.5}, {0.25, -4}},
      {BinaryOp::pow, {2, 9, 0}, {3, 0.5, 0}, {8, 3, 1}}, {BinaryOp::maximum, {1, 2}, {3, -5}, {3, 2}},
      {BinaryOp::minimum, {1, 2}, {3, -5}, {1, -5}},
  };
  const Values a = {1, 2, 2, not_a_number}, b = {2, 2, 1, not_a_number};
  const std::vector<Values> compared = {{0, 1, 0, 0}, {1, 0, 1, 1}, {1, 0, 0, 0},
                                        {1, 1, 0, 0}, {0, 0, 1, 0}, {0, 1, 1, 0}};
  REQUIRE(compared.size() == compare_ops.size());
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      for (const Known& row : known)
        check_near(binary(backend, row.op, dtype, row.a, row.b), row.y, tolerance_of(dtype, 1e-6, 1e-15),
                   fmt::format("{} on {}", binary_rows[static_cast<size_t>(row.op)].name, backend.table.name));
      for (size_t i = 0; i < compare_ops.size(); ++i) {
        const Array left(backend, dtype, a), right(backend, dtype, b), to(backend, DType::boolean, Values(4, 1));
        REQUIRE(backend.table.compare(backend.context, compare_ops[i], to.view({4}), left.view({4}), right.view({4})) ==
                Status::ok);
        check_near(to.values(), compared[i], 0, fmt::format("comparison {} on {}", i, backend.table.name));
      }
    }
}

TEST_CASE("elementwise: exact rows take integers, the others say that they do not") {
  for (const Backend& backend : backends())
    for (DType dtype : {DType::i32, DType::i64}) {
      check_near(unary(backend, UnaryOp::neg, dtype, {2, -3}), {-2, 3}, 0, "neg");
      check_near(unary(backend, UnaryOp::abs, dtype, {2, -3}), {2, 3}, 0, "abs");
      check_near(unary(backend, UnaryOp::square, dtype, {2, -3}), {4, 9}, 0, "square");
      check_near(unary(backend, UnaryOp::relu, dtype, {2, -3}), {2, 0}, 0, "relu");
      check_near(binary(backend, BinaryOp::add, dtype, {2, -3}, {5, 1}), {7, -2}, 0, "add");
      check_near(binary(backend, BinaryOp::sub, dtype, {2, -3}, {5, 1}), {-3, -4}, 0, "sub");
      check_near(binary(backend, BinaryOp::mul, dtype, {2, -3}, {5, 1}), {10, -3}, 0, "mul");
      check_near(binary(backend, BinaryOp::maximum, dtype, {2, -3}, {5, -4}), {5, -3}, 0, "maximum");
      check_near(binary(backend, BinaryOp::minimum, dtype, {2, -3}, {5, -4}), {2, -4}, 0, "minimum");
      const Array x(backend, dtype, {1, 2});
      CHECK(backend.table.unary(backend.context, UnaryOp::exp, x.view({2}), x.view({2})) == Status::unsupported);
      CHECK(backend.table.binary(backend.context, BinaryOp::div, x.view({2}), x.view({2}), x.view({2})) ==
            Status::unsupported);
    }
}

TEST_CASE("elementwise: the gradient of every row is its slope") {
  constexpr int64_t n = 9;
  constexpr double h = 1e-6;
  const Values dy = spread(n, 5, 0.5, 2);
  for (const Backend& backend : backends()) {
    const auto slope = [&](const Values& up, const Values& down) {
      Values result;
      for (size_t i = 0; i < up.size(); ++i) result.push_back((up[i] - down[i]) / (2 * h) * dy[i]);
      return result;
    };
    const auto moved = [](Values x, double by) {
      for (double& value : x) value += by;
      return x;
    };
    const auto memory = [&](const Values& values) { return Array(backend, DType::f64, values); };
    for (const UnaryRow& row : unary_rows) {
      const Values x = spread(n, 1, row.low, row.high), y = unary(backend, row.op, DType::f64, x);
      const Array dx = memory(y), px = memory(x), py = memory(y), pdy = memory(dy);
      REQUIRE(backend.table.unary_gradient(backend.context, row.op, dx.view({n}), px.view({n}), py.view({n}),
                                           pdy.view({n})) == Status::ok);
      check_near(
          dx.values(),
          slope(unary(backend, row.op, DType::f64, moved(x, h)), unary(backend, row.op, DType::f64, moved(x, -h))),
          1e-7, fmt::format("{} on {}", row.name, backend.table.name));
    }
    for (const BinaryRow& row : binary_rows) {
      const Values a = spread(n, 1, row.low, row.high), b = spread(n, 2, row.low, row.high);
      const auto at = [&](double da, double db) {
        return binary(backend, row.op, DType::f64, moved(a, da), moved(b, db));
      };
      const Array dx = memory(a), pa = memory(a), pb = memory(b), py = memory(at(0, 0)), pdy = memory(dy);
      for (int wrt : {0, 1}) {
        REQUIRE(backend.table.binary_gradient(backend.context, row.op, wrt, dx.view({n}), pa.view({n}), pb.view({n}),
                                              py.view({n}), pdy.view({n})) == Status::ok);
        check_near(dx.values(), wrt == 0 ? slope(at(h, 0), at(-h, 0)) : slope(at(0, h), at(0, -h)), 1e-7,
                   fmt::format("{}, side {}, on {}", row.name, wrt, backend.table.name));
      }
    }
  }
}

TEST_CASE("elementwise: backends agree on unary rows and their gradients under every layout") {
  for (DType dtype : float_types)
    for (const UnaryRow& row : unary_rows)
      for (const Layout& from : input_layouts)
        for (const Layout& to : output_layouts(from.dims))
          check_agreement(tolerance_of(dtype, 4e-6, 1e-13), text(row.name, dtype, from), [&](const Backend& backend) {
            const Input x(backend, dtype, from, 1, row.low, row.high), dy(backend, dtype, from, 2);
            const Output y(backend, dtype, to), dx(backend, dtype, to);
            CHECK(backend.table.unary(backend.context, row.op, y.view, x.view) == Status::ok);
            CHECK(backend.table.unary_gradient(backend.context, row.op, dx.view, x.view, y.view, dy.view) ==
                  Status::ok);
            return joined({y.memory.values(), dx.memory.values()});
          });
}

TEST_CASE("elementwise: backends agree on binary rows and their gradients under every pair of layouts") {
  for (DType dtype : float_types)
    for (const BinaryRow& row : binary_rows)
      for (const Layout& left : input_layouts)
        for (const Layout& right : input_layouts) {
          if (left.dims != right.dims) continue;
          const Layout to = output_layouts(left.dims)[&left == &right ? 1 : 0];
          check_agreement(tolerance_of(dtype, 1e-5, 1e-13), text(row.name, dtype, left) + text(" and", dtype, right),
                          [&](const Backend& backend) {
                            const Input a(backend, dtype, left, 1, row.low, row.high), dy(backend, dtype, left, 3);
                            const Input b(backend, dtype, right, 2, row.low, row.high);
                            const Output y(backend, dtype, to), da(backend, dtype, to), db(backend, dtype, to);
                            const KernelTable& table = backend.table;
                            CHECK(table.binary(backend.context, row.op, y.view, a.view, b.view) == Status::ok);
                            CHECK(table.binary_gradient(backend.context, row.op, 0, da.view, a.view, b.view, y.view,
                                                        dy.view) == Status::ok);
                            CHECK(table.binary_gradient(backend.context, row.op, 1, db.view, a.view, b.view, y.view,
                                                        dy.view) == Status::ok);
                            return joined({y.memory.values(), da.memory.values(), db.memory.values()});
                          });
        }
}

TEST_CASE("elementwise: backends agree where functions saturate, overflow or are not defined") {
  const Values edges = {0, -0.0, 1, -1, 20, -20, 87, -87, 100, -100, 1e-30, -1e30, infinity, -infinity, not_a_number};
  for (DType dtype : float_types)
    for (const UnaryRow& row : unary_rows) {
      Values x = edges;
      if (row.op == UnaryOp::sin || row.op == UnaryOp::cos) std::erase(x, -1e30);
      check_agreement(tolerance_of(dtype, 4e-6, 1e-13), fmt::format("{} at its edges", row.name),
                      [&](const Backend& backend) { return unary(backend, row.op, dtype, x); });
    }
}

TEST_CASE("elementwise: an output may be the very view of an input") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      const Values a = spread(37, 1), b = spread(37, 2);
      const Array x(backend, dtype, a), y(backend, dtype, b);
      REQUIRE(backend.table.binary(backend.context, BinaryOp::mul, x.view({37}), x.view({37}), y.view({37})) ==
              Status::ok);
      check_near(x.values(), binary(backend, BinaryOp::mul, dtype, a, b), 0, backend.table.name);
    }
}
