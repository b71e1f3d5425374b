#pragma once
// The texts of the two listings: both read manythings.org's file of English-French pairs, sorted by length, whose
// columns are separated by tabs, and have no test text.
#include "seq2seq/corpora.h"

namespace grus::seq2seq {

/// Keras: the first 10,000 lines, English to French; the last fifth is the validation text. The test text is made of
/// those of its sources that are no training source. Throws DataError for a side longer than its array.
Corpora read_keras_listing(const TrainOptions& options);
/// Letters of the arrays of that text: the longest source, and the longest target with its marks.
inline constexpr int64_t keras_source_letters = 16, keras_target_steps = 59;

/// PyTorch: French to English, in lower-case ASCII letters and `.!?`; pairs of fewer than 10 words a side whose English
/// begins as "i am", "he s" and ten others. 1,000 of them, evenly spread, are the validation text. A test text comes
/// from the file that --test names: its sources that are no training source. Throws DataError where no pair is left.
Corpora read_pytorch_listing(const TrainOptions& options);

/// Returns a sentence as the PyTorch listing has it: "Ça va ?" gives "ca va ?".
std::string ascii_sentence(std::string_view text);

}  // namespace grus::seq2seq
