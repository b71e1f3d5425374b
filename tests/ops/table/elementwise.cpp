// Rows made of the rows of core/device/elementwise.def: an op that is added there is proven here without another word.
#include "ops/math/elementwise.h"

#include <limits>

#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> extremes{-inf, -1e4, -30, -1, -1e-6, -0.0, 0, 1e-6, 1, 30, 1e4, inf, nan};

struct Range {
  double low, high;
};

Row unary(const char* name, const char* y, const char* dx, Tensor (*op)(const Tensor&), bool takes_integers,
          Range range, double at, double value) {
  const Function f = [op](const Tensor& x) { return op(x); };
  const auto [low, high] = range;
  return {name,
          std::string("y = ") + y + ", dx = " + dx,
          takes_integers ? numbers : floats,
          2,
          {{"(2, 3)", {{{2, 3}, low, high}}, f},
           {"a scalar", {{{}, low, high}}, f},
           {"size 1", {{{1, 1}, low, high}}, f},
           {"nothing", {{{0, 3}, low, high}}, f},
           {"by hand", {given({1}, {at})}, f, {{{1}, {value}}}},
           {"extremes", {given({13}, extremes)}, f, {}, {}, Size::extreme},
           {"large", {{{257, 301}, low, high}}, f, {}, {}, Size::large}},
          {{[op](Device) { op(Tensor()); }, std::string("[") + name + "] need a tensor, got an undefined one"}}};
}

struct Overloads {
  Tensor (*tensors)(const Tensor&, const Tensor&);
  Tensor (*right)(const Tensor&, double);
  Tensor (*left)(double, const Tensor&);
};

std::vector<ErrorCase> binary_errors(const std::string& name, Overloads op) {
  const auto zeros = [](Shape shape, DType dtype, Device d) { return Tensor::zeros(shape, dtype, d); };
  return {
      {[=](Device d) { op.tensors(zeros({2}, DType::f64, d), zeros({3}, DType::f64, d)); },
       "[" + name + "] need shapes that broadcast together, got (2) and (3)"},
      {[=](Device d) { op.tensors(zeros({2}, DType::f64, d), zeros({2}, DType::f32, d)); },
       "[" + name + "] need one dtype, got f64 (2) and f32 (2)"},
      {[=](Device) { op.right(Tensor(), 1); }, "[" + name + "] need a tensor, got an undefined one"},
  };
}

std::vector<Sample> binary_samples(Overloads op, Range range) {
  const auto [low, high] = range;
  const Function f = [op](In in) { return op.tensors(in["a"], in["b"]); };
  std::vector<double> a, b;
  for (const double x : extremes)
    for (const double y : extremes) a.push_back(x), b.push_back(y);
  return {{"(2, 3)", {{"a", {2, 3}, low, high}, {"b", {2, 3}, low, high}}, f},
          {"broadcast both ways", {{"a", {2, 1, 3}, low, high}, {"b", {4, 1}, low, high}}, f},
          {"broadcast over the leading axis", {{"a", {3, 2}, low, high}, {"b", {2}, low, high}}, f},
          {"a scalar tensor", {{"a", {}, low, high}, {"b", {2, 2}, low, high}}, f},
          {"size 1", {{"a", {1}, low, high}, {"b", {1, 1}, low, high}}, f},
          {"nothing", {{"a", {0, 1}, low, high}, {"b", {2}, low, high}}, f},
          {"a number on the right", {{"a", {3}, low, high}}, [op](const Tensor& x) { return op.right(x, 2); }},
          {"a number on the left", {{"b", {3}, low, high}}, [op](const Tensor& x) { return op.left(2, x); }},
          {"the same tensor twice", {{"a", {3}, low, high}}, [op](const Tensor& x) { return op.tensors(x, x); }},
          {"extremes", {given("a", {169}, a), given("b", {169}, b)}, f, {}, {}, Size::extreme},
          {"large", {{"a", {257, 301}, low, high}, {"b", {301}, low, high}}, f, {}, {}, Size::large}};
}

Row binary(const char* name, const char* y, const char* da, const char* db, Overloads op, bool takes_integers,
           Range range, Expected at_a, Expected at_b, double value) {
  Row row{name,
          std::string("y = ") + y + ", da = " + da + ", db = " + db,
          takes_integers ? numbers : floats,
          2,
          binary_samples(op, range),
          binary_errors(name, op)};
  row.samples.push_back({"by hand",
                         {given("a", at_a.shape, at_a.values), given("b", at_b.shape, at_b.values)},
                         [op](In in) { return op.tensors(in["a"], in["b"]); },
                         {{{1}, {value}}}});
  return row;
}

Row compare(const char* name, const char* y, Overloads op, std::vector<double> below_same_above) {
  Row row{name, std::string("y = ") + y, numbers_and_bool, 0, binary_samples(op, {-2, 2}), binary_errors(name, op)};
  std::erase_if(row.samples, [](const Sample& sample) { return sample.what.starts_with("a number"); });
  row.samples.push_back({"by hand",
                         {given("a", {3}, {1, 2, 3}), given("b", {3}, {2, 2, 2})},
                         [op](In in) { return op.tensors(in["a"], in["b"]); },
                         {{{3}, below_same_above}}});
  row.samples.push_back({"a number on the right",
                         {given("a", {3}, {1, 2, 3})},
                         [op](const Tensor& x) { return op.right(x, 2); },
                         {{{3}, below_same_above}}});
  row.samples.push_back({"a number on the left",
                         {given("b", {3}, {3, 2, 1})},
                         [op](const Tensor& x) { return op.left(2, x); },
                         {{{3}, below_same_above}}});
  return row;
}

// These rows of one number take integers by way of rows of two (ops/math/elementwise.cpp); core/device/kernels.h says
// which.
constexpr bool takes_integers(UnaryOp op) {
  switch (op) {
    case UnaryOp::neg:
    case UnaryOp::abs:
    case UnaryOp::square:
    case UnaryOp::relu:
    case UnaryOp::sign:
    case UnaryOp::floor:
    case UnaryOp::ceil:
    case UnaryOp::round:
      return true;
    default:
      return false;
  }
}
constexpr bool takes_integers(BinaryOp op) { return has_integer_form(op); }

}  // namespace

std::vector<Row> elementwise_rows() {
  std::vector<Row> rows;
#define GRUS_UNARY(op, y, dx, low, high, at, value) \
  rows.push_back(unary(#op, #y, #dx, op, takes_integers(UnaryOp::op), {low, high}, at, value));
#define GRUS_BINARY(op, y, da, db, low, high, at_a, at_b, value)                                                   \
  rows.push_back(binary(#op, #y, #da, #db, {op, op, op}, takes_integers(BinaryOp::op), {low, high}, {{1}, {at_a}}, \
                        {{1}, {at_b}}, value));
#define GRUS_COMPARE(op, y, below, same, above) rows.push_back(compare(#op, #y, {op, op, op}, {below, same, above}));
#include "core/device/elementwise.def"
  return rows;
}

}  // namespace grus::test
