#include "seq2seq/training_state.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/checksum.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "nn/serialize.h"
#include "train/soundness.h"

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

constexpr int64_t any = std::numeric_limits<int64_t>::max();

EpochMetrics metrics_from(const nlohmann::json& json, int64_t epoch) {
  const json::Members of(json, fmt::format("epoch {}", epoch));
  EpochMetrics metrics;
  metrics.epoch = of.whole("epoch", epoch, epoch);
  metrics.step = of.whole("step", 0, any);
  for (const auto& [name, value] : members) metrics.*value = of.number_or_null(name);
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

// Reads the progress; every number is within the limits that the training loop relies on.
Progress progress_from(const nlohmann::json& json) {
  const json::Members of(json, "progress");
  Progress p;
  for (const nlohmann::json& metrics : of.array("epochs"))
    p.epochs.push_back(metrics_from(metrics, static_cast<int64_t>(p.epochs.size()) + 1));
  const auto done = static_cast<int64_t>(p.epochs.size());
  p.epoch = of.whole("epoch", done + 1, done + 1);
  p.position = of.whole("position", 0, any);
  p.step = of.whole("step", 0, any);
  p.sums = {of.number("nll"), of.number("training_seconds"), of.number("seconds"), of.whole("tokens", 0, any)};
  p.best_epoch = of.whole("best_epoch", 0, done);
  p.epochs_without_better = of.whole("epochs_without_better", 0, done);
  p.finished = of.flag("finished");
  return p;
}

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

std::string first_not_finite(const TrainingParts& parts) { return train::first_not_finite(tensors_of(parts)); }

std::string metrics_line(const EpochMetrics& metrics) {
  nlohmann::ordered_json json = line_of(metrics);
  json["checksum"] = empty_seal;
  std::string line = json.dump();
  seal(line);
  return line + "\n";
}

EpochMetrics parse_metrics_line(const std::string& line, const std::string& name, int64_t number) {
  const std::string where = fmt::format("{}:{}", name, number);
  const nlohmann::json json = json::parse(line, where);
  const Seal seal = check_seal(line);
  require<DataError>(seal == Seal::found || (seal == Seal::none && !json.contains("checksum")),
                     "{}: need the line that its checksum stands for, got another", where);
  try {
    return metrics_from(json, number);
  } catch (const DataError& error) {
    fail<DataError>("{}: {}", where, error.what());
  }
}

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
    const std::string& version = metadata_of(saved, "state_version");
    require<DataError>(version == state_version, "need a state of version {}, got '{}'", state_version, Shown{version});
    Progress progress = progress_from(json::parse(metadata_of(saved, "progress"), "progress"));
    const RandomKey rng{whole_of(saved, "rng_seed"), whole_of(saved, "rng_draw")};
    parts.module.load_state_dict(part_of(saved.tensors, "weights"));
    parts.optimizer.load_state(part_of(saved.tensors, "optimizer"));
    if (parts.average) parts.average->load_state(part_of(saved.tensors, "average"));
    default_rng().set_state(rng);
    return progress;
  } catch (const Error& error) {
    fail<DataError>("{}: {}", file.string(), error.what());
  }
}

}  // namespace grus::seq2seq
