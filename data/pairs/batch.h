#pragma once
// Sentences as packed rows of ids.
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor/lengths.h"
#include "data/pairs/corpus.h"
#include "data/text/codec.h"

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

/// Sequences lie side by side without padding, as packed rows (core/tensor/lengths.h): the first id of each sequence,
/// longest first, then the second of each that has one, and so on. On the host; a copy takes them to the lengths'
/// device.
struct PackedIds {
  std::vector<int32_t> ids;  // (N)
  Lengths lengths;           // marks included
  /// i32 (N), on the lengths' device.
  Tensor tensor() const;
};

/// Packs the rows that `which` names, as if they stood in that order. Throws UsageError for one that is not there.
PackedIds pack_ids(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which, Marks marks,
                   Device device = default_device());
/// Packs all rows.
PackedIds pack_ids(std::span<const std::vector<int32_t>> rows, Marks marks, Device device = default_device());

/// A model reads `inputs` and predicts `labels`, which stand in the same places.
struct Batch {
  PackedIds source;
  PackedIds inputs;             // <sos> and the target
  std::vector<int32_t> labels;  // the target and <eos>
  std::vector<int64_t> index;   // which pairs of the corpus
  int64_t size() const { return static_cast<int64_t>(index.size()); }
};

Batch make_batch(const EncodedCorpus& corpus, std::vector<int64_t> index, Marks source_marks = {},
                 Device device = default_device());

}  // namespace grus::data
