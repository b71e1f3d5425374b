// The rows of elementwise.def at infinities, NaN, zeros, ties, denormal and the largest numbers, compared with
// PyTorch's (tests/golden/make_elementwise.py).
#include <cmath>

#include "tests/core/backends/harness.h"
#include "tests/support/golden.h"

using namespace grus;
using namespace grus::test;

namespace {

using Names = std::vector<std::string>;

/// Results of a row: its value, and its gradients for dy = 1.
struct Results {
  Values y, first, second;
};

Results run(const Backend& backend, DType dtype, UnaryOp op, const Values& x) {
  const auto n = static_cast<int64_t>(x.size());
  const Array from(backend, dtype, x), y(backend, dtype, x), dx(backend, dtype, x),
      dy(backend, dtype, Values(x.size(), 1));
  const auto view = [n](const Array& array) { return array.view({n}); };
  REQUIRE(backend.table.unary(backend.context, op, view(y), view(from)) == Status::ok);
  REQUIRE(backend.table.unary_gradient(backend.context, op, view(dx), view(from), view(y), view(dy)) == Status::ok);
  return {y.values(), dx.values(), {}};
}

Results run(const Backend& backend, DType dtype, BinaryOp op, const Values& a, const Values& b) {
  const auto n = static_cast<int64_t>(a.size());
  const Array left(backend, dtype, a), right(backend, dtype, b), y(backend, dtype, a),
      dy(backend, dtype, Values(a.size(), 1));
  const Array da(backend, dtype, a), db(backend, dtype, a);
  const auto view = [n](const Array& array) { return array.view({n}); };
  const KernelTable& table = backend.table;
  REQUIRE(table.binary(backend.context, op, view(y), view(left), view(right)) == Status::ok);
  REQUIRE(table.binary_gradient(backend.context, op, 0, view(da), view(left), view(right), view(y), view(dy)) ==
          Status::ok);
  REQUIRE(table.binary_gradient(backend.context, op, 1, view(db), view(left), view(right), view(y), view(dy)) ==
          Status::ok);
  return {y.values(), da.values(), db.values()};
}

bool among(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A tolerance says how far a result may be from PyTorch's. Rows of + - * and select are rounded alike. Functions are
/// approximated on both sides: a value may be 0 where it is below the smallest normal number, and a gradient like 1 -
/// y^2 is as exact as 1 is.
struct Tolerance {
  double relative, absolute;
};
Tolerance edge_tolerance(const std::string& row, const std::string& part, DType dtype) {
  static const Names exact = {"neg", "abs", "square", "relu", "add", "sub", "mul", "maximum", "minimum"};
  static const Names rounded = {"reciprocal", "sqrt", "div"};  // devices may round these less well
  const bool narrow = dtype == DType::f32, value = part == "y";
  if (among(exact, row)) return {0, 0};
  if (among(rounded, row)) return {narrow ? 4e-7 : 4e-16, 0};
  return narrow ? Tolerance{4e-6, value ? 1.2e-38 : 1e-6} : Tolerance{1e-13, value ? 2.3e-308 : 1e-15};
}

bool agree(double got, double expected, Tolerance tolerance) {
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected);
  if (got == expected) return got != 0 || std::signbit(got) == std::signbit(expected) || tolerance.relative > 0;
  return std::abs(got - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

/// Some differences are meant: pow gives b no gradient where a <= 0, whose logarithm PyTorch takes, unless y is
/// infinite or NaN; nor where NaN^0 is 1.
bool differs_on_purpose(const std::string& row, const std::string& part, double a, double b, double got) {
  if (row != "pow" || part != "db") return false;
  const double y = std::pow(a, b);
  if (a <= 0) return std::isfinite(y) ? got == 0 : std::isnan(got);
  return std::isnan(a) && b == 0 && got == 0;
}

void check_part(const GoldenCase& c, const std::string& row, DType dtype, const char* part, const Values& got,
                const Values& a, const Values& b) {
  const Values expected = values_of(c.at(part));
  REQUIRE(got.size() == expected.size());
  const Tolerance tolerance = edge_tolerance(row, part, dtype);
  for (size_t i = 0; i < got.size(); ++i)
    if (!agree(got[i], expected[i], tolerance) && !differs_on_purpose(row, part, a[i], b.empty() ? 0 : b[i], got[i]))
      FAIL_CHECK(fmt::format("{} {} of {} at ({}{}): {}, but PyTorch has {}", name_of(dtype), part, row, a[i],
                             b.empty() ? "" : fmt::format(", {}", b[i]), got[i], expected[i]));
}

const GoldenCase& named(const std::vector<GoldenCase>& cases, const std::string& name) {
  const auto found = std::find_if(cases.begin(), cases.end(), [&](const GoldenCase& c) { return c.name == name; });
  REQUIRE_MESSAGE(found != cases.end(), "make_elementwise.py has no row ", name);
  return *found;
}

}  // namespace

TEST_CASE("elementwise: every row is PyTorch's at the edges of numbers, value and gradients") {
  const std::vector<GoldenCase> cases = golden_cases("elementwise");
  for (const Backend& backend : backends())
    for (DType dtype : float_types) {
      CAPTURE(std::string(backend.table.name));
      const std::string type = std::string(" ") + name_of(dtype);
      const GoldenCase& arguments = named(cases, "arguments" + type);
      const Values x = values_of(arguments.at("x")), a = values_of(arguments.at("a")), b = values_of(arguments.at("b"));
      const auto check_unary = [&](const std::string& row, UnaryOp op) {
        const GoldenCase& c = named(cases, row + type);
        const Results got = run(backend, dtype, op, x);
        check_part(c, row, dtype, "y", got.y, x, {});
        check_part(c, row, dtype, "dx", got.first, x, {});
      };
      const auto check_binary = [&](const std::string& row, BinaryOp op) {
        const GoldenCase& c = named(cases, row + type);
        const Results got = run(backend, dtype, op, a, b);
        check_part(c, row, dtype, "y", got.y, a, b);
        check_part(c, row, dtype, "da", got.first, a, b);
        check_part(c, row, dtype, "db", got.second, a, b);
      };
#define GRUS_UNARY(name, ...) check_unary(#name, UnaryOp::name);
#define GRUS_BINARY(name, ...) check_binary(#name, BinaryOp::name);
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
    }
}

TEST_CASE("elementwise: maximum and minimum keep NaN on either side, under every mix of a row and a number") {
  for (const Backend& backend : backends())
    for (DType dtype : float_types)
      for (BinaryOp op : {BinaryOp::maximum, BinaryOp::minimum})
        for (int64_t n : {1, 7, 33}) {
          const auto size = static_cast<size_t>(n);
          const Array row(backend, dtype, Values(size, 1)), nans(backend, dtype, Values(size, not_a_number)),
              y(backend, dtype, Values(size, 9));
          for (int64_t step : {0, 1})
            for (bool exchanged : {false, true}) {
              const View number = row.view({n}, {step}), lost = nans.view({n}, {1 - step});
              REQUIRE(backend.table.binary(backend.context, op, y.view({n}), exchanged ? lost : number,
                                           exchanged ? number : lost) == Status::ok);
              check_near(y.values(), Values(size, not_a_number), 0, backend.table.name);
            }
        }
}
