#pragma once
// Sentences of one length, as the sources of protocols have them: marks and fillings are words like any other, which
// the model reads, looks at, and learns to say.
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// A SourceForm is what a program makes of a sentence before its encoder reads it.
struct SourceForm {
  data::Marks marks = {.sos = true, .eos = true};
  int64_t length = 0;        // ids at least, marks included
  int32_t fill = data::PAD;  // behind a shorter sentence
};

/// Returns each sentence with its marks, and as many fillings as make `form.length` ids; a longer one has none.
Tokens formed_source(const Tokens& source, const SourceForm& form);
/// Returns the sentences with <sos> and <eos>; those of a batch that begins with <sos> have them already.
Tokens marked_source(const Tokens& source);

/// Returns the batch with `steps` steps of each target: behind <eos> the labels are `fill`, and the inputs <eos>, then
/// `fill`. Throws UsageError for a target of more steps.
PackedBatch padded_targets(const PackedBatch& batch, int64_t steps, int32_t fill = data::PAD);

}  // namespace grus::seq2seq
