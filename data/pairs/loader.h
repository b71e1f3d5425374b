#pragma once
// Batches of an epoch: shuffled, of like lengths, made ahead on a background thread.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/batch/batches.h"
#include "data/pairs/batch.h"
#include "data/text/tokenizer.h"

namespace grus::data {

/// Says what becomes of a pair one of whose sides has more tokens than max_length.
enum class Overlong { truncate, skip };

struct LoaderOptions {
  // A batch ends when one more pair would pass either limit; 0 is no limit. One pair alone is always a batch.
  int64_t batch_tokens = 2000;  // padded: pairs x the longest side, counted as the model sees it (see padded_length)
  int64_t batch_sentences = 0;
  bool shuffle = true;     // false keeps file order, but for the sorting within buckets
  int64_t bucket = 5000;   // pairs that are sorted by length together; 0: no sorting
  bool drop_last = false;  // with batch_sentences alone: leaves out smaller batches (see BatchOptions)
  uint64_t seed = 1;
  int64_t max_length = 0;  // tokens of a side, marks not counted; 0: no limit
  Overlong overlong = Overlong::truncate;
  Marks source_marks = {};
  int64_t prefetch = 2;  // batches made ahead; 0: they are made in the caller's thread
};

/// Walks the epochs of a corpus. The batches of an epoch and their order depend on the corpus, the options and the
/// epoch's number alone, and every pair (but for skipped ones) is in one batch.
class Loader {
 public:
  /// `notice` is told how many pairs are cut or skipped. Throws UsageError for options out of range, DataError when no
  /// pair is left.
  Loader(EncodedCorpus corpus, const LoaderOptions& options, const Notice& notice = {});

  /// pairs() counts the pairs of an epoch, overlong() those of the corpus that were cut or skipped.
  int64_t pairs() const { return static_cast<int64_t>(text_->kept.size()); }
  int64_t overlong() const { return text_->overlong; }
  /// Returns the epoch's batches as indices into the corpus; their number may differ a little from epoch to epoch.
  Plan plan(int64_t epoch) const;

  // See Batches.
  void start(int64_t epoch, int64_t first = 0) { batches_.start(epoch, first); }
  std::optional<Batch> next() { return batches_.next(); }
  void share(const parallel::Shards& shards) { batches_.share(shards); }
  std::optional<std::vector<std::optional<Batch>>> next_shards() { return batches_.next_shards(); }
  int64_t batches() const { return batches_.batches(); }
  int64_t position() const { return batches_.position(); }
  std::string fingerprint() const { return batches_.fingerprint(); }

 private:
  // The pairs and which of them are not skipped.
  struct Text {
    EncodedCorpus corpus;
    std::vector<int64_t> kept;
    int64_t overlong = 0;
  };
  static std::shared_ptr<const Text> limited(EncodedCorpus corpus, const LoaderOptions& options, const Notice& notice);
  static BatchPlan plan_of(const Text& text, const LoaderOptions& options);

  std::shared_ptr<const Text> text_;
  Batches<Batch> batches_;
};

}  // namespace grus::data
