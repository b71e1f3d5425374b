#include "ops/math/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/thread/recording.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "ops/math/softmax.h"

namespace grus {
namespace {

/// A Row draws from the logits of one row, in f64.
class Row {
 public:
  Row(const double* logits, int64_t classes, const CategoricalOptions& options) : options_(options) {
    largest_ = std::max_element(logits, logits + classes) - logits;
    const double shift = logits[largest_] / (options.temperature > 0 ? options.temperature : 1);
    shares_.resize(static_cast<size_t>(classes));
    for (size_t i = 0; i < shares_.size(); ++i) shares_[i] = std::exp(logits[i] / options.temperature - shift);
  }

  int64_t draw(double uniform) {
    if (options_.temperature == 0) return largest_;
    if (options_.top_k > 0 || options_.top_p < 1) cut();
    double left = uniform * std::accumulate(shares_.begin(), shares_.end(), 0.0);
    for (size_t i = 0; i < shares_.size(); ++i)
      if ((left -= shares_[i]) < 0) return static_cast<int64_t>(i);
    return largest_;  // rounding left something
  }

 private:
  /// Sets the shares to 0 that neither the k largest nor the nucleus hold.
  void cut() {
    std::vector<size_t> order(shares_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return shares_[a] > shares_[b]; });
    size_t kept = options_.top_k > 0 ? std::min(static_cast<size_t>(options_.top_k), order.size()) : order.size();
    double sum = 0, reached = 0;
    for (size_t i = 0; i < kept; ++i) sum += shares_[order[i]];
    size_t nucleus = 0;
    while (nucleus < kept && (nucleus == 0 || reached < options_.top_p * sum)) reached += shares_[order[nucleus++]];
    for (size_t i = nucleus; i < order.size(); ++i) shares_[order[i]] = 0;
  }

  const CategoricalOptions& options_;
  std::vector<double> shares_;
  int64_t largest_ = 0;
};

void require_row(const double* logits, int64_t classes, int64_t row) {
  bool any = false;
  for (int64_t i = 0; i < classes; ++i) {
    require<UsageError>(logits[i] < HUGE_VAL, "[categorical] need logits that are numbers or -inf, got {} in row {}",
                        logits[i], row);
    any |= logits[i] > -HUGE_VAL;
  }
  require<UsageError>(any, "[categorical] need a logit above -inf in each row, got none in row {}", row);
}

void check(const Tensor& logits, const CategoricalOptions& o) {
  require_float("categorical", logits);
  require(logits.rank() >= 1 && logits.dim(-1) >= 1, "[categorical] need logits (..., V), V of at least 1, got {}",
          logits.shape());
  require<UsageError>(o.temperature >= 0 && std::isfinite(o.temperature),
                      "[categorical] need a temperature of at least 0, got {}", o.temperature);
  require<UsageError>(o.top_k >= 0, "[categorical] need a top_k of at least 0, got {}", o.top_k);
  require<UsageError>(o.top_p > 0 && o.top_p <= 1, "[categorical] need a top_p in (0, 1], got {}", o.top_p);
}

/// Returns numbers of [0, 1) with 53 random bits.
std::vector<double> uniforms_of(int64_t count, Rng& rng) {
  const Tensor bits = random_integers({count, 2}, 0, int64_t{1} << 32, rng, DType::i64, Device("cpu"));
  const std::vector<int64_t> halves = bits.to_vector<int64_t>();
  std::vector<double> uniforms(static_cast<size_t>(count));
  for (size_t i = 0; i < uniforms.size(); ++i) {
    const auto high = static_cast<uint64_t>(halves[2 * i]), low = static_cast<uint64_t>(halves[2 * i + 1]);
    uniforms[i] = static_cast<double>((high << 32 | low) >> 11) * 0x1p-53;
  }
  return uniforms;
}

}  // namespace

Tensor random_permutation(int64_t count, Rng& rng, Device device) {
  require<UsageError>(count >= 0 && count < int64_t{1} << 32, "[random_permutation] need a count in [0, 2^32), got {}",
                      count);
  const Tensor bits = random_integers({count}, 0, int64_t{1} << 32, rng, DType::i64, Device("cpu"));
  const std::vector<int64_t> lanes = bits.to_vector<int64_t>();
  std::vector<int64_t> order(lanes.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i-- > 1;) {  // each of the first i + 1 places is as likely, to 2^-32 (Fisher and Yates)
    const uint64_t other = static_cast<uint64_t>(lanes[i]) * (i + 1) >> 32;
    std::swap(order[i], order[other]);
  }
  return Tensor::from(order, device);
}

Tensor bernoulli(const Tensor& p, Rng& rng) {
  require_float("bernoulli", p);
  const NoGrad off;
  return cast(random_uniform(p.shape(), 0, 1, rng, p.dtype(), p.device()) < p, p.dtype());
}

Tensor categorical(const Tensor& logits, std::span<const double> uniforms, const CategoricalOptions& options) {
  check(logits, options);
  const NoGrad off;
  const int64_t classes = logits.dim(-1), rows = logits.numel() / classes;
  require(static_cast<int64_t>(uniforms.size()) == rows, "[categorical] need a number for each of {} rows, got {}",
          rows, uniforms.size());
  const std::vector<double> all = cast(logits, DType::f64).to(Device("cpu")).to_vector<double>();
  std::vector<int64_t> ids(uniforms.size());
  for (int64_t row = 0; row < rows; ++row) {
    const double* const at = all.data() + row * classes;
    require_row(at, classes, row);
    ids[static_cast<size_t>(row)] = Row(at, classes, options).draw(uniforms[static_cast<size_t>(row)]);
  }
  return Tensor::from(ids, logits.shape().without(logits.rank() - 1), logits.device());
}

Tensor categorical(const Tensor& logits, const CategoricalOptions& options, Rng& rng) {
  check(logits, options);
  return categorical(logits, uniforms_of(logits.numel() / logits.dim(-1), rng), options);
}

Tensor gumbel_softmax(const Tensor& logits, double temperature, bool hard, int axis, Rng& rng) {
  require_float("gumbel_softmax", logits);
  require<UsageError>(temperature > 0, "[gumbel_softmax] need a temperature above 0, got {}", temperature);
  require(logits.rank() >= 1, "[gumbel_softmax] need at least one axis, got shape {}", logits.shape());
  axis = normalize_axis(axis, logits.rank(), "gumbel_softmax");
  const Tensor u = random_uniform(logits.shape(), 0, 1, rng, logits.dtype(), logits.device());
  const Tensor noise = -log(-log(maximum(u, 0x1p-25)));  // u is a multiple of 2^-24 below 1
  const Tensor soft = softmax((logits + noise) * (1 / temperature), axis);
  if (!hard || soft.numel() == 0) return soft;
  const Tensor ids = argmax(soft.detach(), axis, true);
  Shape along;
  for (int i = 0; i < logits.rank(); ++i) along.push_back(i == axis ? logits.dim(axis) : 1);
  const Tensor places = Tensor::arange(0, logits.dim(axis), logits.device()).reshape(along);
  return cast(equal(places, ids), soft.dtype()) - soft.detach() + soft;
}

}  // namespace grus
