#include "core/tensor/lengths.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"

namespace grus {

Lengths::Lengths(std::vector<int64_t> lengths, int64_t steps, Device device) {
  auto data = std::make_shared<Data>();
  Data& d = *data;
  const auto batch = static_cast<int64_t>(lengths.size());
  const int64_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
  require<UsageError>(steps >= -1, "[lengths] need a padded length of at least 0, or -1 for the longest, got {}",
                      steps);
  d.lengths = std::move(lengths);
  d.steps = steps < 0 ? longest : steps;
  const auto length_of = [&d](int64_t b) { return d.lengths[static_cast<size_t>(b)]; };
  for (int64_t b = 0; b < batch; ++b)
    require<UsageError>(length_of(b) >= 0 && length_of(b) <= d.steps,
                        "[lengths] need lengths in [0, {}], got {} for sequence {}", std::max<int64_t>(d.steps, 0),
                        length_of(b), b);
  d.mask = Tensor::empty({batch, d.steps}, DType::boolean, device);  // throws where there are too many places
  d.order.resize(d.lengths.size());
  std::iota(d.order.begin(), d.order.end(), 0);
  std::stable_sort(d.order.begin(), d.order.end(), [&](int64_t a, int64_t b) { return length_of(a) > length_of(b); });
  d.rank.resize(d.order.size());
  for (size_t i = 0; i < d.order.size(); ++i) d.rank[static_cast<size_t>(d.order[i])] = static_cast<int64_t>(i);

  std::vector<int64_t> packed_rows, batch_rows, first_rows(d.lengths.size(), -1), last_rows(d.lengths.size(), -1);
  int64_t alive = batch;
  for (int64_t t = 0; t < longest; ++t) {
    while (alive > 0 && length_of(d.order[static_cast<size_t>(alive - 1)]) <= t) --alive;
    d.alive.push_back(alive);
    d.starts.push_back(d.total);
    for (int64_t i = 0; i < alive; ++i) {
      const int64_t b = d.order[static_cast<size_t>(i)];
      if (t == 0) first_rows[static_cast<size_t>(b)] = d.total + i;
      last_rows[static_cast<size_t>(b)] = d.total + i;
      batch_rows.push_back(b);
      packed_rows.push_back(t * batch + b);
    }
    d.total += alive;
  }

  std::vector<bool> mask;
  for (int64_t length : d.lengths)
    for (int64_t t = 0; t < d.steps; ++t) mask.push_back(t < length);
  d.lengths_tensor = Tensor::from(d.lengths, device);
  d.order_tensor = Tensor::from(d.order, device);
  d.rank_tensor = Tensor::from(d.rank, device);
  d.starts_tensor = Tensor::from(d.starts, device);
  d.packed_rows = Tensor::from(packed_rows, device);
  d.batch_rows = Tensor::from(batch_rows, device);
  d.first_rows = Tensor::from(first_rows, device);
  d.last_rows = Tensor::from(last_rows, device);
  d.mask = Tensor::from_bools(mask, {batch, d.steps}, device);
  data_ = std::move(data);
}

void Lengths::fail_no_such(const char* what, int64_t count, int64_t got) {
  fail<UsageError>("[lengths] need {} in [0, {}), got {}", what, count, got);
}

Lengths Lengths::dense(int64_t steps, int64_t batch, Device device) {
  require<UsageError>(steps >= 0 && batch >= 0, "[lengths] need steps and sequences of at least 0, got {} and {}",
                      steps, batch);
  Shape{batch, steps}.bytes(sizeof(int64_t));
  return Lengths(std::vector<int64_t>(static_cast<size_t>(batch), steps), steps, device);
}

}  // namespace grus
