#pragma once
// A graph of ONNX in the making: nodes, initializers and names that are each used once. Internal to formats/onnx.
#include <concepts>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::onnx {
class Graph;
class Node;
class Model;
}  // namespace grus::onnx

namespace grus::formats {

/// A Setting is an attribute of a node.
struct Setting {
  Setting(const char* name, std::integral auto value)
      : name(name), kind(Kind::integer), integers{static_cast<int64_t>(value)} {}
  Setting(const char* name, double value) : name(name), kind(Kind::number), number(value) {}
  Setting(const char* name, const char* value) : name(name), kind(Kind::text), text(value) {}
  Setting(const char* name, std::vector<int64_t> values)
      : name(name), kind(Kind::integers), integers(std::move(values)) {}
  Setting(const char* name, std::vector<const char*> values)
      : name(name), kind(Kind::texts), texts(std::move(values)) {}
  enum class Kind { integer, number, text, texts, integers };
  const char* name;
  Kind kind;
  std::vector<int64_t> integers = {};
  double number = 0;
  const char* text = "";
  std::vector<const char*> texts = {};
};

/// ONNX's number of a dtype. Throws DtypeError for one without.
int onnx_type(DType dtype);

class GraphBuilder {
 public:
  using Names = std::vector<std::string>;
  explicit GraphBuilder(onnx::Graph& graph) : graph_(graph) {}

  /// The module that nodes are named after from now on.
  void set_scope(std::string scope) { scope_ = std::move(scope); }
  const std::string& scope() const { return scope_; }
  /// Adds a node and returns the names of its outputs. "" is an input that is left out.
  Names add(const char* op, const Names& inputs, size_t outputs, const std::vector<Setting>& settings = {});
  std::string add(const char* op, const Names& inputs, const std::vector<Setting>& settings = {}) {
    return add(op, inputs, 1, settings)[0];
  }
  /// Adds an initializer and returns its name, which is `name` unless that is taken. An equal one is used again.
  std::string initializer(const Tensor& value, const std::string& name = "constant");
  /// Returns an initializer of these integers, of one axis, or of one integer without an axis.
  std::string integers(const std::vector<int64_t>& values);
  std::string integer(int64_t value);
  /// Returns an initializer of one number, without an axis.
  std::string number(double value, DType dtype);

  void add_input(const std::string& name, DType dtype, const Names& dims);
  void add_output(const std::string& value, const std::string& name, DType dtype, const Names& dims);

 private:
  std::string free_name(const std::string& wish);
  onnx::Graph& graph_;
  std::string scope_;
  std::set<std::string> names_;
  std::map<std::string, int64_t> next_;
  std::map<std::string, std::string> known_;  // bytes, dtype and shape of an initializer -> its name
};

}  // namespace grus::formats
