#pragma once
// Source and target may have tokenizers and vocabularies of their own; what one side does not name is that of both.
#include <cstdint>
#include <string>

#include "seq2seq/options.h"

namespace grus::seq2seq {

enum class Side { source, target };

/// Says whether one vocabulary serves both sides, as tying all embeddings needs.
inline bool wants_joint_vocabulary(const ModelOptions& model) { return model.tie == Tie::all; }

/// Returns the kind of a side's tokenizer, or "" where the options leave it to the build.
const std::string& tokenizer_of(const TrainOptions& options, Side side);
/// Returns the size of a side's vocabulary, 0 for no limit. Throws UsageError for a size out of range.
int64_t vocab_of(const TrainOptions& options, Side side);
/// Returns the file of a side's symbols, or "" where they are learnt from the text.
std::string symbols_of(const TrainOptions& options, Side side);
/// Throws UsageError for unknown tokenizers, sizes out of range, symbols for a tokenizer that learns its pieces, and
/// sides of their own where --tie all needs one vocabulary.
void check_sides(const TrainOptions& options);

}  // namespace grus::seq2seq
