// exporter.h declares sequence_ops: recurrences in ONNX's convention, and additive attention.
//
// ONNX has gates z, r, n of a GRU (Grus r, z, n), h' = (1 - z) n + z h; and i, o, f, g of an LSTM (Grus i, f, g, o).
#include <fmt/format.h>

#include "core/base/error.h"
#include "formats/onnx/exporter.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::formats {
namespace {

struct Form {
  const char* node;
  std::vector<int64_t> gates;  // ONNX's k-th gate is Grus's gates[k]
  const char* order;           // names of ONNX's gates, which the names of initializers end with
  int negated = -1;            // an ONNX gate whose weights change sign
  size_t states = 1;           // tensors of a state
};

/// Returns rows of gates (G H, ...) in ONNX's order, with an axis of one direction before them.
Tensor reordered(const Tensor& rows, const Form& form) {
  const int64_t count = static_cast<int64_t>(form.gates.size()), hidden = rows.dim(0) / count;
  std::vector<Tensor> parts;
  for (size_t k = 0; k < form.gates.size(); ++k) {
    const Tensor part = rows.rows(form.gates[k] * hidden, (form.gates[k] + 1) * hidden);
    parts.push_back(static_cast<int>(k) == form.negated ? neg(part) : part);
  }
  return unsqueeze(concat(parts), 0);
}

/// Returns rows that the program computes, in ONNX's order.
std::string reordered(const Call& call, const std::string& rows, const Form& form, int64_t hidden) {
  GraphBuilder& graph = call.graph;
  GraphBuilder::Names parts;
  for (size_t k = 0; k < form.gates.size(); ++k) {
    const int64_t gate = form.gates[k];
    parts.push_back(graph.add(
        "Slice", {rows, graph.integers({gate * hidden}), graph.integers({(gate + 1) * hidden}), graph.integers({0})}));
    if (static_cast<int>(k) == form.negated) parts.back() = graph.add("Neg", {parts.back()});
  }
  return graph.add("Unsqueeze", {graph.add("Concat", parts, {{"axis", 0}}), graph.integers({0})});
}

/// Returns the value of argument i, weights or a bias, as the node wants it; parameters are initializers of their
/// names.
std::string weights(const Call& call, const Form& form, size_t i) {
  const TensorsAcross all = call.args(i);
  if (all[0].node().tape != 0) return reordered(call, call.in(i), form, call.arg(2).dim(1));
  for (const Tensor& other : all)
    if (other.to_bytes() != all[0].to_bytes()) call.refuse("weights that do not vary");
  const std::string name = call.to.state_name(all[0]);
  return call.graph.initializer(reordered(all[0].detach(), form), name.empty() ? "constant" : name + "/" + form.order);
}

/// Returns W (1, G H, I). A record without it has the gates' inputs as its x: W is then the identity.
std::string input_weights(const Call& call, const Form& form) {
  if (call.has(1)) return weights(call, form, 1);
  return call.graph.initializer(reordered(Tensor::eye(call.arg(0).dim(1), std::nullopt, call.dtype()), form));
}

/// Returns both biases, (1, 2 G H), or "" where there are none.
std::string biases(const Call& call, const Form& form) {
  if (!call.has(3) && !call.has(4)) return "";
  const Tensor zeros = Tensor::zeros({1, call.arg(2).dim(0)}, call.dtype());
  const auto is_constant = [&](size_t i) { return !call.has(i) || call.arg(i).node().tape == 0; };
  if (!is_constant(3) || !is_constant(4)) {
    const auto part = [&](size_t i) { return call.has(i) ? weights(call, form, i) : call.graph.initializer(zeros); };
    return call.graph.add("Concat", {part(3), part(4)}, {{"axis", 1}});
  }
  Tensor parts[2];
  for (const size_t i : {3, 4}) parts[i - 3] = call.has(i) ? reordered(call.arg(i).detach(), form) : zeros;
  std::string name = call.has(3) ? call.to.state_name(call.arg(3)) : "";
  if (const size_t at = name.rfind("bias_ih"); at != std::string::npos) name.replace(at, 7, "bias");
  return call.graph.initializer(concat({parts[0], parts[1]}, 1), name.empty() ? "constant" : name + "/" + form.order);
}

/// How packed rows (N, ...) of a record stand in the graph: as all steps of the model's ragged sequences, or as they
/// are where the lengths do not vary; those of equal lengths are all steps, too.
class Layout {
 public:
  Layout(const Call& call, size_t x) : call_(call), lengths_(call.tensors("lengths")) {
    const ShapesAcross rows = call.shapes(x);
    if (call.to.are_lengths(lengths_)) kind_ = Kind::ragged;
    else if (call.to.are_dense(lengths_, rows)) kind_ = Kind::dense;
    else
      for (const Tensor& other : lengths_)
        if (other.to_vector<int64_t>() != lengths_[0].to_vector<int64_t>())
          call.refuse("lengths that are the model's, all steps, or the same for inputs of every size");
    if (kind_ == Kind::fixed) fixed_ = Lengths(lengths_[0].to_vector<int64_t>());
  }
  bool has_lengths() const { return kind_ != Kind::dense; }
  /// Returns the lengths (B) i64.
  std::string lengths() const {
    return kind_ == Kind::ragged ? call_.to.lengths() : call_.graph.initializer(fixed_.lengths_tensor());
  }
  /// Returns true at real places, (T, B).
  std::string mask() const {
    return kind_ == Kind::ragged ? call_.to.mask() : call_.graph.initializer(transpose(fixed_.mask()));
  }
  /// Returns argument i, rows (N, width), as (T, B, width).
  std::string padded(size_t i) const {
    ShapesAcross shapes;
    for (size_t k = 0; k < lengths_.size(); ++k) {
      const int64_t batch = lengths_[k].numel();
      const int64_t steps = kind_ == Kind::ragged  ? call_.to.recordings.all[k].lengths.steps()
                            : kind_ == Kind::dense ? call_.arg(i, k).dim(0) / std::max<int64_t>(1, batch)
                                                   : fixed_.steps();
      shapes.push_back({steps, batch, call_.arg(i).dim(1)});
    }
    std::string x = call_.in(i);
    if (kind_ == Kind::fixed) {
      std::vector<int64_t> from(static_cast<size_t>(fixed_.steps() * fixed_.batch()));
      const std::vector<int64_t> places = fixed_.packed_rows().to_vector<int64_t>();
      for (size_t row = 0; row < places.size(); ++row)
        from[static_cast<size_t>(places[row])] = static_cast<int64_t>(row);
      x = call_.graph.add("Gather", {x, call_.graph.integers(from)}, {{"axis", 0}});
    }
    return call_.graph.add("Reshape", {x, call_.to.sizes(shapes, call_.who())});
  }
  /// Returns y (T, ..., B, width) as rows.
  std::string rows(const std::string& y, int64_t width) const {
    const std::string flat = call_.graph.add("Reshape", {y, call_.graph.integers({-1, width})});
    if (kind_ != Kind::fixed) return flat;
    return call_.graph.add("Gather", {flat, call_.graph.initializer(fixed_.packed_rows())}, {{"axis", 0}});
  }

 private:
  enum class Kind { ragged, dense, fixed };
  const Call& call_;
  const TensorsAcross lengths_;
  Kind kind_ = Kind::fixed;
  Lengths fixed_;
};

/// x (N, I) -> y (N, H) and the last states (B, H).
void recurrence(const Call& call, const Form& form, std::vector<Setting> settings) {
  const Layout layout(call, 0);
  GraphBuilder& graph = call.graph;
  const int64_t hidden = call.arg(2).dim(1);
  std::string lengths;
  if (layout.has_lengths()) lengths = graph.add("Cast", {layout.lengths()}, {{"to", onnx_type(DType::i32)}});
  GraphBuilder::Names names{layout.padded(0), input_weights(call, form), weights(call, form, 2), biases(call, form),
                            lengths};
  for (size_t s = 0; s < form.states; ++s)
    names.push_back(call.has(5 + s) ? graph.add("Unsqueeze", {call.in(5 + s), graph.integers({0})}) : "");
  while (names.back().empty()) names.pop_back();
  settings.push_back({"hidden_size", hidden});
  settings.push_back({"direction", call.integer("reverse") ? "reverse" : "forward"});
  const GraphBuilder::Names outputs = graph.add(form.node, names, 1 + form.states, settings);
  call.out(layout.rows(outputs[0], hidden));  // (T, 1, B, H)
  for (size_t s = 0; s < form.states; ++s)
    call.out(graph.add("Squeeze", {outputs[1 + s], graph.integers({0})}), static_cast<int>(s) + 1);
}

void gru(const Call& call) {
  Form form{"GRU", {1, 0, 2}, "zrn"};
  if (!call.integer("keep")) {  // h' = (1 - z) h + z n: 1 - sigmoid(a) = sigmoid(-a)
    form.negated = 0;
    form.order = "-zrn";
  }
  recurrence(call, form, {{"linear_before_reset", call.integer("reset_after")}});
}

void lstm(const Call& call) { recurrence(call, {"LSTM", {0, 3, 1, 2}, "iofc", -1, 2}, {}); }

void rnn(const Call& call) {
  std::vector<Setting> settings;
  if (!call.integer("tanh")) settings.push_back({"activations", std::vector<const char*>{"Relu"}});
  recurrence(call, {"RNN", {0}, "h"}, std::move(settings));
}

/// Context and weights of queries (B, A), each of which looks at its own source; keys and values are packed rows.
void attention(const Call& call) {
  if (call.integer("own") == 0) call.refuse("a query for each source, in their order");
  const Layout layout(call, 1);
  GraphBuilder& graph = call.graph;
  const std::string sums = graph.add("Tanh", {graph.add("Add", {layout.padded(1), call.in(0)})});
  const std::string terms = graph.add("Mul", {sums, call.in(3)});
  std::string scores = graph.add("ReduceSum", {terms, graph.integers({-1})}, {{"keepdims", 0}});  // (T, B)
  if (layout.has_lengths()) scores = graph.add("Where", {layout.mask(), scores, graph.number(-1e30, call.dtype())});
  std::string weights = graph.add("Softmax", {scores}, {{"axis", 0}});
  if (layout.has_lengths()) weights = graph.add("Where", {layout.mask(), weights, graph.number(0, call.dtype())});
  const std::string column = graph.add("Unsqueeze", {weights, graph.integers({2})});
  const std::string context = graph.add("Mul", {layout.padded(2), column});
  call.out("ReduceSum", {context, graph.integers({0})}, {{"keepdims", 0}});
  call.out(graph.add("Transpose", {weights}, {{"perm", std::vector<int64_t>{1, 0}}}), 1);
}

}  // namespace

std::vector<OnnxOp> sequence_ops() {
  return {{"gru", "GRU", gru, true},
          {"lstm", "LSTM", lstm, true},
          {"rnn", "RNN", rnn, true},
          {"additive_attention", "Tanh, ReduceSum, Softmax", attention, true}};
}

}  // namespace grus::formats
