#pragma once
// Sentence pairs of a loader as training::fit takes them.
#include <optional>
#include <string>
#include <vector>

#include "data/pairs/loader.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// PackedBatches hands out a loader's batches on the default device; see data::Loader.
class PackedBatches {
 public:
  PackedBatches(data::EncodedCorpus corpus, const data::LoaderOptions& options) : loader_(std::move(corpus), options) {}
  void start(int64_t epoch, int64_t position = 0) { loader_.start(epoch, position); }
  std::optional<PackedBatch> next();
  void share(const parallel::Shards& shards) { loader_.share(shards); }
  std::optional<std::vector<std::optional<PackedBatch>>> next_shards();
  int64_t batches() const { return loader_.batches(); }
  int64_t pairs() const { return loader_.pairs(); }
  std::string fingerprint() const { return loader_.fingerprint(); }

 private:
  data::Loader loader_;
};

}  // namespace grus::seq2seq
