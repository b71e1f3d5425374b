#include "data/batch/token_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "data/read/line_reader.h"
#include "data/read/text.h"

namespace grus::data {

std::vector<int32_t> read_tokens(const std::string& path, const Codec& codec) {
  LineReader reader(path);
  std::vector<int32_t> ids;
  while (const std::optional<std::string_view> line = reader.next()) {
    const std::vector<int32_t> more = codec.encode(clean_line(*line, reader.name(), reader.number()));
    ids.insert(ids.end(), more.begin(), more.end());
    ids.push_back(EOS);
  }
  require<DataError>(!ids.empty(), "{}: need text, got an empty file", reader.name());
  return ids;
}

TokenStreams::TokenStreams(std::vector<int32_t> ids, const StreamOptions& options)
    : ids_(std::move(ids)), options_(options) {
  require<UsageError>(options.streams > 0 && options.steps > 0,
                      "[token_streams] need streams and steps of at least 1, got {} and {}", options.streams,
                      options.steps);
  const auto count = static_cast<int64_t>(ids_.size());
  length_ = std::max<int64_t>(count - 1, 0) / options.streams;
  const int64_t least = options.keep_last ? 1 : options.steps;
  require<DataError>(length_ >= least, "[token_streams] need an id more than {} streams of {}, got {} ids",
                     options.streams, least, count);
  windows_ = length_ / options.steps + (options.keep_last && length_ % options.steps > 0 ? 1 : 0);
}

void TokenStreams::start(int64_t epoch, int64_t first) {
  require<UsageError>(epoch >= 0, "[token_streams] need an epoch of 0 or more, got {}", epoch);
  require<UsageError>(first >= 0 && first <= windows_, "[token_streams] need a window from 0 to {}, got {}", windows_,
                      first);
  position_ = first;
}

std::string TokenStreams::fingerprint() const {
  const auto bytes = std::as_bytes(std::span(ids_));
  return fmt::format("ids={} streams={} steps={} keep_last={:d} {}", ids_.size(), options_.streams, options_.steps,
                     options_.keep_last, checksum_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

int64_t TokenStreams::steps_of(int64_t window) const {
  return std::min(options_.steps, length_ - window * options_.steps);
}

int64_t TokenStreams::unused() const {
  const int64_t steps = std::min(length_, windows_ * options_.steps);
  return static_cast<int64_t>(ids_.size()) - options_.streams * steps;
}

std::optional<StreamWindow> TokenStreams::window_of(int64_t first_stream, int64_t every, Device device) const {
  if (first_stream >= options_.streams) return std::nullopt;
  const int64_t steps = steps_of(position_), begin = position_ * options_.steps;
  std::vector<int32_t> inputs, targets;
  for (int64_t t = begin; t < begin + steps; ++t) {
    for (int64_t stream = first_stream; stream < options_.streams; stream += every) {
      const auto at = static_cast<size_t>(stream * length_ + t);
      inputs.push_back(ids_[at]);
      targets.push_back(ids_[at + 1]);
    }
  }
  const Shape shape{steps, (options_.streams - first_stream + every - 1) / every};
  return StreamWindow{Tensor::from(inputs, shape, device), Tensor::from(targets, shape, device), position_ == 0};
}

std::optional<StreamWindow> TokenStreams::next(Device device) {
  if (position_ == windows_) return std::nullopt;
  std::optional<StreamWindow> window = window_of(0, 1, device);
  ++position_;
  return window;
}

std::optional<std::vector<std::optional<StreamWindow>>> TokenStreams::next_shards(Device device) {
  if (position_ == windows_) return std::nullopt;
  std::vector<std::optional<StreamWindow>> windows;
  for (int64_t shard = shards_.begin; shard < shards_.end; ++shard)
    windows.push_back(window_of(shard, shards_.of, device));
  ++position_;
  return windows;
}

}  // namespace grus::data
