#pragma once
#include "data/pairs/loader.h"
#include "seq2seq/likelihood.h"

namespace grus::seq2seq {

/// Batches of pairs as training::fit takes them, on default_device(); data/pairs/loader.h says how they are made.
/// Sources have no marks.
class PairBatches {
 public:
  using value_type = PackedBatch;
  explicit PairBatches(data::EncodedCorpus corpus, data::LoaderOptions options, const data::Notice& notice = {});
  void start(int64_t epoch, int64_t position = 0) { loader_.start(epoch, position); }
  std::optional<PackedBatch> next();
  int64_t batches() const { return loader_.batches(); }
  std::string fingerprint() const { return loader_.fingerprint(); }

 private:
  data::Loader loader_;
};

}  // namespace grus::seq2seq
