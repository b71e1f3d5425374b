#include "seq2seq/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/checksum.h"
#include "core/base/json.h"
#include "core/base/printable.h"

namespace grus::seq2seq {
namespace {

struct Field {
  const char* name;
  double EpochMetrics::*value;
};
constexpr Field fields[] = {
    {"train_loss", &EpochMetrics::train_loss},
    {"valid_loss", &EpochMetrics::valid_loss},
    {"valid_perplexity", &EpochMetrics::valid_perplexity},
    {"valid_bleu", &EpochMetrics::valid_bleu},
    {"target_tokens_per_second", &EpochMetrics::target_tokens_per_second},
    {"seconds", &EpochMetrics::seconds},
};

constexpr Field measured_fields[] = {{"valid_chrf", &EpochMetrics::valid_chrf},
                                     {"train_alignment_loss", &EpochMetrics::train_alignment_loss},
                                     {"loss_scale", &EpochMetrics::loss_scale},
                                     {"skipped_steps", &EpochMetrics::skipped_steps}};

nlohmann::ordered_json line_of(const EpochMetrics& metrics) {
  nlohmann::ordered_json json = {{"epoch", metrics.epoch}, {"step", metrics.step}};
  for (const auto& [name, value] : fields) json[name] = metrics.*value;  // NaN becomes null
  for (const auto& [name, value] : measured_fields)
    if (std::isfinite(metrics.*value)) json[name] = metrics.*value;
  return json;
}

EpochMetrics metrics_from(const nlohmann::json& json, int64_t epoch) {
  const json::Members of(json, fmt::format("epoch {}", epoch));
  EpochMetrics metrics;
  metrics.epoch = of.whole("epoch", epoch, epoch);
  metrics.step = of.whole("step", 0, std::numeric_limits<int64_t>::max());
  for (const auto& [name, value] : fields) metrics.*value = of.number_or_null(name);
  for (const auto& [name, value] : measured_fields)
    if (of.has(name)) metrics.*value = of.number_or_null(name);
  return metrics;
}

}  // namespace

std::vector<std::string> metric_names(std::string_view list) {
  constexpr std::string_view known[] = {"bleu", "chrf", "perplexity"};
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view name = list.substr(begin, end - begin);
    const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    require<UsageError>(is_new && std::find(std::begin(known), std::end(known), name) != std::end(known),
                        "--metrics: need some of {} with commas, each once, got '{}'", fmt::join(known, ", "),
                        Shown{list});
    names.emplace_back(name);
    begin = end + 1;
  }
  return names;
}

EpochMetrics metrics_of(const training::Record& record) {
  EpochMetrics metrics{.epoch = record.epoch, .step = record.step};
  for (const auto& [name, value] : fields)
    if (const training::Figure* figure = record.find(name)) metrics.*value = figure->value;
  for (const auto& [name, value] : measured_fields)
    if (const training::Figure* figure = record.find(name)) metrics.*value = figure->value;
  metrics.target_tokens_per_second = std::max(record.count, 1.0) / record.training_seconds;
  metrics.seconds = record.seconds;
  return metrics;
}

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

}  // namespace grus::seq2seq
