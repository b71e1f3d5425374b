#pragma once
// What the recipes of protocols have in common.
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Sets the model's own first weights, no ties and this dropout.
void use_model_of_protocol(TrainOptions& options, double dropout);
/// Throws UsageError for ties, which no model of a protocol has.
void check_model_of_protocol(const ModelOptions& model);
/// Sets a training to the end by Adam (0.9, 0.999, 1e-8) at one rate, without smoothing, clipping, average and limit of
/// the vocabulary.
void use_plain_training(TrainOptions& options);

}  // namespace grus::seq2seq
