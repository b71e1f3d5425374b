#include "training/optimizer_shards.h"

#include <algorithm>
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

size_t bytes_of(const Tensor& x) { return static_cast<size_t>(x.numel()) * size_of(x.dtype()); }

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
  // Calls visit(x, set) for each tensor that the rank updates; set(y) puts y in the place of x.
  const auto each_of = [&](int rank, auto&& visit) {
    for (size_t i = 0; i < parameters_.size(); ++i) {
      Leaf& leaf = parameters_[i].parameter.leaf();
      if (owners_[i] != rank || !leaf.requires_grad) continue;
      visit(leaf.value(), [&](const Tensor& y) { leaf.assign(y); });
      if (Tensor* const mean = average ? average->find(&leaf) : nullptr)
        visit(*mean, [&](const Tensor& y) { *mean = y; });
    }
  };
  std::vector<size_t> sizes;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    sizes.push_back(0);
    each_of(rank, [&](const Tensor& x, auto&&) { sizes.back() += bytes_of(x); });
  }
  std::vector<std::byte> all(std::accumulate(sizes.begin(), sizes.end(), size_t{0}));
  // Calls visit(rank, x, place, set) for each tensor, with the rank that updates it and its place in `all`.
  const auto each_place = [&](auto&& visit) {
    std::span<std::byte> rest = all;
    for (int rank = 0; rank < ranks_.size(); ++rank)
      each_of(rank, [&](const Tensor& x, auto&& set) {
        visit(rank, x, rest.first(bytes_of(x)), set);
        rest = rest.subspan(bytes_of(x));
      });
  };
  each_place([&](int rank, const Tensor& x, std::span<std::byte> place, auto&&) {
    if (rank == ranks_.rank()) std::ranges::copy(x.to_bytes(), place.begin());
  });
  ranks_.all_gather(all, sizes);
  each_place([&](int rank, const Tensor& x, std::span<const std::byte> place, auto&& set) {
    if (rank != ranks_.rank()) set(Tensor::from_bytes(place, x.shape(), x.dtype(), x.device()));
  });
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
