#include "optim/loss_scale.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/tensor/items.h"
#include "core/thread/recording.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::optim {
namespace {

constexpr double largest_scale = 0x1p24;  // beyond it no f16 gradient gains

}  // namespace

LossScaler::LossScaler(const LossScaleOptions& options) : options_(options) {
  require<UsageError>(options.first >= 1 && options.first <= largest_scale,
                      "[LossScaler] need a scale from 1 to 2^24 to begin with, got {}", options.first);
  require<UsageError>(options.factor > 1 && std::isfinite(options.factor), "[LossScaler] need a factor above 1, got {}",
                      options.factor);
  require<UsageError>(options.window >= 1, "[LossScaler] need a window of at least 1 update, got {}", options.window);
  require<UsageError>(options.most_skips >= 1, "[LossScaler] need most_skips of at least 1, got {}",
                      options.most_skips);
  now_.scale = options.first;
}

Tensor LossScaler::scaled(const Tensor& loss) const { return now_.scale == 1 ? loss : loss * now_.scale; }

bool LossScaler::update(bool finite) {
  LossScale& n = now_;
  if (!finite) {
    ++n.skipped;
    ++n.in_a_row;
    n.sound = 0;
    n.hopeless = n.scale <= 1 || n.in_a_row >= options_.most_skips;
    if (options_.dynamic) n.scale = std::max(1.0, n.scale / options_.factor);
    return false;
  }
  n.in_a_row = 0;
  n.hopeless = false;
  if (options_.dynamic && ++n.sound >= options_.window) {
    n.scale = std::min(largest_scale, n.scale * options_.factor);
    n.sound = 0;
  }
  return true;
}

void LossScaler::load_state(const LossScale& saved) {
  require<DataError>(saved.scale >= 1 && saved.scale <= largest_scale && saved.sound >= 0 && saved.skipped >= 0 &&
                         saved.in_a_row >= 0 && saved.in_a_row <= saved.skipped,
                     "[LossScaler] need a scale from 1 to 2^24 and counts of at least 0, got {} and {}, {}, {}",
                     saved.scale, saved.sound, saved.skipped, saved.in_a_row);
  now_ = saved;
  if (!options_.dynamic) now_.scale = options_.first;
}

// 0 x is 0 where x is finite and NaN elsewhere, so no sum can overflow.
bool is_finite(const Tensor& x) {
  const NoGrad unrecorded;
  return items({sum(0 * x.detach())})[0] == 0;
}

std::optional<LossScaleOptions> loss_scale_of(std::string_view word, Precision precision) {
  if (word == "dynamic" || (word == "auto" && precision == Precision::f16)) return LossScaleOptions{};
  if (word == "auto") return std::nullopt;
  double scale = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), scale);
  require<UsageError>(error == std::errc() && end == word.data() + word.size() && scale >= 1 && scale <= largest_scale,
                      "--loss-scale: need auto, dynamic or a number from 1 to 2^24, got '{}'", Shown{word});
  if (scale == 1) return std::nullopt;
  return LossScaleOptions{.dynamic = false, .first = scale};
}

}  // namespace grus::optim
