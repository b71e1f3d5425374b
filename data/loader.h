#pragma once
// Batches of an epoch: shuffled, of like lengths, made ahead on a background thread.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/batch.h"
#include "data/prefetch.h"
#include "data/tokenizer.h"

namespace grus::data {

/// Says what becomes of a pair one of whose sides has more tokens than max_length.
enum class Overlong { truncate, skip };

struct LoaderOptions {
  // A batch ends when one more pair would pass either limit; 0 is no limit. One pair alone is always a batch.
  int64_t batch_tokens = 2000;  // padded: pairs x the longest side, counted as the model sees it (see padded_length)
  int64_t batch_sentences = 0;
  bool shuffle = true;    // false keeps file order, but for the sorting within buckets
  int64_t bucket = 5000;  // pairs that are sorted by length together; 0: no sorting
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

  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// pairs() counts the pairs of an epoch, overlong() those of the corpus that were cut or skipped.
  int64_t pairs() const { return static_cast<int64_t>(kept_.size()); }
  int64_t overlong() const { return overlong_; }
  /// Returns the epoch's batches as indices into the corpus; their number may differ a little from epoch to epoch.
  std::vector<std::vector<int64_t>> plan(int64_t epoch) const;

  /// Goes to the epoch's batch `first`; its batches are for default_device(). Throws UsageError when the epoch has
  /// fewer batches.
  void start(int64_t epoch, int64_t first = 0);
  /// Returns the next batch, or nothing at the end of the epoch and before a start.
  std::optional<Batch> next();
  /// batches() counts the batches of this epoch, position() those behind us: start(epoch, position()) goes on.
  int64_t batches() const { return static_cast<int64_t>(plan_.size()); }
  int64_t position() const { return position_; }

 private:
  int64_t padded_length(int64_t pair) const;
  std::vector<std::vector<int64_t>> cut(const std::vector<int64_t>& order) const;
  void limit_lengths(const Notice& notice);

  LoaderOptions options_;
  EncodedCorpus corpus_;
  std::vector<int64_t> kept_;
  int64_t overlong_ = 0;
  std::vector<std::vector<int64_t>> plan_;
  int64_t position_ = 0;
  Device device_ = default_device();
  std::unique_ptr<Prefetch<Batch>> ahead_;  // declared last, because its thread reads the others
};

}  // namespace grus::data
