#pragma once
// A text as one long sequence of ids, cut into parallel streams for a language model.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "data/text/codec.h"
#include "parallel/shards.h"

namespace grus::data {

/// Reads a text, plain or gzip ("-": standard input), as ids: those of each line, then EOS. Throws DataError for what
/// LineReader refuses, "FILE:LINE: invalid UTF-8 ...", and a file without any line.
std::vector<int32_t> read_tokens(const std::string& path, const Codec& codec);

struct StreamOptions {
  int64_t streams = 32;   // B, beside one another
  int64_t steps = 35;     // T, of a window
  bool keep_last = true;  // false: a last window of fewer steps is left out
};

/// A window of T steps of all streams. Where the last window ended, this one goes on, so a model keeps its state,
/// unless this is the epoch's `first`.
struct StreamWindow {
  Tensor inputs, targets;  // i32 (T, B); a target is the id behind its input
  bool first = false;
};

/// N ids become B streams of L = (N - 1) / B inputs, rounded down: stream b begins at id b L. The windows and their
/// order depend on the ids and the options alone.
class TokenStreams {
 public:
  /// Throws UsageError for options below 1, DataError for ids too few for one window.
  explicit TokenStreams(std::vector<int32_t> ids, const StreamOptions& options = {});

  /// Goes to the epoch's window `first`; every epoch has the same windows. Throws UsageError for one beyond batches().
  void start(int64_t epoch, int64_t first = 0);
  /// Returns the next window, on the device; nothing at the end of the epoch. A new object stands at epoch 0.
  std::optional<StreamWindow> next(Device device = default_device());
  /// Deals the streams out to shards, one after another. next_shards() then takes the place of next(): it has a window
  /// of the streams of each of this rank's shards, empty where there are fewer streams than shards.
  void share(const parallel::Shards& shards) { shards_ = shards; }
  std::optional<std::vector<std::optional<StreamWindow>>> next_shards(Device device = default_device());
  /// Number of windows behind us: start(epoch, position()) goes on.
  int64_t position() const { return position_; }
  /// Number of windows of an epoch.
  int64_t batches() const { return windows_; }
  /// One line that differs for other options or ids: a saved training compares it.
  std::string fingerprint() const;
  /// Number of ids that are no window's target: the first one, and what is left over at the end.
  int64_t unused() const;

 private:
  int64_t steps_of(int64_t window) const;
  std::optional<StreamWindow> window_of(int64_t first_stream, int64_t every, Device device) const;

  std::vector<int32_t> ids_;
  StreamOptions options_;
  parallel::Shards shards_;
  int64_t length_ = 0, windows_ = 0, position_ = 0;
};

}  // namespace grus::data
