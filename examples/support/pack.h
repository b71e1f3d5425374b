#pragma once
// The command `pack`: a model's folder becomes one file.
#include <string>

#include "nn/quantize.h"
#include "options/option.h"

namespace grus::programs {

struct PackOptions {
  std::string model, out;
  nn::WeightForm weights = nn::WeightForm::f32;  // f32: as they are
  options::Table table();
  void check(const options::Given& given);
};
/// Writes what use of the model needs into one file (core/base/pack.h), which --model takes in the folder's place: the
/// configuration, the weights, vocabularies and whatever else the program reads; not the state and the records of the
/// training. Throws DataError for a folder that holds no model, and for weights that are rounded already where a form
/// is asked for.
int pack(PackOptions& o, const std::string& command_line);

}  // namespace grus::programs
