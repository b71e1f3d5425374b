#pragma once
// Records of a program become nodes of a graph. Internal to formats/onnx.
// Sources: exporter.cpp, constants.cpp, call.cpp, ops_elementwise.cpp, ops_product.cpp, ops_reduce.cpp,
// ops_sequence.cpp, ops_shape.cpp.
#include <unordered_map>

#include "formats/onnx/graph.h"
#include "formats/onnx/sizes.h"

namespace grus::formats {

/// Numbers that a thing was in each recording.
using Across = std::vector<int64_t>;
using ShapesAcross = std::vector<Shape>;
using TensorsAcross = std::vector<Tensor>;

class Call;

class Exporter {
 public:
  Exporter(const Recordings& recordings, const std::vector<OnnxInput>& inputs, const OnnxOptions& options,
           GraphBuilder& graph);

  /// Adds inputs, the nodes of every record, and outputs.
  void run();

  GraphBuilder& graph;
  const Recordings& recordings;

  /// Returns the amount, or nothing where the numbers follow from no size that varies.
  std::optional<Amount> amount(const Across& values) const { return amount_of(values, recordings.symbols); }
  /// Returns a value (1) i64 of an amount.
  std::string size(const Amount& amount);
  /// Returns a value (n) i64 of n amounts, or of a shape; throws, in the name of `who`, where one follows from no size.
  std::string amounts(const std::vector<Across>& all, const std::string& who);
  std::string sizes(const ShapesAcross& shapes, const std::string& who);
  std::string reshaped(const std::string& x, const ShapesAcross& from, const ShapesAcross& to, const std::string& who);
  /// Returns the value of a tensor that the recordings computed, or hold as a constant or parameter.
  std::string value(const TensorsAcross& tensors, const std::string& who);
  void bind(int32_t value, std::string name) { names_[value] = std::move(name); }
  /// Tells whether an axis of these sizes is that of packed rows.
  bool is_rows(const ShapesAcross& shapes, int axis) const;
  /// Returns the name of a parameter or buffer, or nothing.
  std::string state_name(const Tensor& tensor) const;

  // Values of ragged sequences: lengths (B) i64, the number of steps and of sequences (1) i64, true at real places (T,
  // B).
  std::string lengths() const;
  std::string steps();
  std::string batch();
  std::string mask();
  bool has_lengths() const { return recordings.rows >= 0; }
  /// Tells whether these are the lengths of the sequences.
  bool are_lengths(const TensorsAcross& tensors) const;
  /// Tells whether every sequence has all steps, so that there is nothing ragged.
  bool are_dense(const TensorsAcross& lengths, const ShapesAcross& rows) const;
  /// Returns 0, 1, ..., count - 1 (i64).
  std::string range(const std::string& count);

 private:
  bool write_empty(const Call& call);
  std::string symbol(int symbol);
  std::string constant(const TensorsAcross& tensors, const std::string& who);
  std::optional<std::string> filled(const TensorsAcross& tensors, const std::string& who);
  std::optional<std::string> counted(const TensorsAcross& tensors, const std::string& who);
  std::optional<std::string> of_lengths(const TensorsAcross& tensors, const std::string& who);
  std::optional<std::string> causal(const TensorsAcross& tensors);
  std::optional<std::string> prefix(const TensorsAcross& tensors);
  GraphBuilder::Names dims(const ShapesAcross& shapes) const;

  const std::vector<OnnxInput>& inputs_;
  const OnnxOptions& options_;
  std::unordered_map<int32_t, std::string> names_;
  std::map<std::string, std::string> sizes_;  // of amounts and masks that are there
};

/// A Call is one record, as the table's functions see it.
class Call {
 public:
  Call(Exporter& to, size_t index) : to(to), graph(to.graph), index_(index) {}
  Exporter& to;
  GraphBuilder& graph;

  const Record& record(size_t k = 0) const { return to.recordings.tape(k).record(index_); }
  std::string who() const { return where(record()); }
  size_t count() const { return record().saved.size(); }
  bool has(size_t i) const { return record().saved[i].defined(); }
  const Tensor& arg(size_t i, size_t k = 0) const { return record(k).saved[i]; }
  TensorsAcross args(size_t i) const;
  ShapesAcross shapes(size_t i) const;
  ShapesAcross result_shapes(int output = 0) const;
  int rank(size_t i) const { return arg(i).rank(); }
  DType dtype() const { return to.recordings.tape().value(record().first_output).dtype; }

  /// Returns the name of an argument's value, "" for one that is undefined.
  std::string in(size_t i) const { return has(i) ? to.value(args(i), who()) : ""; }
  /// Names an output's value.
  void out(const std::string& name, int output = 0) const { to.bind(record().first_output + output, name); }
  void out(const char* op, const GraphBuilder::Names& inputs, const std::vector<Setting>& settings = {}) const {
    out(graph.add(op, inputs, settings));
  }

  const Attribute& attribute(const char* name, size_t k = 0) const;
  Across across(const char* name, size_t entry = 0) const;
  /// Returns an attribute that may not vary.
  std::vector<int64_t> integers(const char* name) const;
  int64_t integer(const char* name) const { return integers(name)[0]; }
  double number(const char* name) const { return attribute(name).number; }
  TensorsAcross tensors(const char* name) const;
  /// Returns a value (n) i64 of amounts.
  std::string amounts(const std::vector<Across>& values) const;

  [[noreturn]] void refuse(const std::string& need) const;
  /// Throws where an argument's axis holds packed rows, over which an op would mix sequences with what pads them.
  void require_no_rows(size_t i, int axis) const;

 private:
  size_t index_;
};

/// A row of the table: how a record of `op` is written. One that does not take rows gets no packed ones.
struct OnnxOp {
  const char* op;
  const char* nodes;  // what it becomes, for the documents
  void (*write)(const Call&);
  bool takes_rows = false;
};
std::vector<OnnxOp> elementwise_ops();
std::vector<OnnxOp> shape_ops();
std::vector<OnnxOp> reduce_ops();
std::vector<OnnxOp> product_ops();
std::vector<OnnxOp> sequence_ops();
/// Lists all of them, by name.
const std::vector<OnnxOp>& onnx_ops();

}  // namespace grus::formats
