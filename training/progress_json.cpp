#include "training/progress_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::training {
namespace {

nlohmann::json to_json(const Record& record) {
  nlohmann::json figures = nlohmann::json::array();
  for (const Figure& figure : record.figures)
    figures.push_back({figure.name, number_to_json(figure.value), figure.larger_is_better});
  return {{"epoch", record.epoch},
          {"step", record.step},
          {"figures", figures},
          {"best", record.best},
          {"learning_rate", record.learning_rate},
          {"count", record.count},
          {"seconds", record.seconds},
          {"training_seconds", record.training_seconds}};
}

Figure figure_from(const nlohmann::json& json) {
  require<DataError>(json.is_array() && json.size() == 3 && json[0].is_string() && json[2].is_boolean(),
                     "need a figure as name, value and direction, got {}", json::Shown{json});
  const auto name = json[0].get<std::string>();
  return {name, number_from(json[1], name), json[2].get<bool>()};
}

Record record_from(const nlohmann::json& json, size_t number) {
  const json::Members of(json, fmt::format("record {}", number));
  Record record;
  record.epoch = of.whole("epoch", 1, any_count);
  record.step = of.whole("step", 0, any_count);
  for (const nlohmann::json& figure : of.array("figures")) record.figures.push_back(figure_from(figure));
  record.best = of.flag("best");
  record.learning_rate = of.number("learning_rate");
  record.count = of.number("count");
  record.seconds = of.number("seconds");
  record.training_seconds = of.number("training_seconds");
  return record;
}

void read_loss_scale(Progress& p, const nlohmann::json& json) {
  const json::Members of(json, "loss_scale");
  optim::LossScale scale;
  scale.scale = of.number("scale");
  scale.skipped = of.whole("skipped", 0, any_count);
  scale.sound = of.whole("sound", 0, any_count);
  scale.in_a_row = of.whole("in_a_row", 0, scale.skipped);
  p.sums.skipped = of.whole("skipped_since", 0, scale.skipped);
  p.loss_scale = scale;
}

}  // namespace

nlohmann::json number_to_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from(const nlohmann::json& json, const std::string& name) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  if (json.is_number()) return json.get<double>();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (json == "inf") return inf;
  require<DataError>(json == "-inf", "need '{}' to be a number, got {}", Shown{name}, json::Shown{json});
  return -inf;
}

nlohmann::json to_json(const Progress& p) {
  nlohmann::json history = nlohmann::json::array();
  for (const Record& record : p.history) history.push_back(to_json(record));
  nlohmann::json json = {{"epoch", p.epoch},
                         {"position", p.position},
                         {"batches", p.batches},
                         {"step", p.step},
                         {"loss", p.sums.loss},
                         {"count", p.sums.count},
                         {"training_seconds", p.sums.training_seconds},
                         {"seconds", p.sums.seconds},
                         {"history", history},
                         {"best", p.best},
                         {"since_best", p.since_best},
                         {"rate_factor", p.rate_factor},
                         {"finished", p.finished},
                         {"ended", p.ended},
                         {"machine", p.machine}};
  if (p.shards > 0) json["shards"] = p.shards;
  if (p.loss_scale)
    json["loss_scale"] = {{"scale", p.loss_scale->scale},
                          {"sound", p.loss_scale->sound},
                          {"skipped", p.loss_scale->skipped},
                          {"in_a_row", p.loss_scale->in_a_row},
                          {"skipped_since", p.sums.skipped}};
  return json;
}

Progress progress_from(const nlohmann::json& json) {
  const json::Members of(json, "progress");
  Progress p;
  for (const nlohmann::json& record : of.array("history"))
    p.history.push_back(record_from(record, p.history.size() + 1));
  const auto records = static_cast<int64_t>(p.history.size());
  p.epoch = of.whole("epoch", p.history.empty() ? 1 : p.history.back().epoch, any_count);
  p.position = of.whole("position", 0, any_count);
  p.batches = of.whole("batches", -1, any_count);
  p.step = of.whole("step", 0, any_count);
  if (of.has("shards")) p.shards = of.whole("shards", 1, any_count);
  p.sums = {of.number("loss"), of.number("count"), of.number("training_seconds"), of.number("seconds"), 0};
  if (of.has("loss_scale")) read_loss_scale(p, of.at("loss_scale"));
  p.best = of.whole("best", 0, records);
  p.since_best = of.whole("since_best", 0, records);
  p.rate_factor = of.number("rate_factor");
  require<DataError>(p.rate_factor >= 0, "progress: need 'rate_factor' of at least 0, got {}", p.rate_factor);
  p.finished = of.flag("finished");
  p.ended = of.text("ended");
  if (of.has("machine")) p.machine = of.text("machine");
  return p;
}

nlohmann::json to_json(const Identity& identity) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : identity) json[name] = value;
  return json;
}

void require_same(const nlohmann::json& saved, const Identity& identity) {
  const json::Members of(saved, "identity");
  for (const auto& [name, value] : identity) {
    const std::string before = of.text(name);
    require<UsageError>(before == value, "need {} as the run began with, {}, got {}", name, Shown{before},
                        Shown{value});
  }
}

}  // namespace grus::training
