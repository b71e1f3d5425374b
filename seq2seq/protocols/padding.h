#pragma once
// Sentences of one length, as the sources of protocols have them: marks and <pad> are words like any other, which the
// model reads, looks at, and learns to say.
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// Returns <sos>, the words, <eos> and as many <pad> as make `length` ids of each sentence; a longer one has no <pad>.
Tokens padded_source(const Tokens& source, int64_t length);

/// Returns the batch with `steps` steps of each target: behind <eos> the labels are <pad>, and the inputs <eos>, then
/// <pad>. Throws UsageError for a target of more steps.
PackedBatch padded_targets(const PackedBatch& batch, int64_t steps);

}  // namespace grus::seq2seq
