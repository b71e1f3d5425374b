#include <fmt/format.h>

#include "core/base/error.h"
#include "formats/onnx/exporter.h"

namespace grus::formats {

TensorsAcross Call::args(size_t i) const {
  TensorsAcross all;
  for (size_t k = 0; k < to.recordings.count(); ++k) all.push_back(arg(i, k));
  return all;
}

ShapesAcross Call::shapes(size_t i) const {
  ShapesAcross all;
  for (const Tensor& tensor : args(i)) all.push_back(tensor.shape());
  return all;
}

ShapesAcross Call::result_shapes(int output) const {
  ShapesAcross all;
  for (size_t k = 0; k < to.recordings.count(); ++k)
    all.push_back(to.recordings.tape(k).value(record(k).first_output + output).shape);
  return all;
}

const Attribute& Call::attribute(const char* name, size_t k) const {
  for (const Attribute& attribute : to.recordings.tape(k).attributes(index_))
    if (std::string_view(attribute.name) == name) return attribute;
  refuse(fmt::format("an attribute '{}'", name));
}

Across Call::across(const char* name, size_t entry) const {
  Across all;
  for (size_t k = 0; k < to.recordings.count(); ++k) all.push_back(attribute(name, k).integers[entry]);
  return all;
}

std::vector<int64_t> Call::integers(const char* name) const {
  for (size_t k = 1; k < to.recordings.count(); ++k)
    if (attribute(name, k).integers != attribute(name).integers)
      refuse(fmt::format("one '{}' for inputs of every size", name));
  return attribute(name).integers;
}

TensorsAcross Call::tensors(const char* name) const {
  TensorsAcross all;
  for (size_t k = 0; k < to.recordings.count(); ++k) all.push_back(attribute(name, k).tensor);
  return all;
}

std::string Call::amounts(const std::vector<Across>& values) const { return to.amounts(values, who()); }

void Call::refuse(const std::string& need) const {
  throw UsageError(fmt::format("[save_onnx] {}: need {}, got another", who(), need));
}

void Call::require_no_rows(size_t i, int axis) const {
  if (has(i) && to.is_rows(shapes(i), axis))
    throw UsageError(
        fmt::format("[save_onnx] {}: need an op that takes packed rows one by one, got one over rows of sequences of "
                    "other lengths; "
                    "unpack() them first",
                    who()));
}

}  // namespace grus::formats
