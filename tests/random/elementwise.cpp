// Rows of core/device/elementwise.def on any shape, and ops of their kind.
#include "ops/math/elementwise.h"

#include <fmt/format.h>

#include "tests/random/statement.h"

namespace grus::test {
namespace {

struct Range {
  double low, high;
};

Statement unary(const char* name, Tensor (*op)(const Tensor&), Range range) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            const Sizes sizes = sizes_like(choices, like, 0, 6);
            return {fmt::format("{}($0)", name), {{shape_of(sizes), range.low, range.high}}, [op](Xs x) {
                      return op(x[0]);
                    }};
          }};
}

struct Overloads {
  Tensor (*tensors)(const Tensor&, const Tensor&);
  Tensor (*right)(const Tensor&, double);
  Tensor (*left)(double, const Tensor&);
};

Statement binary(const char* name, Overloads op, Range range) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            const Sizes sizes = sizes_like(choices, like, 0, 6);
            const Input whole(shape_of(sizes), range.low, range.high);
            const int64_t kind = choices.in(0, 4);
            if (kind == 3)
              return {fmt::format("{}($0, 0.75)", name), {whole}, [op](Xs x) { return op.right(x[0], 0.75); }};
            if (kind == 4)
              return {fmt::format("{}(1.25, $0)", name), {whole}, [op](Xs x) { return op.left(1.25, x[0]); }};
            const Input narrow(shape_of(draw_narrower(choices, sizes)), range.low, range.high);
            const Function f = [op](Xs x) { return op.tensors(x[0], x[1]); };
            if (kind == 2) return {fmt::format("{}($0, $1)", name), {narrow, whole}, f};
            return {fmt::format("{}($0, $1)", name), {whole, narrow}, f};
          }};
}

/// A comparison chooses between two others.
Statement compare(const char* name, Overloads op) {
  return {name, [=](Choices& choices, const Sizes& like) -> Sample {
            const Sizes sizes = sizes_like(choices, like, 0, 5);
            const auto narrow = [&] { return Input(shape_of(draw_narrower(choices, sizes))); };
            return {fmt::format("where({}($0, $1), $2, $3)", name),
                    {{shape_of(sizes)}, narrow(), narrow(), narrow()},
                    [op](Xs x) { return where(op.tensors(x[0], x[1]), x[2], x[3]); }};
          }};
}

Sample draw_where(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 5);
  const Input a(shape_of(sizes)), c = draw_mask(choices, draw_narrower(choices, sizes));
  const int64_t kind = choices.in(0, 3);
  if (kind == 1) return {"where($1, $0, 0.5)", {a, c}, [](Xs x) { return where(x[1], x[0], 0.5); }};
  if (kind == 2) return {"where($1, 0.5, $0)", {a, c}, [](Xs x) { return where(x[1], 0.5, x[0]); }};
  const Input b(shape_of(draw_narrower(choices, sizes)));
  if (kind == 3) return {"where($1, $2, $0)", {a, c, b}, [](Xs x) { return where(x[1], x[2], x[0]); }};
  return {"where($1, $0, $2)", {a, c, b}, [](Xs x) { return where(x[1], x[0], x[2]); }};
}

/// Draws both logical ops, of comparisons.
Sample draw_logic(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 0, 5);
  const Input a(shape_of(sizes)), b(shape_of(draw_narrower(choices, sizes)));
  return {"where(logical_or(logical_and($0 > -1, $0 < 1), logical_not($1 > 0)), $0, $1)", {a, b}, [](Xs x) {
            return where(logical_or(logical_and(x[0] > -1.0, x[0] < 1.0), logical_not(x[1] > 0.0)), x[0], x[1]);
          }};
}

Statement simple(const char* op, const char* text, Tensor (*f)(const Tensor&)) {
  return {op, [=](Choices& choices, const Sizes& like) -> Sample {
            return {text, {{shape_of(sizes_like(choices, like, 0, 6))}}, [f](Xs x) { return f(x[0]); }};
          }};
}

}  // namespace

std::vector<Statement> elementwise_statements() {
  std::vector<Statement> all;
#define GRUS_UNARY(op, y, dx, low, high, ...) all.push_back(unary(#op, op, {low, high}));
#define GRUS_BINARY(op, y, da, db, low, high, ...) all.push_back(binary(#op, {op, op, op}, {low, high}));
#define GRUS_COMPARE(op, ...) all.push_back(compare(#op, {op, op, op}));
#include "core/device/elementwise.def"
  all.push_back({"where", draw_where});
  all.push_back({"logical_and", draw_logic});
  all.push_back(simple("clamp", "clamp($0, -1, 1)", [](const Tensor& x) { return clamp(x, -1, 1); }));
  all.push_back(simple("gelu", "gelu($0)", [](const Tensor& x) { return gelu(x); }));
  all.push_back(simple("gelu", "gelu($0, GeluForm::tanh)", [](const Tensor& x) { return gelu(x, GeluForm::tanh); }));
  // The casts go to f64 and back, because the other way round rounds.
  all.push_back(simple("cast", "cast(tanh(cast($0, DType::f64)), $0.dtype())",
                       [](const Tensor& x) { return cast(tanh(cast(x, DType::f64)), x.dtype()); }));
  return all;
}

}  // namespace grus::test
