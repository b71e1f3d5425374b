#pragma once
// What stands in a safetensors file for a tensor. A matrix of int8 is an I8 of its shape, and beside it NAME_scale,
// F32, one number a row; a file of another program may have such, too. One of q4_0 is a U8 (rows, bytes of a row), and
// the metadata has its shape: "grus.q4_0:NAME": "512,256".
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "nn/module.h"
#include "nn/quantize.h"
#include "nn/safetensors_header.h"

namespace grus::nn {

struct StoredTensor {
  std::string name;
  Stored type;
  Shape shape;
  std::function<std::vector<std::byte>()> bytes;
};

/// Returns what a file has for the tensors, in their order; adds to its metadata. Throws UsageError for a matrix that
/// is not finite or too large for 16 bits.
std::vector<StoredTensor> stored_as(WeightForm form, const NamedTensors& tensors,
                                    std::map<std::string, std::string>& metadata);

/// Turns the quantized matrices of a file into f32 and returns their form, f32 where there are none. `tensors` has one
/// for each entry, in their order, I8 as U8; scales and what the metadata say of shapes are taken out. Throws
/// DataError, naming the file.
WeightForm widen_quantized(const std::string& file, const std::vector<TensorEntry>& entries, NamedTensors& tensors,
                           std::map<std::string, std::string>& metadata);
/// Returns the form of which a file has matrices, f32 where it has no other.
WeightForm form_of(const SafetensorsHeader& header);

}  // namespace grus::nn
