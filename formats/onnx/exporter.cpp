#include "formats/onnx/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus::formats {

Exporter::Exporter(const Recordings& of, const std::vector<OnnxInput>& inputs, const OnnxOptions& options,
                   GraphBuilder& builder)
    : graph(builder), recordings(of), inputs_(inputs), options_(options) {}

std::string Exporter::symbol(int which) {
  if (which == recordings.rows) return graph.add("Mul", {steps(), batch()});
  const std::string& name = recordings.symbols[static_cast<size_t>(which)].name;
  for (const OnnxInput& input : inputs_)
    for (size_t axis = 0; axis < input.axes.size(); ++axis)
      if (input.axes[axis] == name) {
        const auto begin = static_cast<int64_t>(axis);
        return graph.add("Shape", {input.name}, {{"start", begin}, {"end", begin + 1}});
      }
  fail<UsageError>("[save_onnx] need an input with the axis '{}', got none", name);
}

std::string Exporter::size(const Amount& amount) {
  if (amount.constant()) return graph.integers({amount.add});
  const std::string key =
      fmt::format("{} * {} + {} / {}", fmt::join(amount.symbols, " "), amount.factor, amount.add, amount.divisor);
  if (const auto found = sizes_.find(key); found != sizes_.end()) return found->second;
  const std::string outer = graph.scope();
  graph.set_scope("sizes");
  std::string x;
  for (const int which : amount.symbols) {
    Amount plain{{which}};
    const bool is_plain = amount.symbols.size() == 1 && amount.factor == 1 && amount.add == 0 && amount.divisor == 1;
    const std::string factor = is_plain ? symbol(which) : size(plain);
    x = x.empty() ? factor : graph.add("Mul", {x, factor});
  }
  if (amount.factor != 1) x = graph.add("Mul", {x, graph.integers({amount.factor})});
  if (amount.add != 0) x = graph.add("Add", {x, graph.integers({amount.add})});
  if (amount.divisor != 1) x = graph.add("Div", {x, graph.integers({amount.divisor})});
  graph.set_scope(outer);
  return sizes_[key] = x;
}

std::string Exporter::amounts(const std::vector<Across>& all, const std::string& who) {
  std::vector<int64_t> constants;
  GraphBuilder::Names parts;
  for (const Across& values : all) {
    const std::optional<Amount> found = amount(values);
    if (!found)
      throw UsageError(
          fmt::format("[save_onnx] {}: need sizes that follow from the axes that vary, got {} in runs of other sizes",
                      who, fmt::join(values, ", ")));
    if (found->constant()) constants.push_back(found->add);
    parts.push_back(found->constant() ? "" : size(*found));
  }
  if (constants.size() == parts.size()) return graph.integers(constants);
  size_t next = 0;
  for (std::string& part : parts)
    if (part.empty()) part = graph.integers({constants[next++]});
  return parts.size() == 1 ? parts[0] : graph.add("Concat", parts, {{"axis", 0}});
}

std::string Exporter::sizes(const ShapesAcross& shapes, const std::string& who) {
  std::vector<Across> all(static_cast<size_t>(shapes[0].rank()));
  for (const Shape& shape : shapes)
    for (int axis = 0; axis < shape.rank(); ++axis) all[static_cast<size_t>(axis)].push_back(shape[axis]);
  return amounts(all, who);
}

std::string Exporter::reshaped(const std::string& x, const ShapesAcross& from, const ShapesAcross& to,
                               const std::string& who) {
  const auto same = [](const ShapesAcross& shapes, int axis) {
    return std::ranges::all_of(shapes, [&](const Shape& shape) { return shape[axis] == shapes[0][axis]; });
  };
  std::vector<int64_t> target;
  int open = 0;
  bool empty = false;
  for (int axis = 0; axis < to[0].rank(); ++axis) {
    bool copied = axis < from[0].rank();
    for (size_t k = 0; copied && k < to.size(); ++k) copied = from[k][axis] == to[k][axis];
    const bool fixed = same(to, axis);
    empty |= fixed && to[0][axis] == 0;
    target.push_back(fixed ? to[0][axis] : copied ? 0 : -1);
    open += !fixed && !copied;
  }
  if (empty) return graph.add("Reshape", {x, sizes(to, who)}, {{"allowzero", 1}});
  return graph.add("Reshape", {x, open <= 1 ? graph.integers(target) : sizes(to, who)});
}

bool Exporter::is_rows(const ShapesAcross& shapes, int axis) const {
  if (!has_lengths() || axis >= shapes[0].rank() || axis < 0) return false;
  const Across& rows = recordings.symbols[static_cast<size_t>(recordings.rows)].sizes;
  for (size_t k = 0; k < shapes.size(); ++k)
    if (shapes[k][axis] != rows[k]) return false;
  return true;
}

std::string Exporter::state_name(const Tensor& tensor) const {
  for (const nn::NamedTensor& entry : options_.state)
    if (Raw::same_elements(entry.tensor, tensor)) return entry.name;
  return "";
}

std::string Exporter::value(const TensorsAcross& tensors, const std::string& who) {
  const auto serial_of = [](const Tensor& tensor) { return tensor.node().tape; };
  if (serial_of(tensors[0]) == 0) return constant(tensors, who);
  const auto found = names_.find(tensors[0].node().value);
  if (found == names_.end())
    throw UsageError(fmt::format("[save_onnx] {}: need tensors of this function, got one of another tape", who));
  return found->second;
}

GraphBuilder::Names Exporter::dims(const ShapesAcross& shapes) const {
  GraphBuilder::Names names;
  for (int axis = 0; axis < shapes[0].rank(); ++axis) {
    Across values;
    for (const Shape& shape : shapes) values.push_back(shape[axis]);
    const std::optional<Amount> found = amount(values);
    const bool plain =
        found && found->symbols.size() == 1 && found->factor == 1 && found->add == 0 && found->divisor == 1;
    names.push_back(!found              ? ""
                    : found->constant() ? fmt::to_string(found->add)
                    : plain             ? recordings.symbols[static_cast<size_t>(found->symbols[0])].name
                                        : "");
  }
  return names;
}

/// Results without elements are constants: runtimes differ in what they make of axes of size 0.
bool Exporter::write_empty(const Call& call) {
  const Record& record = call.record();
  for (int32_t output = 0; output < record.outputs; ++output)
    for (const Shape& shape : call.result_shapes(output))
      if (shape.numel() > 0 || !(shape == call.result_shapes(output)[0])) return false;
  for (int32_t output = 0; output < record.outputs; ++output) {
    const Tape::Value& value = recordings.tape().value(record.first_output + output);
    call.out(graph.initializer(Tensor::empty(value.shape, value.dtype)), output);
  }
  return true;
}

void Exporter::run() {
  const auto shapes = [&](const auto& tensor_of) {
    ShapesAcross all;
    for (const Recording& recording : recordings.all) all.push_back(tensor_of(recording).shape());
    return all;
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    graph.add_input(inputs_[i].name, inputs_[i].example.dtype(),
                    dims(shapes([&](const Recording& r) { return r.inputs[i]; })));
    bind(recordings.all[0].inputs[i].node().value, inputs_[i].name);
  }
  if (options_.lengths) graph.add_input(options_.lengths->name, DType::i64, {options_.lengths->batch});
  const Tape& tape = recordings.tape();
  for (size_t i = 0; i < tape.size(); ++i) {
    const Call call(*this, i);
    const Record& record = call.record();
    const auto row = std::ranges::find_if(
        onnx_ops(), [&](const OnnxOp& op) { return std::string_view(op.op) == record.op->name(); });
    if (row == onnx_ops().end())
      throw UsageError(fmt::format("[save_onnx] need ops that ONNX has, got {}", where(record)));
    if (!row->takes_rows)
      for (size_t arg = 0; arg < call.count(); ++arg)
        for (int axis = 0; call.has(arg) && axis < call.rank(arg); ++axis) call.require_no_rows(arg, axis);
    graph.set_scope(record.scope);
    if (!write_empty(call)) row->write(call);
  }
  const auto& outputs = recordings.all[0].outputs;
  require<UsageError>(!outputs.empty() && (options_.outputs.empty() || options_.outputs.size() == outputs.size()),
                      "[save_onnx] need {} outputs, as many as names, got {}", options_.outputs.size(), outputs.size());
  graph.set_scope("");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string name = options_.outputs.empty() ? fmt::format("output{}", i) : options_.outputs[i];
    require<UsageError>(outputs[i].defined() && outputs[i].node().tape != 0,
                        "[save_onnx] need outputs that follow from the inputs, got '{}', which does not", name);
    const ShapesAcross all = shapes([&](const Recording& r) { return r.outputs[i]; });
    for (int axis = 0; axis < outputs[i].rank(); ++axis)
      require<UsageError>(!is_rows(all, axis), "[save_onnx] need padded outputs, got '{}' of packed rows; unpack() it",
                          name);
    const auto found = names_.find(outputs[i].node().value);
    require<UsageError>(found != names_.end(), "[save_onnx] need outputs of ops that ONNX has, got '{}'", name);
    graph.add_output(found->second, name, outputs[i].dtype(), dims(all));
  }
}

const std::vector<OnnxOp>& onnx_ops() {
  static const std::vector<OnnxOp> all = [] {
    std::vector<OnnxOp> ops;
    for (const auto& part : {elementwise_ops(), shape_ops(), reduce_ops(), product_ops(), sequence_ops()})
      ops.insert(ops.end(), part.begin(), part.end());
    std::ranges::sort(ops, {}, [](const OnnxOp& op) { return std::string_view(op.op); });
    return ops;
  }();
  return all;
}

}  // namespace grus::formats
