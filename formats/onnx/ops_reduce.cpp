// exporter.h declares reduce_ops.
#include <fmt/format.h>

#include <limits>

#include "formats/onnx/exporter.h"

namespace grus::formats {
namespace {

std::vector<int64_t> axes_of(const Call& call) {
  const std::vector<int64_t> axes = call.attribute("axes").integers;
  for (const int64_t axis : axes) call.require_no_rows(0, static_cast<int>(axis));
  return axes;
}

/// Returns NODE over axes, which are an attribute, or an input as those of ReduceSum.
std::string reduced(const Call& call, const char* node, const std::string& x, bool keepdim) {
  const std::vector<int64_t> axes = axes_of(call);
  if (axes.empty()) return call.graph.add("Identity", {x});
  if (std::string_view(node) == "ReduceSum")
    return call.graph.add(node, {x, call.graph.integers(axes)}, {{"keepdims", int64_t{keepdim}}});
  return call.graph.add(node, {x}, {{"axes", axes}, {"keepdims", int64_t{keepdim}}});
}

bool keeps(const Call& call) { return call.integer("keepdim") != 0; }

void sum(const Call& call) { call.out(reduced(call, "ReduceSum", call.in(0), keeps(call))); }
void largest(const Call& call) { call.out(reduced(call, "ReduceMax", call.in(0), keeps(call))); }
void least(const Call& call) { call.out(reduced(call, "ReduceMin", call.in(0), keeps(call))); }
void prod(const Call& call) { call.out(reduced(call, "ReduceProd", call.in(0), keeps(call))); }
void logsumexp(const Call& call) { call.out(reduced(call, "ReduceLogSumExp", call.in(0), keeps(call))); }
void norm(const Call& call) { call.out(reduced(call, "ReduceL2", call.in(0), keeps(call))); }

void decided(const Call& call, const char* node) {
  const std::string x = call.graph.add("Cast", {call.in(0)}, {{"to", onnx_type(DType::i32)}});
  call.out("Cast", {reduced(call, node, x, keeps(call))}, {{"to", onnx_type(DType::boolean)}});
}

/// The place in the reduced axes, flattened: they become one, behind the others.
void place_of_extremum(const Call& call, const char* node) {
  const std::vector<int64_t> axes = axes_of(call);
  if (axes.size() != 1 && static_cast<int>(axes.size()) != call.rank(0)) call.refuse("one axis, or all");
  const bool whole = axes.size() != 1;
  const std::string x = whole ? call.graph.add("Reshape", {call.in(0), call.graph.integers({-1})}) : call.in(0);
  const std::string y =
      call.graph.add(node, {x}, {{"axis", whole ? 0 : axes[0]}, {"keepdims", int64_t{!whole && keeps(call)}}});
  call.out(whole && keeps(call) ? call.to.reshaped(y, {Shape()}, call.result_shapes(), call.who()) : y);
}

std::string variance(const Call& call) {
  const std::string mean = reduced(call, "ReduceMean", call.in(0), true);
  const std::string centred = call.graph.add("Sub", {call.in(0), mean});
  const std::string total = reduced(call, "ReduceSum", call.graph.add("Mul", {centred, centred}), keeps(call));
  Across counts;
  for (const Shape& shape : call.shapes(0)) {
    int64_t count = 1;
    for (const int64_t axis : axes_of(call)) count *= shape[static_cast<int>(axis)];
    counts.push_back(count);
  }
  const std::string count = call.graph.add("Squeeze", {call.amounts({counts})});
  const std::string number = call.graph.add("Cast", {count}, {{"to", onnx_type(call.dtype())}});
  const std::string divisor =
      call.graph.add("Sub", {number, call.graph.number(call.number("correction"), call.dtype())});
  return call.graph.add("Div", {total, divisor});
}

void sum_to(const Call& call) {
  const ShapesAcross from = call.shapes(0), to = call.result_shapes();
  const int more = from[0].rank() - to[0].rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis < from[0].rank(); ++axis) {
    bool kept = axis >= more;
    for (size_t k = 0; kept && k < from.size(); ++k) kept = from[k][axis] == to[k][axis - more];
    if (kept) continue;
    call.require_no_rows(0, axis);
    axes.push_back(axis);
  }
  const std::string y = call.graph.add("ReduceSum", {call.in(0), call.graph.integers(axes)}, {{"keepdims", 1}});
  call.out(more == 0 ? y : call.to.reshaped(y, {Shape()}, to, call.who()));
}

void cumsum(const Call& call) {
  const int64_t axis = call.integer("axis");
  call.require_no_rows(0, static_cast<int>(axis));
  if (call.rank(0) == 0) return call.out(call.in(0));
  call.out("CumSum", {call.in(0), call.graph.integer(axis)}, {{"reverse", call.integer("backwards")}});
}

/// Masked places count as -1e30 (finite, so that a row without a real place stays a number), and give 0 or -inf.
void softmax(const Call& call, bool log) {
  const char* node = log ? "LogSoftmax" : "Softmax";
  call.require_no_rows(0, call.rank(0) - 1);
  const TensorsAcross masks = call.tensors("mask");
  if (!masks[0].defined()) return call.out(node, {call.in(0)}, {{"axis", -1}});
  const std::string mask = call.to.value(masks, call.who());
  const std::string x = call.graph.add("Where", {mask, call.in(0), call.graph.number(-1e30, call.dtype())});
  const double masked = log ? -std::numeric_limits<double>::infinity() : 0;
  call.out("Where", {mask, call.graph.add(node, {x}, {{"axis", -1}}), call.graph.number(masked, call.dtype())});
}

std::string ordered(const Call& call, int64_t descending, size_t output) {
  const int axis = call.rank(0) - 1;
  call.require_no_rows(0, axis);
  Across sizes;
  for (const Shape& shape : call.result_shapes()) sizes.push_back(shape[axis]);
  return call.graph.add("TopK", {call.in(0), call.amounts({sizes})}, 2,
                        {{"axis", -1}, {"largest", descending}, {"sorted", 1}})[output];
}

}  // namespace

std::vector<OnnxOp> reduce_ops() {
  return {{"sum", "ReduceSum", sum, true},
          {"amax", "ReduceMax", largest, true},
          {"max", "ReduceMax", largest, true},
          {"amin", "ReduceMin", least, true},
          {"min", "ReduceMin", least, true},
          {"prod", "ReduceProd", prod, true},
          {"logsumexp", "ReduceLogSumExp", logsumexp, true},
          {"norm", "ReduceL2", norm, true},
          {"any", "Cast, ReduceMax", [](const Call& call) { decided(call, "ReduceMax"); }, true},
          {"all", "Cast, ReduceMin", [](const Call& call) { decided(call, "ReduceMin"); }, true},
          {"argmax", "ArgMax", [](const Call& call) { place_of_extremum(call, "ArgMax"); }, true},
          {"argmin", "ArgMin", [](const Call& call) { place_of_extremum(call, "ArgMin"); }, true},
          {"var", "ReduceMean, ReduceSum, Div", [](const Call& call) { call.out(variance(call)); }, true},
          {"stddev", "ReduceMean, ReduceSum, Sqrt", [](const Call& call) { call.out("Sqrt", {variance(call)}); }, true},
          {"sum_to", "ReduceSum", sum_to, true},
          {"cumsum", "CumSum", cumsum, true},
          {"softmax", "Softmax, Where", [](const Call& call) { softmax(call, false); }, true},
          {"log_softmax", "LogSoftmax, Where", [](const Call& call) { softmax(call, true); }, true},
          {"top_k", "TopK", [](const Call& call) { call.out(ordered(call, 1, 0)); }, true},
          {"top_k_ids", "TopK", [](const Call& call) { call.out(ordered(call, 1, 1)); }, true},
          {"sort", "TopK", [](const Call& call) { call.out(ordered(call, call.integer("descending"), 0)); }, true},
          {"sort_ids", "TopK", [](const Call& call) { call.out(ordered(call, call.integer("descending"), 1)); }, true}};
}

}  // namespace grus::formats
