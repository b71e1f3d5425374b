#pragma once
// A model in ONNX as a hostile file may hold it: all that it claims is checked against its bytes. Internal to
// formats/onnx.
#include <map>
#include <memory>
#include <string>

#include "core/tensor/tensor.h"

namespace grus::onnx {
class Model;
class Node;
}  // namespace grus::onnx

namespace grus::formats {

class [[gnu::visibility("hidden")]] ModelFile {  // as messages are (messages.h)
 public:
  /// Reads the file. Throws DataError that names it: for what is cut short, damaged or no model, opsets below 7,
  /// tensors of other bytes than their shape has, of other types, in a file beside, of too many axes, or two of one
  /// name.
  ModelFile(const std::string& path, Device device);
  ~ModelFile();

  const onnx::Model& model() const { return *model_; }
  const std::string& path() const { return path_; }
  /// Initializers and values of Constant nodes, by the names that nodes know them by; Identity gives a second name.
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const Tensor* find(const std::string& name) const;

 private:
  std::string path_;
  std::unique_ptr<onnx::Model> model_;
  std::map<std::string, Tensor> tensors_;
};

/// Returns how messages call a node: "GRU 'encoder/GRU'".
std::string described(const onnx::Node& node);

}  // namespace grus::formats
