#include "seq2seq/batch_words.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/leaf.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"

namespace grus::seq2seq {

BatchWords::BatchWords(const std::vector<std::vector<int32_t>>& of_sentences) {
  for (const auto& words : of_sentences) ids_.insert(ids_.end(), words.begin(), words.end());
  std::sort(ids_.begin(), ids_.end());
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  const bool all_alike = std::all_of(of_sentences.begin(), of_sentences.end(),
                                     [&](const auto& words) { return words.size() == ids_.size(); });
  if (all_alike) return;
  std::vector<float> closed(of_sentences.size() * ids_.size(), -HUGE_VALF);
  for (size_t n = 0; n < of_sentences.size(); ++n)
    for (const int32_t word : of_sentences[n]) closed[n * ids_.size() + static_cast<size_t>(column(word))] = 0;
  closed_ = Tensor::from(closed, {std::ssize(of_sentences), std::ssize(ids_)});
}

// A leaf's weight is packed once for all steps of the batch, as that of the model is.
OutputLayer BatchWords::narrowed(const OutputLayer& output) const {
  if (ids_.empty()) return output;
  const Tensor ids = Tensor::from(ids_);
  return {Leaf::create(gather_rows(output.weight.detach(), ids))->tensor(),
          output.bias.defined() ? gather_rows(output.bias.detach(), ids) : Tensor()};
}

Tensor BatchWords::closed(const Tensor& logits, const std::vector<int64_t>& sentences) const {
  if (!closed_.defined()) return logits;
  return logits + cast(gather_rows(closed_, Tensor::from(sentences)), logits.dtype());
}

int64_t BatchWords::column(int64_t word) const {
  return ids_.empty() ? word : std::lower_bound(ids_.begin(), ids_.end(), word) - ids_.begin();
}

}  // namespace grus::seq2seq
