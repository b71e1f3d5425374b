#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "formats/onnx.h"
#include "formats/onnx/messages.h"
#include "formats/onnx/model_file.h"
#include "nn/gru.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::formats {
namespace {

// Nodes that have no weights, or whose weights are as they stand.
constexpr const char* plain_nodes[] = {"Abs",
                                       "Add",
                                       "And",
                                       "ArgMax",
                                       "ArgMin",
                                       "Atan",
                                       "AveragePool",
                                       "BatchNormalization",
                                       "Cast",
                                       "Ceil",
                                       "Clip",
                                       "Concat",
                                       "Constant",
                                       "ConstantOfShape",
                                       "Conv",
                                       "Cos",
                                       "CumSum",
                                       "Div",
                                       "Dropout",
                                       "Elu",
                                       "Equal",
                                       "Erf",
                                       "Exp",
                                       "Expand",
                                       "Flatten",
                                       "Floor",
                                       "Gelu",
                                       "GlobalAveragePool",
                                       "GlobalMaxPool",
                                       "Greater",
                                       "GreaterOrEqual",
                                       "Identity",
                                       "LayerNormalization",
                                       "LeakyRelu",
                                       "Less",
                                       "LessOrEqual",
                                       "Log",
                                       "LogSoftmax",
                                       "Max",
                                       "MaxPool",
                                       "Min",
                                       "Mod",
                                       "Mul",
                                       "Neg",
                                       "Not",
                                       "Or",
                                       "PRelu",
                                       "Pad",
                                       "Pow",
                                       "Range",
                                       "Reciprocal",
                                       "ReduceL2",
                                       "ReduceLogSumExp",
                                       "ReduceMax",
                                       "ReduceMean",
                                       "ReduceMin",
                                       "ReduceProd",
                                       "ReduceSum",
                                       "Relu",
                                       "Reshape",
                                       "Round",
                                       "ScatterND",
                                       "Shape",
                                       "Sigmoid",
                                       "Sign",
                                       "Sin",
                                       "Slice",
                                       "Softmax",
                                       "Softplus",
                                       "Split",
                                       "Sqrt",
                                       "Squeeze",
                                       "Sub",
                                       "Tan",
                                       "Tanh",
                                       "TopK",
                                       "Transpose",
                                       "Unsqueeze",
                                       "Where"};

/// A GateOrder says how a recurrence's gates become Grus's: its k-th is ONNX's gates[k].
struct GateOrder {
  const char* node;
  std::vector<int64_t> gates;
  std::vector<std::string> activations;  // of a direction
};
const GateOrder forms[] = {{"GRU", {1, 0, 2}, {"Sigmoid", "Tanh"}},
                           {"LSTM", {0, 2, 3, 1}, {"Sigmoid", "Tanh", "Tanh"}},
                           {"RNN", {0}, {"Tanh"}}};

/// Returns "gru" and 1 for a node "/gru/GRU_1", as exporters name them: the module's path, and a layer's number.
std::pair<std::string, int64_t> place_of(const onnx::Node& node) {
  std::string name = node.name();
  int64_t layer = 0;
  const size_t slash = name.rfind('/'), last = name.rfind('_');
  if (last != std::string::npos && last + 1 < name.size() && name.size() - last < 6 &&
      name.find_first_not_of("0123456789", last + 1) == std::string::npos &&
      (slash == std::string::npos || slash < last))
    layer = std::stoll(name.substr(last + 1));
  name = slash == std::string::npos ? node.op_type() : name.substr(0, slash);
  if (name.starts_with('/')) name.erase(0, 1);
  std::ranges::replace(name, '/', '.');
  return {name, layer};
}

class Reader {
 public:
  Reader(const std::string& path, Device device) : file_(path, device) {}

  nn::TensorFile read() {
    const onnx::Graph& graph = file_.model().graph();
    for (const onnx::Node& node : graph.node()) {
      const auto is = [&](const char* op) { return node.op_type() == op; };
      require<DataError>(node.domain().empty() || node.domain() == "ai.onnx",
                         "{}: need ops of ONNX's own domain, got {} of '{}'", file_.path(), described(node),
                         Shown{node.domain()});
      const auto form = std::ranges::find_if(forms, [&](const GateOrder& f) { return is(f.node); });
      if (form != std::end(forms)) read_recurrence(node, *form);
      else if (is("Gemm")) read_gemm(node);
      else if (is("MatMul")) read_matmul(node);
      else if (is("Gather")) read_gather(node);
      else
        require<DataError>(std::ranges::any_of(plain_nodes, is), "{}: need ops that are known here, got {}",
                           file_.path(), described(node));
    }
    for (const onnx::TensorData& data : graph.initializer()) read_rest(data.name());
    return std::move(result_);
  }

 private:
  const onnx::Attribute* attribute(const onnx::Node& node, const char* name) const {
    for (const onnx::Attribute& each : node.attribute())
      if (each.name() == name) return &each;
    return nullptr;
  }
  int64_t integer(const onnx::Node& node, const char* name, int64_t otherwise) const {
    const onnx::Attribute* const found = attribute(node, name);
    return found ? found->i() : otherwise;
  }
  [[noreturn]] void refuse(const onnx::Node& node, const std::string& need) const {
    throw DataError(fmt::format("{}: need {}, got another at {}", file_.path(), need, described(node)));
  }

  const Tensor* input(const onnx::Node& node, int i) {
    if (i >= node.input_size() || node.input(i).empty()) return nullptr;
    used_.insert(node.input(i));
    return file_.find(node.input(i));
  }
  /// Returns weights, or null for an input that is left out.
  const Tensor* weights(const onnx::Node& node, int i) {
    const Tensor* const found = input(node, i);
    if (!found && i < node.input_size() && !node.input(i).empty())
      refuse(node, "weights that stand in the file, of '" + printable(node.input(i)) + "'");
    return found;
  }
  void keep(const std::string& name, const Tensor& tensor) {
    if (const Tensor* const before = nn::find(result_.tensors, name)) {
      const bool same = before->shape() == tensor.shape() && before->dtype() == tensor.dtype() &&
                        before->to_bytes() == tensor.to_bytes();
      require<DataError>(same, "{}: need each name once, got '{}' for two tensors", file_.path(), Shown{name});
      return;
    }
    result_.tensors.push_back({name, tensor});
  }

  void require_convention(const onnx::Node& node, const GateOrder& form, int64_t directions) const {
    if (attribute(node, "clip")) refuse(node, "a recurrence without 'clip'");
    if (integer(node, "input_forget", 0) != 0) refuse(node, "an LSTM whose gates are its own (input_forget 0)");
    const onnx::Attribute* const activations = attribute(node, "activations");
    if (!activations || activations->strings_size() == 0) return;
    const bool relu = form.gates.size() == 1 && activations->strings(0) == "Relu";
    const auto count = static_cast<int64_t>(form.activations.size());
    if (activations->strings_size() != directions * count) refuse(node, "its usual activations");
    for (int i = 0; i < activations->strings_size(); ++i)
      if (activations->strings(i) != (relu ? "Relu" : form.activations[static_cast<size_t>(i % count)]))
        refuse(node, relu ? "one activation in both directions" : "its usual activations");
  }

  /// Returns rows of gates (G H, ...) in Grus's order. With `negated` ONNX's first gate changes its sign.
  static Tensor reordered(const Tensor& rows, const GateOrder& form, bool negated) {
    const auto count = static_cast<int64_t>(form.gates.size()), hidden = rows.dim(0) / count;
    std::vector<Tensor> parts;
    for (const int64_t gate : form.gates) {
      const Tensor part = rows.rows(gate * hidden, (gate + 1) * hidden);
      parts.push_back(negated && gate == 0 ? neg(part) : part);
    }
    return concat(parts);
  }

  void read_recurrence(const onnx::Node& node, const GateOrder& form) {
    const onnx::Attribute* const direction = attribute(node, "direction");
    const std::string way = direction ? direction->s() : "forward";
    if (way != "forward" && way != "reverse" && way != "bidirectional") refuse(node, "a direction of ONNX's");
    const int64_t directions = way == "bidirectional" ? 2 : 1, gates = static_cast<int64_t>(form.gates.size());
    require_convention(node, form, directions);
    if (node.input_size() > 7 && !node.input(7).empty()) refuse(node, "an LSTM without peepholes");
    const Tensor *const w = weights(node, 1), *const r = weights(node, 2), *const b = weights(node, 3);
    if (!w || !r || w->rank() != 3 || r->rank() != 3 || !is_float(w->dtype()) || w->dtype() != r->dtype() ||
        (b && b->dtype() != w->dtype()))
      refuse(node, "weights of three axes, of one float type");
    const int64_t hidden = r->dim(2);
    if (w->dim(0) != directions || r->shape() != Shape{directions, gates * hidden, hidden} ||
        w->dim(1) != gates * hidden || (b && b->shape() != Shape{directions, 2 * gates * hidden}))
      refuse(node, fmt::format("weights (D, {} H, I), (D, {} H, H) and biases (D, {} H)", gates, gates, 2 * gates));
    const bool negated = node.input(1).ends_with("/-zrn");
    std::string stem, suffix;
    if (const size_t end = node.input(1).rfind('/'), at = node.input(1).rfind("weight_ih");
        end != std::string::npos && at != std::string::npos && at < end) {
      stem = node.input(1).substr(0, at);
      suffix = node.input(1).substr(at + 9, end - at - 9);
    } else {
      const auto [path, layer] = place_of(node);
      stem = path + ".";
      suffix = fmt::format("_l{}{}", layer, way == "reverse" ? "_reverse" : "");
    }
    for (int64_t d = 0; d < directions; ++d) {
      const std::string end = suffix + (d == 1 ? "_reverse" : "");
      keep(stem + "weight_ih" + end, reordered((*w)[d], form, negated));
      keep(stem + "weight_hh" + end, reordered((*r)[d], form, negated));
      if (!b) continue;
      keep(stem + "bias_ih" + end, reordered((*b)[d].rows(0, gates * hidden), form, negated));
      keep(stem + "bias_hh" + end, reordered((*b)[d].rows(gates * hidden), form, negated));
    }
    note_convention(node, stem, negated);
  }

  /// Says in the metadata what names and shapes do not: a GRU's convention (nn/serialize.h), and an RNN's activation.
  void note_convention(const onnx::Node& node, const std::string& stem, bool negated) {
    if (node.op_type() == "GRU") {
      const GruForm form{integer(node, "linear_before_reset", 0) ? Reset::after : Reset::before,
                         negated ? Update::replace : Update::keep};
      const std::string path = stem.substr(0, stem.empty() ? 0 : stem.size() - 1);
      result_.metadata[nn::convention_key(path)] = nn::convention_of(form);
    }
    if (node.op_type() == "RNN") {
      const onnx::Attribute* const activations = attribute(node, "activations");
      const bool relu = activations && activations->strings_size() > 0 && activations->strings(0) == "Relu";
      result_.metadata[stem + "activation"] = relu ? "relu" : "tanh";
    }
  }

  static bool has_a_name(const std::string& name) {
    return !name.starts_with("constant") && name.find("::") == std::string::npos;
  }

  void read_gemm(const onnx::Node& node) {
    const Tensor* const weight = input(node, 1);
    if (!weight || weight->rank() != 2 || !is_float(weight->dtype())) return;
    const auto scale = [&](const char* name) {
      const onnx::Attribute* const found = attribute(node, name);
      return found ? static_cast<double>(found->f()) : 1.0;
    };
    const auto scaled = [](const Tensor& x, double by) { return by == 1 ? x : x * by; };
    const std::string name = has_a_name(node.input(1)) ? node.input(1) : place_of(node).first + ".weight";
    keep(name, scaled(integer(node, "transB", 0) ? *weight : transpose(*weight), scale("alpha")));
    const Tensor* const bias = input(node, 2);
    if (!bias || !is_float(bias->dtype())) return;
    keep(has_a_name(node.input(2)) ? node.input(2) : place_of(node).first + ".bias", scaled(*bias, scale("beta")));
  }

  /// A product with a matrix of the file is a Linear without a bias; that of an Add behind it tells its name.
  void read_matmul(const onnx::Node& node) {
    const Tensor* const weight = input(node, 1);
    if (!weight || weight->rank() != 2 || !is_float(weight->dtype()) || node.output_size() != 1) return;
    std::string name = has_a_name(node.input(1)) ? node.input(1) : place_of(node).first + ".weight";
    for (const onnx::Node& next : file_.model().graph().node()) {
      if (next.op_type() != "Add" || next.input_size() != 2) continue;
      const int other = next.input(0) == node.output(0) ? 1 : next.input(1) == node.output(0) ? 0 : -1;
      if (other < 0 || !file_.find(next.input(other)) || !next.input(other).ends_with("bias")) continue;
      if (!has_a_name(node.input(1))) name = next.input(other).substr(0, next.input(other).size() - 4) + "weight";
    }
    keep(name, transpose(*weight));
  }

  void read_gather(const onnx::Node& node) {
    const Tensor* const table = input(node, 0);
    if (!table || !is_float(table->dtype()) || integer(node, "axis", 0) != 0) return;
    keep(has_a_name(node.input(0)) ? node.input(0) : place_of(node).first + ".weight", *table);
  }

  /// Keeps parameters of other nodes. Integers and constants without a name are settings of nodes.
  void read_rest(const std::string& name) {
    const Tensor& tensor = *file_.find(name);
    if (!used_.contains(name) && has_a_name(name) && tensor.rank() > 0 && tensor.dtype() != DType::i64)
      keep(name, tensor);
  }

  ModelFile file_;
  nn::TensorFile result_;
  std::set<std::string> used_;
};

}  // namespace

nn::TensorFile read_onnx(const std::filesystem::path& path, Device device) {
  const NoGrad plain;
  return Reader(path.string(), device).read();
}

}  // namespace grus::formats
