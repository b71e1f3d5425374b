#include <algorithm>

#include "core/base/error.h"
#include "data/text/keras_tokenizer.h"

namespace grus::data {

Tensor pad_sequences(const std::vector<std::vector<int32_t>>& sequences, const PadOptions& options) {
  require<UsageError>(options.maxlen >= 0, "[pad_sequences] need maxlen of 0 or more, got {}", options.maxlen);
  auto steps = static_cast<size_t>(options.maxlen);
  if (steps == 0)
    for (const auto& sequence : sequences) steps = std::max(steps, sequence.size());
  std::vector<int32_t> all(sequences.size() * steps, options.value);
  for (size_t b = 0; b < sequences.size(); ++b) {
    const auto& sequence = sequences[b];
    const size_t kept = std::min(sequence.size(), steps);
    const size_t from = options.truncating == Side::pre ? sequence.size() - kept : 0;
    const size_t to = b * steps + (options.padding == Side::pre ? steps - kept : 0);
    std::copy_n(sequence.begin() + static_cast<int64_t>(from), kept, all.begin() + static_cast<int64_t>(to));
  }
  return Tensor::from(all, {static_cast<int64_t>(sequences.size()), static_cast<int64_t>(steps)});
}

}  // namespace grus::data
