// exporter.h declares elementwise_ops.
#include <limits>

#include "formats/onnx/exporter.h"

namespace grus::formats {
namespace {

std::string constant(const Call& call, double value) { return call.graph.number(value, call.dtype()); }

template <size_t operands>
struct Named {
  const char* op;
  const char* node;
};

// Ops whose first inputs are the node's.
constexpr Named<1> unary[] = {{"neg", "Neg"},
                              {"abs", "Abs"},
                              {"sign", "Sign"},
                              {"reciprocal", "Reciprocal"},
                              {"sqrt", "Sqrt"},
                              {"exp", "Exp"},
                              {"log", "Log"},
                              {"sin", "Sin"},
                              {"cos", "Cos"},
                              {"tan", "Tan"},
                              {"atan", "Atan"},
                              {"tanh", "Tanh"},
                              {"sigmoid", "Sigmoid"},
                              {"relu", "Relu"},
                              {"erf", "Erf"},
                              {"softplus", "Softplus"},
                              {"floor", "Floor"},
                              {"ceil", "Ceil"},
                              {"round", "Round"},
                              {"logical_not", "Not"},
                              {"clone", "Identity"},
                              {"to", "Identity"},
                              {"on_gradient", "Identity"}};
constexpr Named<2> binary[] = {{"add", "Add"},         {"sub", "Sub"},
                               {"mul", "Mul"},         {"div", "Div"},
                               {"maximum", "Max"},     {"minimum", "Min"},
                               {"pow", "Pow"},         {"equal", "Equal"},
                               {"less", "Less"},       {"less_equal", "LessOrEqual"},
                               {"greater", "Greater"}, {"greater_equal", "GreaterOrEqual"},
                               {"logical_and", "And"}, {"logical_or", "Or"},
                               {"accumulate", "Add"}};
constexpr Named<3> ternary[] = {{"where", "Where"}};

template <size_t operands, size_t count>
void write_named(const Call& call, const Named<operands> (&names)[count]) {
  for (const Named<operands>& named : names)
    if (std::string_view(named.op) == call.record().op->name()) {
      GraphBuilder::Names inputs;
      for (size_t i = 0; i < operands; ++i) inputs.push_back(call.in(i));
      return call.out(named.node, inputs);
    }
}

void square(const Call& call) { call.out("Mul", {call.in(0), call.in(0)}); }
void rsqrt(const Call& call) { call.out("Reciprocal", {call.graph.add("Sqrt", {call.in(0)})}); }
void expm1(const Call& call) {
  // tanh(x / 2) (exp(x) + 1) loses nothing near 0.
  const std::string half = call.graph.add("Tanh", {call.graph.add("Mul", {call.in(0), constant(call, 0.5)})});
  const std::string sum = call.graph.add("Add", {call.graph.add("Exp", {call.in(0)}), constant(call, 1)});
  const std::string near = call.graph.add("Mul", {half, sum});
  const std::string far = call.graph.add("Sub", {call.graph.add("Exp", {call.in(0)}), constant(call, 1)});
  const std::string small = call.graph.add("Less", {call.graph.add("Abs", {call.in(0)}), constant(call, 1)});
  call.out("Where", {small, near, far});
}
void log1p(const Call& call) {
  // Kahan's form: log(u) x / (u - 1) with u = 1 + x, and x where u is 1.
  const std::string x = call.in(0), one = constant(call, 1), u = call.graph.add("Add", {x, one});
  const std::string rest = call.graph.add("Sub", {u, one});
  const std::string small = call.graph.add("Equal", {rest, constant(call, 0)});
  const std::string divisor = call.graph.add("Where", {small, one, rest});
  const std::string factor = call.graph.add("Div", {x, divisor});
  const std::string large = call.graph.add("Mul", {call.graph.add("Log", {u}), factor});
  const std::string endless = call.graph.add("Equal", {u, constant(call, std::numeric_limits<double>::infinity())});
  call.out("Where", {small, x, call.graph.add("Where", {endless, u, large})});
}
void silu(const Call& call) { call.out("Mul", {call.in(0), call.graph.add("Sigmoid", {call.in(0)})}); }
void gelu(const Call& call) {
  const std::string scaled = call.graph.add("Mul", {call.in(0), constant(call, 0.70710678118654752440)});
  const std::string twice = call.graph.add("Add", {call.graph.add("Erf", {scaled}), constant(call, 1)});
  call.out("Mul", {call.graph.add("Mul", {call.in(0), constant(call, 0.5)}), twice});
}
void not_equal(const Call& call) { call.out("Not", {call.graph.add("Equal", {call.in(0), call.in(1)})}); }

std::string floored(const Call& call) {
  return call.graph.add("Floor", {call.graph.add("Div", {call.in(0), call.in(1)})});
}
void remainder(const Call& call) {
  if (!is_float(call.dtype())) return call.out("Mod", {call.in(0), call.in(1)});
  call.out("Sub", {call.in(0), call.graph.add("Mul", {floored(call), call.in(1)})});
}
void floor_divide(const Call& call) {
  if (is_float(call.dtype())) return call.out(floored(call));
  const std::string rest = call.graph.add("Mod", {call.in(0), call.in(1)});
  call.out("Div", {call.graph.add("Sub", {call.in(0), rest}), call.in(1)});
}
std::string below_zero(const Call& call) { return call.graph.add("Less", {call.in(0), constant(call, 0)}); }
void leaky_relu(const Call& call) {
  call.out("Where", {below_zero(call), call.graph.add("Mul", {call.in(0), call.in(1)}), call.in(0)});
}
void elu(const Call& call) {
  const std::string low = call.graph.add("Min", {call.in(0), constant(call, 0)});
  const std::string curve = call.graph.add("Sub", {call.graph.add("Exp", {low}), constant(call, 1)});
  call.out("Where", {below_zero(call), call.graph.add("Mul", {curve, call.in(1)}), call.in(0)});
}
void clamp(const Call& call) {
  call.out("Clip", {call.in(0), constant(call, call.number("low")), constant(call, call.number("high"))});
}
void cast(const Call& call) { call.out("Cast", {call.in(0)}, {{"to", onnx_type(call.dtype())}}); }

}  // namespace

std::vector<OnnxOp> elementwise_ops() {
  std::vector<OnnxOp> ops = {
      {"square", "Mul", square, true},
      {"rsqrt", "Sqrt, Reciprocal", rsqrt, true},
      {"expm1", "Exp, Tanh, Where", expm1, true},
      {"log1p", "Log, Where", log1p, true},
      {"silu", "Sigmoid, Mul", silu, true},
      {"gelu", "Erf, Mul", gelu, true},
      {"not_equal", "Equal, Not", not_equal, true},
      {"remainder", "Mod; Floor, Mul, Sub of floats", remainder, true},
      {"floor_divide", "Div, Floor; Mod, Div of integers", floor_divide, true},
      {"leaky_relu", "Less, Mul, Where", leaky_relu, true},
      {"elu", "Exp, Less, Where", elu, true},
      {"clamp", "Clip", clamp, true},
      {"cast", "Cast", cast, true},
  };
  for (const auto& [op, node] : unary)
    ops.push_back({op, node, [](const Call& call) { write_named(call, unary); }, true});
  for (const auto& [op, node] : binary)
    ops.push_back({op, node, [](const Call& call) { write_named(call, binary); }, true});
  for (const auto& [op, node] : ternary)
    ops.push_back({op, node, [](const Call& call) { write_named(call, ternary); }, true});
  return ops;
}

}  // namespace grus::formats
