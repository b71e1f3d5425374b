#pragma once
// A classifier as a function of plain tensors, which other runtimes can have.
//   ids (time, batch) i64, lengths (batch); ngrams (grams, batch) and letters (spelling, time, batch) i64 where the
//   model has them, -1 at padding -> log_probabilities (batch, classes)
#include <string>
#include <vector>

#include "nn/serialize.h"
#include "tasks/classify/classifier.h"

namespace grus::tasks::classify {

/// Returns what the members say together, as Committee::forward has it for packed texts; `in` are the inputs below.
Tensor log_probabilities(const Committee& model, const std::vector<Tensor>& in, const Lengths& lengths);
/// A tensor that the function reads, and the names of its axes.
struct GraphInput {
  std::string name;
  Tensor example;
  std::vector<std::string> axes;
};
/// Returns these texts as inputs.
std::vector<GraphInput> inputs_of(const std::vector<Text>& texts, const ModelOptions& o);
/// Returns texts of some lengths, of pieces that the vocabulary has.
std::vector<Text> made_texts(const Reader& reader, const std::vector<int64_t>& lengths);
/// Returns "classes" and "pieces", JSON arrays in the order of their numbers.
nn::Metadata metadata_of(const Reader& reader);

}  // namespace grus::tasks::classify
