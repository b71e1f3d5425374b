#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace grus::optim {

namespace {

void require_positive(const char* schedule, int64_t updates) {
  require<UsageError>(updates > 0, "[{}] need a number of updates of at least 1, got {}", schedule, updates);
}
void require_factor(const char* schedule, double gamma) {
  require<UsageError>(gamma > 0 && gamma <= 1, "[{}] need a factor in (0, 1], got {}", schedule, gamma);
}

}  // namespace

Schedule constant() {
  return [](int64_t) { return 1.0; };
}

Schedule warmup(int64_t updates, Schedule then) {
  require<UsageError>(updates >= 0, "[warmup] need a number of updates of at least 0, got {}", updates);
  return [updates, then = std::move(then)](int64_t update) {
    const double part = update >= updates ? 1.0 : static_cast<double>(update + 1) / static_cast<double>(updates);
    return std::min(1.0, part) * then(update);
  };
}

Schedule step_decay(int64_t every, double gamma) {
  require_positive("step_decay", every);
  require_factor("step_decay", gamma);
  return [every, gamma](int64_t update) { return std::pow(gamma, static_cast<double>(update / every)); };
}

Schedule milestones(std::vector<int64_t> at, double gamma) {
  require_factor("milestones", gamma);
  return [at = std::move(at), gamma](int64_t update) {
    const auto passed = std::count_if(at.begin(), at.end(), [update](int64_t m) { return m <= update; });
    return std::pow(gamma, static_cast<double>(passed));
  };
}

Schedule exponential(double gamma) {
  require_factor("exponential", gamma);
  return [gamma](int64_t update) { return std::pow(gamma, static_cast<double>(update)); };
}

Schedule inverse_square_root(int64_t updates) {
  require_positive("inverse_square_root", updates);
  return [updates](int64_t update) {
    return std::min(1.0, std::sqrt(static_cast<double>(updates) / static_cast<double>(update + 1)));
  };
}

Schedule cosine(int64_t total, double last) {
  require_positive("cosine", total);
  require<UsageError>(last >= 0 && last <= 1, "[cosine] need a last factor in [0, 1], got {}", last);
  return [total, last](int64_t update) {
    const double part = std::min(1.0, static_cast<double>(update) / static_cast<double>(total));
    return last + (1 - last) * (1 + std::cos(std::numbers::pi * part)) / 2;
  };
}

Plateau::Plateau(PlateauOptions options) : options_(options) {
  require_factor("Plateau", options_.factor);
  require<UsageError>(options_.least >= 0 && options_.least <= 1, "[Plateau] need a least factor in [0, 1], got {}",
                      options_.least);
  require<UsageError>(std::isfinite(options_.margin), "[Plateau] need a finite margin, got {}", options_.margin);
  require<UsageError>(options_.patience >= 0, "[Plateau] need a patience of at least 0, got {}", options_.patience);
}

double Plateau::update(double figure) {
  const double value = options_.larger_is_better ? -figure : figure;
  if (!std::isnan(value) && (seen_ == 0 || value < best_ - options_.margin)) {
    best_ = value;
    bad_ = 0;
    ++seen_;
  } else if (++bad_ > options_.patience) {
    factor_ = std::max(options_.least, factor_ * options_.factor);
    bad_ = 0;
  }
  return factor_;
}

nn::NamedTensors Plateau::state() const {
  const std::vector<double> values{factor_, best_, static_cast<double>(seen_), static_cast<double>(bad_)};
  return {{"plateau", Tensor::from(values, Device("cpu"))}};  // another device may lack f64
}

void Plateau::load_state(const nn::NamedTensors& state) {
  const Tensor* stored = nn::find(state, "plateau");
  require<DataError>(stored && stored->dtype() == DType::f64 && stored->shape() == Shape{4},
                     "[Plateau] need 'plateau' (4) of f64, got {}", stored ? to_string(stored->shape()) : "nothing");
  const std::vector<double> values = stored->to_vector<double>();
  const auto is_count = [](double x) { return x >= 0 && x < 0x1p53 && x == std::floor(x); };
  require<DataError>(
      values[0] > 0 && values[0] <= 1 && !std::isnan(values[1]) && is_count(values[2]) && is_count(values[3]),
      "[Plateau] need a factor in (0, 1], a figure and counts of at least 0, got {}, {}, {} and {}", values[0],
      values[1], values[2], values[3]);
  factor_ = values[0];
  best_ = values[1];
  seen_ = static_cast<int64_t>(values[2]);
  bad_ = static_cast<int64_t>(values[3]);
}

}  // namespace grus::optim
