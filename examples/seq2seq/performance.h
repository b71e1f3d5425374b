#pragma once
// The speed of training steps, on any number of ranks.
#include "seq2seq/corpora.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Trains options.performance steps behind a few that warm up, without validation and without a folder. Prints a line
/// for people and one of JSON: sentence pairs and target tokens a second of all ranks, GFLOP/s by the formulas of all
/// kernels (core/device/kernels.def), their share of the ranks' best products at once, peak memory, and what ranks sent
/// and waited.
int measure_training(TrainOptions options, const Corpora& corpora);

}  // namespace grus::seq2seq
