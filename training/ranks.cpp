#include "training/ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/split_mix.h"

namespace grus::training {
namespace {

// Each tensor is a line, "dtype dims name" with dims as 2x3, and then its bytes. All ranks run one program, whose
// processors store numbers alike.
std::string packed(const nn::NamedTensors& tensors) {
  std::string text;
  for (const auto& [name, tensor] : tensors) {
    std::vector<int64_t> dims;
    for (int axis = 0; axis < tensor.rank(); ++axis) dims.push_back(tensor.dim(axis));
    text += fmt::format("{} {} {}\n", static_cast<int>(tensor.dtype()), fmt::join(dims, "x"), name);
    const std::vector<std::byte> bytes = tensor.to_bytes();
    text.resize(text.size() + bytes.size());
    if (!bytes.empty()) std::memcpy(text.data() + text.size() - bytes.size(), bytes.data(), bytes.size());
  }
  return text;
}

nn::NamedTensors unpacked(const std::string& text) {
  nn::NamedTensors tensors;
  for (size_t at = 0; at < text.size();) {
    const size_t dims_at = text.find(' ', at) + 1, name_at = text.find(' ', dims_at) + 1,
                 end = text.find('\n', name_at);
    const auto dtype = static_cast<DType>(std::stoi(text.substr(at, dims_at - at)));
    std::vector<int64_t> dims;
    for (size_t i = dims_at; i + 1 < name_at; i = std::min(text.find('x', i), name_at - 1) + 1)
      dims.push_back(std::stoll(text.substr(i)));
    const Shape shape(dims);
    const size_t bytes = static_cast<size_t>(shape.numel()) * size_of(dtype);
    tensors.push_back(
        {text.substr(name_at, end - name_at),
         Tensor::from_bytes(std::as_bytes(std::span(text)).subspan(end + 1, bytes), shape, dtype, Device("cpu"))});
    at = end + 1 + bytes;
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
               "compute alike, and a sharded optimizer gives all the same weights\n",
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
        "that differ (GRUS_ISA or a sharded optimizer), or buffers that a forward pass changes",
        step, rank);
}

nn::NamedTensors gather_to_leader(parallel::Communicator& ranks, const std::string& place,
                                  const nn::NamedTensors& own) {
  if (!ranks.several()) return own;
  nn::NamedTensors all = own;
  const std::vector<std::string> texts = ranks.to_leader(place, ranks.leads() ? "" : packed(own));
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
