#include "training/optimizer_shards.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "core/base/error.h"
#include "training/ranks.h"

namespace grus::training {
namespace {

std::vector<bool> own_of(const std::vector<int>& owners, int rank) {
  std::vector<bool> own;
  for (const int owner : owners) own.push_back(owner == rank);
  return own;
}

void append_bytes(std::string& to, const Tensor& x) {
  const std::vector<std::byte> bytes = x.to_bytes();
  to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Returns a tensor like x from the bytes at `at`, which then stands behind them.
Tensor next_tensor(const std::string& bytes, size_t& at, const Tensor& x) {
  const size_t size = static_cast<size_t>(x.numel()) * size_of(x.dtype());
  require<Error>(at + size <= bytes.size(), "[ranks] need {} bytes of another rank's weights, got {}", at + size,
                 bytes.size());
  const auto all = std::as_bytes(std::span(bytes));
  at += size;
  return Tensor::from_bytes(all.subspan(at - size, size), x.shape(), x.dtype(), x.device());
}

}  // namespace

std::vector<int> owners_of(const nn::Parameters& parameters, int ranks) {
  std::vector<size_t> order(parameters.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto size = [&](size_t i) { return parameters[i].parameter.value().numel(); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return size(a) > size(b); });
  std::vector<int64_t> load(static_cast<size_t>(ranks), 0);
  std::vector<int> owners(parameters.size());
  for (const size_t i : order) {
    const auto least = std::min_element(load.begin(), load.end());
    *least += size(i);
    owners[i] = static_cast<int>(least - load.begin());
  }
  return owners;
}

OptimizerShards::OptimizerShards(optim::Optimizer& optimizer, parallel::Communicator& ranks)
    : optimizer_(optimizer),
      ranks_(ranks),
      parameters_(optimizer.parameters()),
      owners_(owners_of(parameters_, ranks.size())) {
  optimizer_.share(own_of(owners_, ranks.rank()));
}

// Parameters that a step leaves alone, as frozen ones, are alike everywhere.
void OptimizerShards::gather_values() {
  optim::ExponentialMovingAverage* const average = optimizer_.average();
  const auto each = [&](int owner, auto&& visit) {
    for (size_t i = 0; i < parameters_.size(); ++i) {
      Leaf& leaf = parameters_[i].parameter.leaf();
      if (owners_[i] != owner || !leaf.requires_grad) continue;
      visit(leaf, average ? average->find(&leaf) : nullptr);
    }
  };
  std::string own;
  each(ranks_.rank(), [&](Leaf& leaf, Tensor* mean) {
    append_bytes(own, leaf.value());
    if (mean) append_bytes(own, *mean);
  });
  const std::vector<std::string> all = ranks_.gather("updated weights", own);
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    if (rank == ranks_.rank()) continue;
    const std::string& bytes = all[static_cast<size_t>(rank)];
    size_t at = 0;
    each(rank, [&](Leaf& leaf, Tensor* mean) {
      leaf.assign(next_tensor(bytes, at, leaf.value()));
      if (mean) *mean = next_tensor(bytes, at, *mean);
    });
  }
}

nn::NamedTensors OptimizerShards::gather_state() const {
  const nn::NamedTensors own = optimizer_.state();
  const nn::NamedTensors all = gather_to_leader(ranks_, "optimizer", own);
  if (!ranks_.leads()) return own;
  nn::NamedTensors ordered;
  for (const std::string& name : optimizer_.state_names()) {
    const Tensor* const found = nn::find(all, name);
    require<Error>(found != nullptr, "[ranks] need '{}' of some rank, got none", name);
    ordered.push_back({name, *found});
  }
  return ordered;
}

}  // namespace grus::training
