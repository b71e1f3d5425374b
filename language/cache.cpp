#include "language/cache.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "ops/loss/loss.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"

namespace grus::language {
namespace {

// Remembers what the output layer read at the last places of a text, and the ids that came there.
class Cache {
 public:
  Cache(const CacheOptions& options, int64_t width) : options_(options), width_(width) {}

  // Returns p_cache of each target, given y (T, E) at its place, or -1 where nothing is remembered; remembers them.
  std::vector<double> read(const Tensor& y, std::span<const int32_t> targets) {
    const std::vector<float> now = y.to_vector<float>();
    states_.insert(states_.end(), now.begin(), now.end());
    ids_.insert(ids_.end(), targets.begin(), targets.end());
    const auto all = static_cast<int64_t>(ids_.size()), steps = static_cast<int64_t>(targets.size());
    const std::vector<float> likeness =
        matmul(y, Tensor::from(states_, {all, width_}), {.transpose_b = true}).to_vector<float>();
    std::vector<double> shares;
    for (int64_t t = 0; t < steps; ++t) {
      const int64_t end = all - steps + t;
      shares.push_back(share(std::span(likeness).subspan(static_cast<size_t>(t * all), static_cast<size_t>(end))));
    }
    forget();
    return shares;
  }

 private:
  // Returns the share of the id that stands behind the remembered ones in what their likeness gives.
  double share(std::span<const float> likeness) const {
    const size_t end = likeness.size(), most = static_cast<size_t>(options_.size), begin = end - std::min(end, most);
    if (begin == end) return -1;
    const float largest = *std::max_element(likeness.begin() + static_cast<ptrdiff_t>(begin), likeness.end());
    double same = 0, sum = 0;
    for (size_t i = begin; i < end; ++i) {
      const double a = std::exp(options_.theta * static_cast<double>(likeness[i] - largest));
      sum += a;
      if (ids_[i] == ids_[end]) same += a;
    }
    return same / sum;
  }

  void forget() {
    const auto spare = static_cast<ptrdiff_t>(ids_.size()) - options_.size;
    if (spare <= 0) return;
    ids_.erase(ids_.begin(), ids_.begin() + spare);
    states_.erase(states_.begin(), states_.begin() + spare * width_);
  }

  CacheOptions options_;
  int64_t width_;
  std::vector<float> states_;  // rows of `width_`
  std::vector<int32_t> ids_;
};

}  // namespace

Likelihood cached_likelihood(const nn::LanguageModel& model, const data::Codec& codec,
                             std::span<const std::string> lines, const CacheOptions& options) {
  require<UsageError>(options.size > 0, "[cache] need a size above 0, got {}", options.size);
  require<UsageError>(options.share >= 0 && options.share <= 1, "[cache] need a share of 0 to 1, got {}",
                      options.share);
  require<UsageError>(options.theta >= 0, "[cache] need a theta of 0 or more, got {}", options.theta);
  const Stream stream = stream_of(codec, lines);
  Likelihood all = stream.size;
  std::optional<Cache> cache;
  nn::LanguageState state;
  each_window(model, data::EOS, stream.ids, [&](const Tensor& inputs, std::span<const int32_t> targets) {
    const nn::LanguageOutput out = model(inputs, state);
    state = out.state.detach();
    const Tensor y = flatten(out.y, 0, 1);
    if (!cache) cache.emplace(options, y.dim(1));
    const std::vector<double> remembered = cache->read(y, targets);
    const Tensor nll = cross_entropy(model.logits(y), flatten(column(targets)), {.reduction = Reduction::none});
    const std::vector<float> nats = nll.to_vector<float>();
    for (size_t t = 0; t < nats.size(); ++t) {
      const double share = remembered[t] < 0 ? 0 : options.share, p = std::exp(-static_cast<double>(nats[t]));
      all.nats -= std::log((1 - share) * p + share * std::max(remembered[t], 0.0));
    }
  });
  return all;
}

}  // namespace grus::language
