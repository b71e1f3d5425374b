#include "examples/seq2seq/training_state.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "examples/seq2seq/soundness.h"
#include "nn/serialize.h"

namespace grus::seq2seq {
namespace {

constexpr const char* state_version = "1";

struct Member {
  const char* name;
  double EpochMetrics::*value;
};
constexpr Member members[] = {
    {"train_loss", &EpochMetrics::train_loss},
    {"valid_loss", &EpochMetrics::valid_loss},
    {"valid_perplexity", &EpochMetrics::valid_perplexity},
    {"valid_bleu", &EpochMetrics::valid_bleu},
    {"target_tokens_per_second", &EpochMetrics::target_tokens_per_second},
    {"seconds", &EpochMetrics::seconds},
};

nlohmann::ordered_json line_of(const EpochMetrics& metrics) {
  nlohmann::ordered_json json = {{"epoch", metrics.epoch}, {"step", metrics.step}};
  for (const auto& [name, value] : members) json[name] = metrics.*value;  // NaN becomes null
  return json;
}

EpochMetrics metrics_from(const nlohmann::json& json) {
  EpochMetrics metrics;
  metrics.epoch = json.at("epoch");
  metrics.step = json.at("step");
  for (const auto& [name, value] : members)
    if (!json.at(name).is_null()) metrics.*value = json.at(name);
  return metrics;
}

nlohmann::json to_json(const Progress& p) {
  nlohmann::json epochs = nlohmann::json::array();
  for (const EpochMetrics& metrics : p.epochs) epochs.push_back(nlohmann::json::parse(line_of(metrics).dump()));
  return {{"epoch", p.epoch},
          {"position", p.position},
          {"step", p.step},
          {"nll", p.sums.nll},
          {"tokens", p.sums.tokens},
          {"training_seconds", p.sums.training_seconds},
          {"seconds", p.sums.seconds},
          {"epochs", epochs},
          {"best_epoch", p.best_epoch},
          {"epochs_without_better", p.epochs_without_better},
          {"finished", p.finished}};
}

Progress progress_from(const nlohmann::json& json) {
  Progress p;
  p.epoch = json.at("epoch");
  p.position = json.at("position");
  p.step = json.at("step");
  p.sums = {json.at("nll"), json.at("training_seconds"), json.at("seconds"), json.at("tokens")};
  for (const nlohmann::json& metrics : json.at("epochs")) p.epochs.push_back(metrics_from(metrics));
  p.best_epoch = json.at("best_epoch");
  p.epochs_without_better = json.at("epochs_without_better");
  p.finished = json.at("finished");
  return p;
}

void append(nn::NamedTensors& all, const char* prefix, const nn::NamedTensors& part) {
  for (const auto& [name, tensor] : part) all.push_back({fmt::format("{}/{}", prefix, name), tensor});
}

nn::NamedTensors part_of(const nn::NamedTensors& all, std::string_view prefix) {
  nn::NamedTensors part;
  for (const auto& [name, tensor] : all)
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '/')
      part.push_back({name.substr(prefix.size() + 1), tensor});
  return part;
}

nn::NamedTensors tensors_of(const TrainingParts& parts) {
  nn::NamedTensors all;
  append(all, "weights", parts.module.state_dict());
  append(all, "optimizer", parts.optimizer.state());
  if (parts.average) append(all, "average", parts.average->state());
  return all;
}

}  // namespace

std::string first_not_finite(const TrainingParts& parts) { return first_not_finite(tensors_of(parts)); }

std::string metrics_line(const EpochMetrics& metrics) { return line_of(metrics).dump() + "\n"; }

void save_state(const std::filesystem::path& file, const TrainingParts& parts, const Progress& progress) {
  const nn::NamedTensors all = tensors_of(parts);
  const RandomKey rng = default_rng().state();
  nn::write_safetensors(file, all,
                        {{"state_version", state_version},
                         {"rng_seed", fmt::format("{}", rng.seed)},
                         {"rng_draw", fmt::format("{}", rng.draw)},
                         {"progress", to_json(progress).dump()}});
}

Progress load_state(const std::filesystem::path& file, const TrainingParts& parts) {
  const nn::TensorFile saved = nn::read_safetensors(file);
  try {
    const nn::Metadata& metadata = saved.metadata;
    require<DataError>(metadata.contains("state_version") && metadata.at("state_version") == state_version,
                       "need a state of version {}, got another", state_version);
    Progress progress = progress_from(nlohmann::json::parse(metadata.at("progress")));
    parts.module.load_state_dict(part_of(saved.tensors, "weights"));
    parts.optimizer.load_state(part_of(saved.tensors, "optimizer"));
    if (parts.average) parts.average->load_state(part_of(saved.tensors, "average"));
    default_rng().set_state({std::stoull(metadata.at("rng_seed")), std::stoull(metadata.at("rng_draw"))});
    return progress;
  } catch (const std::exception& error) {
    fail<DataError>("{}: {}", file.string(), error.what());
  }
}

}  // namespace grus::seq2seq
