// exporter.h declares shape_ops: ops that move elements.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "formats/onnx/exporter.h"

namespace grus::formats {
namespace {

constexpr int64_t to_the_end = std::numeric_limits<int64_t>::max();

Across dims(const ShapesAcross& shapes, int axis) {
  Across all;
  for (const Shape& shape : shapes) all.push_back(shape[axis]);
  return all;
}

bool is_constant(const Across& values) {
  return std::ranges::all_of(values, [&](int64_t value) { return value == values[0]; });
}

bool are_zero(const Across& values) {
  return std::ranges::all_of(values, [](int64_t value) { return value == 0; });
}

/// Returns where a part begins or ends, counted from the end where that does not vary.
Across from_nearest_end(const Across& places, const Across& sizes, bool is_end) {
  if (is_end && places == sizes) return Across(places.size(), to_the_end);
  Across behind;
  for (size_t k = 0; k < places.size(); ++k) behind.push_back(places[k] - sizes[k]);
  return !is_constant(places) && is_constant(behind) && behind[0] < 0 ? behind : places;
}

std::string sliced(const Call& call, const std::string& x, int axis, const Across& begin, const Across& end,
                   int64_t step = 1) {
  const auto index = [&](const Across& values) {
    return is_constant(values) ? call.graph.integers({values[0]}) : call.amounts({values});
  };
  return call.graph.add("Slice",
                        {x, index(begin), index(end), call.graph.integers({axis}), call.graph.integers({step})});
}

void reshape(const Call& call) {
  const ShapesAcross from = call.shapes(0), to = call.result_shapes();
  // Packed rows keep their axis: (N, a, b) -> (N, c).
  for (int axis = 0; axis < from[0].rank(); ++axis)
    if (call.to.is_rows(from, axis) && !(axis == 0 && call.to.is_rows(to, 0))) call.require_no_rows(0, axis);
  call.out(call.to.reshaped(call.in(0), from, to, call.who()));
}

void permute(const Call& call) { call.out("Transpose", {call.in(0)}, {{"perm", call.integers("order")}}); }

void rows(const Call& call) {
  call.require_no_rows(0, 0);
  const Across sizes = dims(call.shapes(0), 0);
  call.out(sliced(call, call.in(0), 0, from_nearest_end(call.across("begin"), sizes, false),
                  from_nearest_end(call.across("end"), sizes, true)));
}

void index(const Call& call) {
  call.require_no_rows(0, 0);
  const Across at = from_nearest_end(call.across("index"), dims(call.shapes(0), 0), false);
  const std::string id = is_constant(at) ? call.graph.integer(at[0]) : call.graph.add("Squeeze", {call.amounts({at})});
  call.out("Gather", {call.in(0), id}, {{"axis", 0}});
}

void slice(const Call& call) {
  std::string x = call.in(0);
  for (int axis = 0; axis < call.rank(0); ++axis) {
    const Across sizes = dims(call.shapes(0), axis), parts = dims(call.result_shapes(), axis);
    const Across begin = call.across("begin", static_cast<size_t>(axis)),
                 steps = call.across("step", static_cast<size_t>(axis));
    if (parts == sizes && are_zero(begin)) continue;
    call.require_no_rows(0, axis);
    if (!is_constant(steps)) call.refuse("one step for inputs of every size");
    Across end;
    for (size_t k = 0; k < parts.size(); ++k) end.push_back(std::min(begin[k] + parts[k] * steps[k], sizes[k]));
    x = sliced(call, x, axis, from_nearest_end(begin, sizes, false), from_nearest_end(end, sizes, true), steps[0]);
  }
  call.out(x);
}

void flip(const Call& call) {
  std::string x = call.in(0);
  for (int axis = 0; axis < call.rank(0); ++axis) {
    if (call.across("step", static_cast<size_t>(axis))[0] != -1) continue;
    call.require_no_rows(0, axis);
    const size_t runs = call.to.recordings.count();
    x = sliced(call, x, axis, Across(runs, -1), Across(runs, std::numeric_limits<int64_t>::min() + 1), -1);
  }
  call.out(x);
}

void pad(const Call& call) {
  const ShapesAcross from = call.shapes(0), to = call.result_shapes();
  std::vector<Across> before, after;
  for (int axis = 0; axis < call.rank(0); ++axis) {
    before.push_back(call.across("begin", static_cast<size_t>(axis)));
    Across rest;
    for (size_t k = 0; k < from.size(); ++k) rest.push_back(to[k][axis] - from[k][axis] - before.back()[k]);
    after.push_back(rest);
    if (!are_zero(before.back()) || !are_zero(rest)) call.require_no_rows(0, axis);
  }
  before.insert(before.end(), after.begin(), after.end());
  const std::string value = call.graph.number(call.number("value"), call.dtype());
  if (call.dtype() != DType::boolean) return call.out("Pad", {call.in(0), call.amounts(before), value});
  const std::string bytes = call.graph.add("Cast", {call.in(0)}, {{"to", onnx_type(DType::i32)}});
  const std::string padded =
      call.graph.add("Pad", {bytes, call.amounts(before), call.graph.number(call.number("value"), DType::i32)});
  call.out("Cast", {padded}, {{"to", onnx_type(DType::boolean)}});
}

void broadcast_to(const Call& call) {
  call.out("Expand", {call.in(0), call.to.sizes(call.result_shapes(), call.who())});
}

void concat(const Call& call) {
  GraphBuilder::Names inputs;
  const int64_t axis = call.integer("axis");
  for (size_t i = 0; i < call.count(); ++i) {
    call.require_no_rows(i, static_cast<int>(axis));
    inputs.push_back(call.in(i));
  }
  call.out("Concat", inputs, {{"axis", axis}});
}

void roll(const Call& call) {
  const int axis = static_cast<int>(call.integer("axis"));
  call.require_no_rows(0, axis);
  const Across sizes = dims(call.shapes(0), axis), shift = call.across("shift");
  Across cut;
  for (size_t k = 0; k < sizes.size(); ++k) cut.push_back(sizes[k] - shift[k]);
  cut = from_nearest_end(cut, sizes, false);
  const size_t runs = sizes.size();
  const std::string behind = sliced(call, call.in(0), axis, cut, Across(runs, to_the_end)),
                    ahead = sliced(call, call.in(0), axis, Across(runs, 0), cut);
  call.out("Concat", {behind, ahead}, {{"axis", axis}});
}

/// Windows are gathered by numbers (count, size) of entries, whose axis of entries then goes to the end.
void unfold(const Call& call) {
  const int axis = static_cast<int>(call.integer("axis"));
  const int64_t size = call.integer("size"), step = call.integer("step");
  call.require_no_rows(0, axis);
  const std::string count = call.amounts({dims(call.result_shapes(), axis)});
  const std::string first = call.graph.add("Mul", {call.to.range(count), call.graph.integer(step)});
  const std::string column = call.graph.add("Unsqueeze", {first, call.graph.integers({1})});
  const std::string ids = call.graph.add("Add", {column, call.graph.initializer(Tensor::arange(0, size))});
  const std::string windows = call.graph.add("Gather", {call.in(0), ids}, {{"axis", axis}});
  std::vector<int64_t> order;
  for (int i = 0; i <= call.rank(0); ++i)
    if (i != axis + 1) order.push_back(i);
  order.push_back(axis + 1);
  call.out("Transpose", {windows}, {{"perm", order}});
}

/// Tells whether ids are the padded places of packed rows, which stand there in the graph.
bool are_packed_rows(const Call& call, size_t i) {
  if (!call.to.has_lengths() || call.arg(i).node().tape != 0) return false;
  for (size_t k = 0; k < call.to.recordings.count(); ++k)
    if (call.arg(i, k).to_vector<int64_t>() != call.to.recordings.all[k].lengths.packed_rows().to_vector<int64_t>())
      return false;
  return true;
}

void gather_rows(const Call& call) {
  if (call.arg(1).dtype() == DType::i64 && are_packed_rows(call, 1)) return call.out(call.in(0));
  if (call.arg(1).node().tape != 0 || !call.to.has_lengths()) call.require_no_rows(0, 0);
  call.out("Gather", {call.in(0), call.in(1)}, {{"axis", 0}});
}

/// Sums of rows: y[ids[i]] += x[i]. Packed rows that go to their padded places are masked instead.
void scatter_rows(const Call& call) {
  if (call.to.is_rows(call.shapes(0), 0)) {
    if (!are_packed_rows(call, 1)) call.require_no_rows(0, 0);
    std::vector<int64_t> axes;
    for (int i = 1; i < call.rank(0); ++i) axes.push_back(i);
    std::string mask = call.graph.add("Reshape", {call.to.mask(), call.graph.integers({-1})});
    if (!axes.empty()) mask = call.graph.add("Unsqueeze", {mask, call.graph.integers(axes)});
    return call.out("Where", {mask, call.in(0), call.graph.number(0, call.dtype())});
  }
  const std::string zeros =
      call.graph.add("Expand", {call.graph.number(0, call.dtype()), call.to.sizes(call.result_shapes(), call.who())});
  const std::string ids = call.graph.add("Unsqueeze", {call.in(1), call.graph.integers({1})});
  call.out("ScatterND", {zeros, ids, call.in(0)}, {{"reduction", "add"}});
}

void scatter_add(const Call& call) {
  const std::string flat = call.graph.add("Reshape", {call.in(0), call.graph.integers({-1})}),
                    source = call.graph.add("Reshape", {call.in(2), call.graph.integers({-1})}),
                    ids = call.graph.add("Reshape", {call.in(1), call.graph.integers({-1, 1})});
  const std::string y = call.graph.add("ScatterND", {flat, ids, source}, {{"reduction", "add"}});
  call.out(call.to.reshaped(y, {{1}}, call.result_shapes(), call.who()));
}

}  // namespace

std::vector<OnnxOp> shape_ops() {
  return {{"reshape", "Reshape", reshape, true},
          {"permute", "Transpose", permute, true},
          {"rows", "Slice", rows, true},
          {"index", "Gather", index, true},
          {"slice", "Slice", slice, true},
          {"crop", "Slice", slice, true},
          {"flip", "Slice", flip, true},
          {"pad", "Pad", pad, true},
          {"place", "Pad", pad, true},
          {"broadcast_to", "Expand", broadcast_to, true},
          {"concat", "Concat", concat, true},
          {"roll", "Slice, Concat", roll, true},
          {"unfold", "Range, Gather, Transpose", unfold, true},
          {"embedding", "Gather", gather_rows, true},
          {"gather_rows", "Gather", gather_rows, true},
          {"scatter_rows", "ScatterND; Where of packed rows", scatter_rows, true},
          {"scatter_add", "ScatterND", scatter_add}};
}

}  // namespace grus::formats
