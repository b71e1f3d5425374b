#include "optim/average.h"

#include <algorithm>

namespace grus::optim {

ExponentialMovingAverage::ExponentialMovingAverage(const nn::Parameters& parameters, AverageOptions options)
    : options_(options) {
  require<UsageError>(options_.decay >= 0 && options_.decay <= 1,
                      "[ExponentialMovingAverage] need a decay in [0, 1], got {}", options_.decay);
  for (const auto& [name, parameter] : parameters)
    if (parameter.defined() && index_.emplace(parameter.identity(), entries_.size()).second)
      entries_.push_back({name, parameter, parameter.value().clone()});
}

double ExponentialMovingAverage::begin_update() {
  require<UsageError>(
      !swapped_, "[ExponentialMovingAverage] need the weights in place for an update, got the averages swapped in");
  const auto t = static_cast<double>(++updates_);
  return options_.warm_up ? std::min(options_.decay, (1 + t) / (10 + t)) : options_.decay;
}

Tensor* ExponentialMovingAverage::find(const Leaf* leaf) {
  const auto found = index_.find(leaf);
  return found == index_.end() ? nullptr : &entries_[found->second].average;
}

// A descent step of length 0: the kernel then only moves the average.
void ExponentialMovingAverage::update(Tensor& value, Tensor& average, double decay) {
  const auto flat = [](const Tensor& t) { return t.unrecorded_reshape({1, t.numel()}).matrix(); };
  average.write_matrix();  // raises the version
  OptimizerArgs args{};
  args.kind = OptimizerKind::sgd;
  args.value = args.grad = flat(value);
  args.average = flat(average);
  args.average_decay = decay;
  value.device().check(value.device().kernels().optimizer_step(value.device().context(), args), "average");
}

void ExponentialMovingAverage::update() {
  const double decay = begin_update();
  for (Entry& entry : entries_) update(entry.parameter.leaf().mutable_value(), entry.average, decay);
}

void ExponentialMovingAverage::swap() {
  for (Entry& entry : entries_) std::swap(entry.parameter.leaf().mutable_value(), entry.average);
  swapped_ = !swapped_;
}

nn::NamedTensors ExponentialMovingAverage::state() const {
  nn::NamedTensors state;
  for (const Entry& entry : entries_) state.push_back({entry.name, entry.average});
  state.push_back({"updates", Tensor::from(std::vector<int64_t>{updates_})});
  return state;
}

void ExponentialMovingAverage::load_state(const nn::NamedTensors& state) {
  const Tensor* updates = nn::find(state, "updates");
  require<DataError>(
      updates && updates->dtype() == DType::i64 && updates->numel() == 1 && state.size() == entries_.size() + 1,
      "[ExponentialMovingAverage] need {} averages and 'updates', got {} tensors", entries_.size(), state.size());
  std::vector<Tensor> loaded;
  for (const Entry& entry : entries_) {
    const Tensor* stored = nn::find(state, entry.name);
    require<DataError>(stored && stored->shape() == entry.average.shape() && stored->dtype() == entry.average.dtype(),
                       "[ExponentialMovingAverage] need '{}' {} {}, got {}", entry.name, entry.average.shape(),
                       entry.average.dtype(), stored ? to_string(stored->shape()) : "nothing");
    loaded.push_back(stored->to(entry.average.device()).clone());
  }
  for (size_t i = 0; i < entries_.size(); ++i) entries_[i].average = loaded[i];
  updates_ = updates->to_vector<int64_t>()[0];
}

}  // namespace grus::optim
