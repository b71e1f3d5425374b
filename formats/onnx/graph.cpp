#include "formats/onnx/graph.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/error.h"
#include "formats/onnx/messages.h"

namespace grus::formats {
namespace {

void fill(onnx::Attribute& to, const Setting& setting) {
  to.set_name(setting.name);
  switch (setting.kind) {
    case Setting::Kind::number:
      to.set_type(1);
      return to.set_f(static_cast<float>(setting.number));
    case Setting::Kind::integer:
      to.set_type(2);
      return to.set_i(setting.integers[0]);
    case Setting::Kind::text:
      to.set_type(3);
      return to.set_s(setting.text);
    case Setting::Kind::texts:
      to.set_type(8);
      for (const char* text : setting.texts) to.add_strings(text);
      return;
    case Setting::Kind::integers:
      to.set_type(7);
      for (const int64_t value : setting.integers) to.add_ints(value);
  }
}

/// Sets a value's type; a size is a number or the name of an axis, "" is any.
void fill(onnx::Value& to, const std::string& name, DType dtype, const GraphBuilder::Names& dims) {
  to.set_name(name);
  onnx::TensorType& type = *to.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type(dtype));
  onnx::TensorShape& shape = *type.mutable_shape();
  for (const std::string& dim : dims) {
    int64_t size = 0;
    const auto [end, error] = std::from_chars(dim.data(), dim.data() + dim.size(), size);
    onnx::Dimension& place = *shape.add_dim();
    if (!dim.empty() && error == std::errc() && end == dim.data() + dim.size()) place.set_dim_value(size);
    else if (!dim.empty()) place.set_dim_param(dim);
  }
}

}  // namespace

int onnx_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 1;
    case DType::u8:
      return 2;
    case DType::i32:
      return 6;
    case DType::i64:
      return 7;
    case DType::boolean:
      return 9;
    case DType::f16:
      return 10;
    case DType::f64:
      return 11;
    case DType::bf16:
      return 16;
  }
  fail<DtypeError>("[save_onnx] need a dtype of ONNX, got {}", dtype);
}

std::string GraphBuilder::free_name(const std::string& wish) {
  std::string name = wish;
  while (!names_.insert(name).second) name = fmt::format("{}_{}", wish, ++next_[wish]);
  return name;
}

GraphBuilder::Names GraphBuilder::add(const char* op, const Names& inputs, size_t outputs,
                                      const std::vector<Setting>& settings) {
  onnx::Node& node = *graph_.add_node();
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  const std::string name = free_name(scope_.empty() ? op : scope_ + "/" + op);
  node.set_name(name);
  Names results;
  for (size_t k = 0; k < outputs; ++k) {
    results.push_back(k == 0 ? name : free_name(fmt::format("{}:{}", name, k)));
    node.add_output(results.back());
  }
  for (const Setting& setting : settings) fill(*node.add_attribute(), setting);
  return results;
}

std::string GraphBuilder::initializer(const Tensor& value, const std::string& name) {
  const std::vector<std::byte> bytes = value.to_bytes();
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool named = name != "constant";
  std::string key = fmt::format("{} {} {} {}", value.dtype(), value.shape(), named ? name : "", named ? "" : raw);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  onnx::TensorData& to = *graph_.add_initializer();
  to.set_name(free_name(name));
  for (const int64_t dim : value.shape()) to.add_dims(dim);
  to.set_data_type(onnx_type(value.dtype()));
  to.set_raw_data(raw.data(), raw.size());
  return known_[std::move(key)] = to.name();
}

std::string GraphBuilder::integers(const std::vector<int64_t>& values) { return initializer(Tensor::from(values)); }
std::string GraphBuilder::integer(int64_t value) {
  return initializer(Tensor::full({}, static_cast<double>(value), DType::i64));
}
std::string GraphBuilder::number(double value, DType dtype) { return initializer(Tensor::full({}, value, dtype)); }

void GraphBuilder::add_input(const std::string& name, DType dtype, const Names& dims) {
  require<UsageError>(names_.insert(name).second, "[save_onnx] need names of inputs that differ, got '{}' twice", name);
  fill(*graph_.add_input(), name, dtype, dims);
}

void GraphBuilder::add_output(const std::string& value, const std::string& name, DType dtype, const Names& dims) {
  require<UsageError>(names_.insert(name).second, "[save_onnx] need names of outputs that are free, got '{}'", name);
  onnx::Node& node = *graph_.add_node();
  node.set_op_type("Identity");
  node.set_name(name);
  node.add_input(value);
  node.add_output(name);
  fill(*graph_.add_output(), name, dtype, dims);
}

}  // namespace grus::formats
