#include "seq2seq/packed_batches.h"

namespace grus::seq2seq {
namespace {

std::optional<PackedBatch> packed(const std::optional<data::Batch>& batch) {
  return batch ? std::optional(to_device(*batch)) : std::nullopt;
}

}  // namespace

std::optional<PackedBatch> PackedBatches::next() { return packed(loader_.next()); }

std::optional<std::vector<std::optional<PackedBatch>>> PackedBatches::next_shards() {
  const auto shards = loader_.next_shards();
  if (!shards) return std::nullopt;
  std::vector<std::optional<PackedBatch>> all;
  for (const std::optional<data::Batch>& shard : *shards) all.push_back(packed(shard));
  return all;
}

}  // namespace grus::seq2seq
