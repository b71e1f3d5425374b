#pragma once
// Sentences as padded, time-major arrays of ids.
#include <cstdint>
#include <span>
#include <vector>

#include "data/codec.h"
#include "data/corpus.h"

namespace grus::data {

/// The ids of sentences, without <sos> and <eos>; both sides have the same count.
struct EncodedCorpus {
  std::vector<std::vector<int32_t>> source, target;
  int64_t size() const { return static_cast<int64_t>(source.size()); }
};

EncodedCorpus encode(const ParallelCorpus& corpus, const Codec& source, const Codec& target);

/// Marks say which special ids a sequence gets.
struct Marks {
  bool sos = false, eos = true;
  int64_t count() const { return int64_t{sos} + int64_t{eos}; }
};

/// Sequences lie side by side: tokens (T, B), time-major, with PAD after each sequence's end.
struct Sequences {
  int64_t length = 0;  // T, the length of the longest
  int64_t batch = 0;   // B
  std::vector<int32_t> tokens;
  std::vector<int64_t> lengths;  // of each sequence, marks included
  int32_t at(int64_t t, int64_t b) const { return tokens[static_cast<size_t>(t * batch + b)]; }
};

/// Makes sequences of the rows that `which` names, in that order.
Sequences make_sequences(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which, Marks marks);
/// Makes sequences of all rows.
Sequences make_sequences(const std::vector<std::vector<int32_t>>& rows, Marks marks);

struct Batch {
  Sequences source, target;
  std::vector<int64_t> index;                    // which pairs of the corpus these are
  int64_t source_tokens = 0, target_tokens = 0;  // without padding, marks included
};

/// Makes a batch whose targets are <sos> ... <eos>: a model reads target[0 .. T-2] and predicts target[1 .. T-1].
Batch make_batch(const EncodedCorpus& corpus, std::vector<int64_t> index, Marks source_marks = {});

}  // namespace grus::data
