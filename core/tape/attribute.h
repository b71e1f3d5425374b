#pragma once
// Attributes of an op: the settings that it was called with, beside its tensors. Only a tape that keeps the program
// asks for them (Tape::Keep::program).
#include <concepts>
#include <utility>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus {

/// An Attribute has integers (flags, axes, sizes), a number, or a tensor that is no input of the record, as a mask.
struct Attribute {
  Attribute(const char* name, std::integral auto value) : name(name), integers{static_cast<int64_t>(value)} {}
  Attribute(const char* name, std::floating_point auto value) : name(name), number(static_cast<double>(value)) {}
  Attribute(const char* name, std::vector<int64_t> values) : name(name), integers(std::move(values)) {}
  Attribute(const char* name, const Shape& shape) : name(name), integers(shape.begin(), shape.end()) {}
  Attribute(const char* name, const Tensor& tensor) : name(name), tensor(tensor) {}

  const char* name;
  std::vector<int64_t> integers = {};
  double number = 0;
  Tensor tensor = {};
};

}  // namespace grus
