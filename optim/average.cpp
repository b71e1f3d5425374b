#include "optim/average.h"

#include <algorithm>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "optim/parameter_update.h"
#include "optim/state_reader.h"

namespace grus::optim {
namespace {
constexpr const char* who = "ExponentialMovingAverage";
}

ExponentialMovingAverage::ExponentialMovingAverage(const nn::Parameters& parameters, AverageOptions options)
    : options_(options) {
  require<UsageError>(options_.decay >= 0 && options_.decay <= 1,
                      "[ExponentialMovingAverage] need a decay in [0, 1], got {}", options_.decay);
  for (const auto& [name, parameter] : parameters)
    if (parameter.defined() && index_.emplace(parameter.identity(), entries_.size()).second) {
      require<UsageError>(name != "updates",
                          "[ExponentialMovingAverage] need another name than 'updates', which its state has already");
      entries_.push_back({{name, parameter}, parameter.value().clone()});
      for (size_t i = 0; i + 1 < entries_.size(); ++i) entries_[i].known.require_other_name(who, name);
    }
}

double ExponentialMovingAverage::begin_update() {
  require<UsageError>(
      !swapped(), "[ExponentialMovingAverage] need the weights in place for an update, got the averages swapped in");
  follow();
  const auto t = static_cast<double>(++updates_);
  return options_.warm_up ? std::min(options_.decay, (1 + t) / (10 + t)) : options_.decay;
}

Tensor* ExponentialMovingAverage::find(const Leaf* leaf) {
  const auto found = index_.find(leaf);
  return found == index_.end() ? nullptr : &entries_[found->second].average;
}

// The kernel takes a step of descent of length 0, so that it moves the average alone.
void ExponentialMovingAverage::update(Tensor& value, Tensor& average, double decay, const Tensor& factor) {
  const Device device = value.device();
  if (!fused_kernels_wanted() || !device.kernels().sgd_step) {
    const NoGrad unrecorded;
    const Tensor now = value.detach(), moved = average + (1 - decay) * (now - average);
    average = factor.defined() ? where(abs(factor.reshape({})) > 0.0, moved, average) : moved;
    return;
  }
  SgdArgs args{};
  args.update.value = args.update.grad = flat(value);
  args.update.average = write_flat(average);
  if (factor.defined()) args.update.factor = flat(factor);
  args.update.average_decay = decay;
  device.check(device.kernels().sgd_step(device.context(), args), "average");
}

void ExponentialMovingAverage::update() {
  const double decay = begin_update();
  for (Entry& entry : entries_) update(entry.known.leaf->mutable_value(), entry.average, decay);
}

void ExponentialMovingAverage::follow() {
  for (Entry& entry : entries_) {
    entry.known.require_unchanged(who);
    entry.average = like(entry.known.leaf->value(), entry.average);
  }
}

void ExponentialMovingAverage::swap() {
  for (Entry& entry : entries_) std::swap(entry.known.leaf->mutable_value(), entry.average);
}

void ExponentialMovingAverage::swap_in() {
  if (scopes_ == 0) {
    follow();
    swap();
  }
  ++scopes_;
}

void ExponentialMovingAverage::swap_out() {
  if (--scopes_ > 0) return;
  for (Entry& entry : entries_) entry.average = like(entry.known.leaf->value(), entry.average);
  swap();
}

nn::NamedTensors ExponentialMovingAverage::state() const {
  nn::NamedTensors state;
  for (const auto& [known, average] : entries_) {
    const Tensor& value = known.leaf->value();
    state.push_back({known.name, swapped() ? value.detach() : like(value, average)});
  }
  state.push_back({"updates", Tensor::from(std::vector<int64_t>{updates_})});
  return state;
}

void ExponentialMovingAverage::load_state(const nn::NamedTensors& state) {
  require<UsageError>(!swapped(), "[{}] need the weights in place to load a state, got the averages swapped in", who);
  StateReader reader(who, state);
  std::vector<Tensor> loaded;
  for (const Entry& entry : entries_)
    loaded.push_back(reader.take(entry.known.name, entry.known.leaf->value().shape(), entry.known.leaf->value()));
  const Tensor updates = reader.take_numbers("updates", DType::i64, 1);
  reader.finish();
  const int64_t count = counts_of(who, "updates", updates)[0];
  for (size_t i = 0; i < entries_.size(); ++i) entries_[i].average = loaded[i];
  updates_ = count;
}

}  // namespace grus::optim
