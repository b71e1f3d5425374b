#include "core/lengths.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace grus {

Lengths::Lengths(std::vector<int64_t> lengths, int64_t steps, Device device) : lengths_(std::move(lengths)) {
  const int64_t longest = lengths_.empty() ? 0 : *std::max_element(lengths_.begin(), lengths_.end());
  steps_ = steps < 0 ? longest : steps;
  for (size_t b = 0; b < lengths_.size(); ++b)
    require<UsageError>(lengths_[b] >= 0 && lengths_[b] <= steps_,
                        "[lengths] need lengths in [0, {}], got {} for sequence {}", steps_, lengths_[b], b);
  order_.resize(lengths_.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int64_t a, int64_t b) {
    return lengths_[static_cast<size_t>(a)] > lengths_[static_cast<size_t>(b)];
  });
  rank_.resize(order_.size());
  for (size_t i = 0; i < order_.size(); ++i) rank_[static_cast<size_t>(order_[i])] = static_cast<int64_t>(i);

  std::vector<int64_t> packed_rows, batch_rows;
  int64_t alive = batch();
  total_ = 0;
  for (int64_t t = 0; t < longest; ++t) {
    while (alive > 0 && lengths_[static_cast<size_t>(order_[static_cast<size_t>(alive - 1)])] <= t) --alive;
    alive_.push_back(alive);
    starts_.push_back(total_);
    for (int64_t i = 0; i < alive; ++i) {
      batch_rows.push_back(order_[static_cast<size_t>(i)]);
      packed_rows.push_back(t * batch() + batch_rows.back());
    }
    total_ += alive;
  }

  std::vector<bool> mask;
  for (int64_t length : lengths_)
    for (int64_t t = 0; t < steps_; ++t) mask.push_back(t < length);
  lengths_tensor_ = Tensor::from(lengths_, device);
  order_tensor_ = Tensor::from(order_, device);
  rank_tensor_ = Tensor::from(rank_, device);
  starts_tensor_ = Tensor::from(starts_, device);
  packed_rows_ = Tensor::from(packed_rows, device);
  batch_rows_ = Tensor::from(batch_rows, device);
  mask_ = Tensor::from_bools(mask, {batch(), steps_}, device);
}

Lengths Lengths::dense(int64_t steps, int64_t batch, Device device) {
  return Lengths(std::vector<int64_t>(static_cast<size_t>(batch), steps), steps, device);
}

}  // namespace grus
