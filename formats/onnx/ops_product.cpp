// exporter.h declares product_ops: products, convolutions, normalisation over rows.
#include "formats/onnx/exporter.h"

namespace grus::formats {
namespace {

std::string turned(const Call& call, size_t i) {
  std::vector<int64_t> order;
  for (int axis = 0; axis < call.rank(i); ++axis) order.push_back(axis);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return call.graph.add("Transpose", {call.in(i)}, {{"perm", order}});
}

void matmul(const Call& call) {
  const bool turn_a = call.integer("transpose_a") != 0, turn_b = call.integer("transpose_b") != 0;
  call.require_no_rows(0, call.rank(0) - (turn_a ? 2 : 1));
  for (int axis = 0; axis < call.rank(1); ++axis) call.require_no_rows(1, axis);
  if (call.rank(0) == 2)
    return call.out("Gemm", {call.in(0), call.in(1)}, {{"transA", int64_t{turn_a}}, {"transB", int64_t{turn_b}}});
  call.out("MatMul", {turn_a ? turned(call, 0) : call.in(0), turn_b ? turned(call, 1) : call.in(1)});
}

void linear(const Call& call) {
  for (int axis = 0; axis < call.rank(1); ++axis) call.require_no_rows(1, axis);
  GraphBuilder::Names inputs{call.in(0), call.in(1)};
  if (call.has(2)) inputs.push_back(call.in(2));
  call.out("Gemm", inputs, {{"transB", 1}});
}

/// Returns the weight of a norm, or ones.
std::string scale(const Call& call) {
  if (call.has(1)) return call.in(1);
  return call.graph.initializer(Tensor::ones({call.arg(0).shape().back()}, call.dtype()));
}

void layer_norm(const Call& call) {
  call.require_no_rows(0, call.rank(0) - 1);
  GraphBuilder::Names inputs{call.in(0), scale(call)};
  if (call.has(2)) inputs.push_back(call.in(2));
  call.out("LayerNormalization", inputs, {{"axis", -1}, {"epsilon", call.number("eps")}});
}

void rms_norm(const Call& call) {
  call.require_no_rows(0, call.rank(0) - 1);
  const std::string x = call.in(0), squares = call.graph.add("Mul", {x, x});
  const std::string mean =
      call.graph.add("ReduceMean", {squares}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", 1}});
  const std::string root =
      call.graph.add("Sqrt", {call.graph.add("Add", {mean, call.graph.number(call.number("eps"), call.dtype())})});
  const std::string y = call.graph.add("Div", {x, root});
  call.out(call.has(1) ? call.graph.add("Mul", {y, call.in(1)}) : y);
}

std::vector<int64_t> both_sides(const std::vector<int64_t>& padding) {
  return {padding[0], padding[1], padding[0], padding[1]};
}

void conv(const Call& call) {
  GraphBuilder::Names inputs{call.in(0), call.in(1)};
  if (call.has(2)) inputs.push_back(call.in(2));
  call.out("Conv", inputs,
           {{"kernel_shape", call.integers("kernel")},
            {"strides", call.integers("stride")},
            {"pads", both_sides(call.integers("padding"))},
            {"dilations", call.integers("dilation")},
            {"group", call.integer("groups")}});
}

void max_pool(const Call& call) {
  call.out("MaxPool", {call.in(0)},
           {{"kernel_shape", call.integers("kernel")},
            {"strides", call.integers("stride")},
            {"pads", both_sides(call.integers("padding"))}});
}

void average_pool(const Call& call) {
  call.out("AveragePool", {call.in(0)},
           {{"kernel_shape", call.integers("kernel")},
            {"strides", call.integers("stride")},
            {"pads", both_sides(call.integers("padding"))},
            {"count_include_pad", 1}});
}

/// x (T, B, C), taps (k, O, C) -> (T', B, O), as a convolution of (B, C, T).
void conv_sequence(const Call& call) {
  for (int axis = 0; axis < 3; ++axis) call.require_no_rows(0, axis);
  const std::vector<int64_t> to_channels{1, 2, 0}, back{2, 0, 1};
  const std::string x = call.graph.add("Transpose", {call.in(0)}, {{"perm", to_channels}}),
                    weight = call.graph.add("Transpose", {call.in(1)}, {{"perm", to_channels}});
  const std::string y = call.graph.add("Conv", {x, weight},
                                       {{"kernel_shape", std::vector<int64_t>{call.arg(1).dim(0)}},
                                        {"dilations", std::vector<int64_t>{call.integer("dilation")}}});
  call.out("Transpose", {y}, {{"perm", back}});
}

}  // namespace

std::vector<OnnxOp> product_ops() {
  return {{"matmul", "Gemm of matrices, else MatMul", matmul, true},
          {"linear", "Gemm", linear, true},
          {"layer_norm", "LayerNormalization", layer_norm, true},
          {"rms_norm", "ReduceMean, Sqrt, Div", rms_norm, true},
          {"conv2d", "Conv", conv},
          {"conv_sequence", "Transpose, Conv", conv_sequence, true},
          {"max_pool2d", "MaxPool", max_pool},
          {"avg_pool2d", "AveragePool", average_pool}};
}

}  // namespace grus::formats
