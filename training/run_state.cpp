#include "training/run_state.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/printable.h"
#include "nn/serialize.h"
#include "training/progress_json.h"
#include "training/soundness.h"

namespace grus::training {
namespace {

constexpr const char* state_version = "2";

const std::string& metadata_of(const nn::TensorFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  require<DataError>(found != file.metadata.end(), "need '{}' in the metadata, got none", key);
  return found->second;
}

uint64_t whole_of(const nn::TensorFile& file, const char* key) {
  const std::string& text = metadata_of(file, key);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require<DataError>(error == std::errc() && end == text.data() + text.size(),
                     "need '{}' to be a whole number, got '{}'", key, Shown{text});
  return value;
}

void append(nn::NamedTensors& all, const std::string& prefix, const nn::NamedTensors& part) {
  for (const auto& [name, tensor] : part) all.push_back({fmt::format("{}/{}", prefix, name), tensor});
}

nn::NamedTensors part_of(const nn::NamedTensors& all, const std::string& prefix) {
  nn::NamedTensors part;
  for (const auto& [name, tensor] : all)
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '/')
      part.push_back({name.substr(prefix.size() + 1), tensor});
  return part;
}

std::string place_of(const metrics::Metric& metric) { return "metric/" + metric.name(); }
std::string place_of(const Callback& callback) { return "callback/" + callback.name(); }

nn::NamedTensors changed_by_steps(const RunParts& parts, const nn::NamedTensors& optimizer) {
  nn::NamedTensors all;
  append(all, "weights", parts.module.state_dict());
  append(all, "optimizer", optimizer);
  if (parts.average) append(all, "average", parts.average->state());
  return all;
}

nn::NamedTensors tensors_of(const RunParts& parts, const nn::NamedTensors& optimizer,
                            const nn::NamedTensors& listeners) {
  nn::NamedTensors all = changed_by_steps(parts, optimizer);
  if (parts.plateau) append(all, "plateau", parts.plateau->state());
  all.insert(all.end(), listeners.begin(), listeners.end());
  return all;
}

void load_tensors(const nn::NamedTensors& saved, const RunParts& parts) {
  parts.module.load_state_dict(part_of(saved, "weights"));
  parts.optimizer.load_state(part_of(saved, "optimizer"));
  if (parts.average) parts.average->load_state(part_of(saved, "average"));
  if (parts.plateau) parts.plateau->load_state(part_of(saved, "plateau"));
  if (parts.shard_metrics && parts.shard_metrics->used()) parts.shard_metrics->load_state(part_of(saved, "metric"));
  else
    for (metrics::Metric* metric : parts.metrics) metric->load_state(part_of(saved, place_of(*metric)));
  for (Callback* callback : parts.callbacks) {
    const nn::NamedTensors state = callback->name().empty() ? nn::NamedTensors() : part_of(saved, place_of(*callback));
    if (!state.empty()) callback->load_state(state);
  }
}

}  // namespace

std::string first_not_finite(const RunParts& parts) {
  return first_not_finite(changed_by_steps(parts, parts.optimizer.state()));
}

nn::NamedTensors listeners_state(const RunParts& parts) {
  nn::NamedTensors all;
  if (parts.shard_metrics && parts.shard_metrics->used()) append(all, "metric", parts.shard_metrics->state());
  else
    for (metrics::Metric* metric : parts.metrics) append(all, place_of(*metric), metric->state());
  for (const Callback* callback : parts.callbacks)
    if (!callback->name().empty()) append(all, place_of(*callback), callback->state());
  return all;
}

void save_state(const std::filesystem::path& file, const RunParts& parts, const nn::NamedTensors& optimizer,
                const nn::NamedTensors& listeners, const Progress& progress, const Identity& identity) {
  const RandomKey rng = default_rng().state();
  nn::write_safetensors(file, tensors_of(parts, optimizer, listeners),
                        {{"state_version", state_version},
                         {"rng_seed", fmt::format("{}", rng.seed)},
                         {"rng_draw", fmt::format("{}", rng.draw)},
                         {"identity", to_json(identity).dump()},
                         {"progress", to_json(progress).dump()}});
}

Progress load_state(const std::filesystem::path& file, const RunParts& parts, const Identity& identity) {
  const nn::TensorFile saved = nn::read_safetensors(file);
  const auto in_file = [&](const Error& error) { return fmt::format("{}: {}", file.string(), error.what()); };
  try {
    const std::string& version = metadata_of(saved, "state_version");
    require<DataError>(version == state_version, "need a state of version {}, got '{}'", state_version, Shown{version});
    require_same(json::parse(metadata_of(saved, "identity"), "identity"), identity);
    Progress progress = progress_from(json::parse(metadata_of(saved, "progress"), "progress"));
    const RandomKey rng{whole_of(saved, "rng_seed"), whole_of(saved, "rng_draw")};
    if (parts.shard_metrics && progress.shards > 0) parts.shard_metrics->use();
    load_tensors(saved.tensors, parts);
    default_rng().set_state(rng);
    return progress;
  } catch (const UsageError& error) {
    throw UsageError(in_file(error));
  } catch (const Error& error) {
    throw DataError(in_file(error));
  }
}

}  // namespace grus::training
