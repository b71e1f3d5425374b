#pragma once
// A small model, its batches and a loss, for tests of fit().
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/dropout.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "optim/adam.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"
#include "training/fit.h"

namespace grus::test {

struct Net : nn::Module<Net> {
  explicit Net(Rng& rng, double p = 0.2)
      : first(child("first", nn::Linear(3, 6, rng))),
        dropout(child("dropout", nn::Dropout(p))),
        last(child("last", nn::Linear(6, 2, rng))) {}
  Tensor forward(const Tensor& x) const { return last(dropout(tanh(first(x)))); }
  nn::Linear first;
  nn::Dropout dropout;
  nn::Linear last;
};

struct Batch {
  Tensor x, y;
  int64_t size = 0;
};

/// Batches of drawn points, whose class is the sign of their sum; each epoch has another order.
class Points {
 public:
  explicit Points(int64_t count, int64_t batch) : count_(count), batch_(batch) {
    x_ = random_normal({count, 3}, 0, 1, rng_).to_vector<float>();
  }
  void start(int64_t epoch, int64_t position) {
    require<UsageError>(position <= batches(), "[points] need a batch up to {}, got {}", batches(), position);
    epoch_ = epoch;
    at_ = position;
  }
  std::optional<Batch> next() {
    if (at_ == batches()) return std::nullopt;
    const int64_t begin = at_++ * batch_, end = std::min(begin + batch_, count_);
    std::vector<float> x;
    std::vector<int32_t> y;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = (i * 7 + epoch_ * 5) % count_;  // the counts of the tests are no multiples of 7
      float sum = 0;
      for (int64_t j = 0; j < 3; ++j) sum += x.emplace_back(x_[static_cast<size_t>(3 * row + j)]);
      y.push_back(sum > 0);
    }
    return Batch{Tensor::from(x, {end - begin, 3}), Tensor::from(y), end - begin};
  }
  int64_t batches() const { return (count_ + batch_ - 1) / batch_; }
  std::string fingerprint() const { return describes ? "points in batches of " + std::to_string(batch_) : ""; }
  bool describes = false;

 private:
  int64_t count_, batch_, epoch_ = 0, at_ = 0;
  Rng rng_{5};
  std::vector<float> x_;
};

/// Stops a run before step `at`, or behind it kills it, as a process is killed.
struct Killer : training::Callback {
  int64_t at = 0;
  void step_end(const training::StepEnd& event, training::Control&) override {
    if (event.step == at) throw std::runtime_error("killed");
  }
};

inline training::Loss loss_of(const Net& net, const Batch& batch) {
  return {cross_entropy(net(batch.x), batch.y), static_cast<double>(batch.size)};
}

/// A model, an optimizer and batches that begin alike each time.
struct Start {
  Rng rng{1};
  Net net;
  optim::Adam adam;
  Points points;
  explicit Start(int64_t batch = 4, double p = 0.2)
      : net(rng, p), adam(net.named_parameters(), {.lr = 0.05}), points(22, batch) {}
  training::FitResult fit(training::FitOptions options) {
    options.quiet = true;
    return training::fit(net, adam, points, loss_of, options);
  }
};

inline std::string bits(const nn::ModuleBase& module) {
  std::string all;
  for (const auto& [name, tensor] : module.state_dict()) {
    const auto bytes = tensor.to_bytes();
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return all;
}

inline double figure(const training::Record& record, const std::string& name) {
  const training::Figure* found = record.find(name);
  REQUIRE_MESSAGE(found, name);
  return found->value;
}

}  // namespace grus::test
