#include "training/ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/split_mix.h"

namespace grus::training {
namespace {

template <class T>
void put(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Texts come from ranks of the same program.
template <class T>
T get(const std::string& text, size_t& at) {
  T value;
  std::memcpy(&value, text.data() + at, sizeof value);
  at += sizeof value;
  return value;
}

std::string packed(const nn::NamedTensors& tensors) {
  std::string text;
  for (const auto& [name, tensor] : tensors) {
    const std::vector<std::byte> bytes = tensor.to_bytes();
    put(text, name.size());
    text += name;
    put(text, tensor.dtype());
    put(text, tensor.rank());
    for (int axis = 0; axis < tensor.rank(); ++axis) put(text, tensor.dim(axis));
    put(text, bytes.size());
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return text;
}

nn::NamedTensors unpacked(const std::string& text) {
  nn::NamedTensors tensors;
  for (size_t at = 0; at < text.size();) {
    const auto length = get<size_t>(text, at);
    std::string name = text.substr(at, length);
    at += length;
    const auto dtype = get<DType>(text, at);
    std::vector<int64_t> dims(static_cast<size_t>(get<decltype(tensors[0].tensor.rank())>(text, at)));
    for (int64_t& dim : dims) dim = get<int64_t>(text, at);
    const auto size = get<size_t>(text, at);
    const auto* const bytes = reinterpret_cast<const std::byte*>(text.data() + at);
    tensors.push_back({std::move(name), Tensor::from_bytes({bytes, size}, Shape(dims), dtype, Device("cpu"))});
    at += size;
  }
  return tensors;
}

}  // namespace

Ranks::Ranks(parallel::Communicator& all, int64_t shards) : all_(all), asked_(shards) {
  require<UsageError>(shards >= 0, "[fit] need shards of at least 0, got {}", shards);
  take(shards > 0 || !all.several() ? shards : default_shards);
}

void Ranks::take(int64_t shards) {
  if (shards > 0) shards_ = parallel::shards_of_rank(shards, all_.rank(), all_.size());
}

void Ranks::go_on_with(int64_t shards) {
  require<UsageError>(asked_ == 0 || asked_ == shards, "[fit] need the shards that the run began with, {}, got {}",
                      shards == 0 ? "none" : fmt::format("{}", shards), asked_);
  require<UsageError>(shards > 0 || !several(),
                      "[fit] need a run that began with shards to go on with {} ranks, got one without", all_.size());
  take(shards);
}

void Ranks::require_alike(const Facts& facts) const {
  if (!several()) return;
  for (const auto& [name, value] : facts) {
    const std::vector<std::string> values = all_.gather(name, value);
    for (size_t rank = 1; rank < values.size(); ++rank)
      require<UsageError>(values[rank] == values[0],
                          "[ranks] need the same {} on all ranks, got {} on rank 0 and {} on rank {}", name, values[0],
                          values[rank], rank);
  }
  const std::vector<std::string> machines = all_.gather("machine", machine_fact());
  for (size_t rank = 1; rank < machines.size() && leads(); ++rank) {
    if (machines[rank] == machines[0]) continue;
    fmt::print(stderr,
               "warning: rank 0 runs on {}, rank {} on {}: sums may differ in their last bits; GRUS_ISA makes both "
               "compute alike\n",
               machines[0], rank, machines[rank]);
    break;
  }
}

void Ranks::share_weights(nn::ModuleBase& model) const {
  if (!several()) return;
  nn::NamedTensors state = model.state_dict();
  for (auto& [name, tensor] : state) {
    std::vector<std::byte> bytes = tensor.to_bytes();
    all_.from_leader(bytes);
    tensor = Tensor::from_bytes(bytes, tensor.shape(), tensor.dtype(), tensor.device());
  }
  if (!leads()) model.load_state_dict(state);
}

void Ranks::require_same_weights(const nn::ModuleBase& model, int64_t step) const {
  if (!several()) return;
  Crc32 crc;
  for (const auto& [name, tensor] : model.state_dict()) {
    const std::vector<std::byte> bytes = tensor.to_bytes();
    crc.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  const std::vector<std::string> sums = all_.gather("weights", checksum_text(crc.value()));
  for (size_t rank = 1; rank < sums.size(); ++rank)
    require<Error>(
        sums[rank] == sums[0],
        "[ranks] need the same weights on all ranks after step {}, got others on rank {} than on rank 0: CPUs "
        "that differ, or buffers that a forward pass changes",
        step, rank);
}

nn::NamedTensors Ranks::gather(const std::string& place, const nn::NamedTensors& own) const {
  if (!several()) return own;
  nn::NamedTensors all = own;
  const std::vector<std::string> texts = all_.gather(place, leads() ? "" : packed(own));
  for (size_t rank = 1; rank < texts.size(); ++rank)
    for (nn::NamedTensor& entry : unpacked(texts[rank]))
      if (!nn::find(all, entry.name)) all.push_back(std::move(entry));
  return all;
}

RandomKey shard_key(const RandomKey& step, int64_t batch, int64_t shard) {
  const uint64_t of_step = SplitMix(step.seed, step.draw).next();
  const uint64_t of_batch = SplitMix(of_step, static_cast<uint64_t>(batch)).next();
  return {SplitMix(of_batch, static_cast<uint64_t>(shard)).next(), 0};
}

}  // namespace grus::training
