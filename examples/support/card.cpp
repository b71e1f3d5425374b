#include "examples/support/card.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "data/read/text.h"
#include "nn/serialize.h"
#include "options/options_json.h"
#include "report/markup.h"
#include "report/model_card.h"
#include "seq2seq/metrics.h"
#include "training/metrics_log.h"
#include "training/training_report.h"

namespace grus::programs {
namespace {

namespace fs = std::filesystem;
using json::Json;

std::string text_of(const Json& value) {
  return value.is_string()         ? value.get<std::string>()
         : value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                                   : value.dump();
}

// Returns a file's JSON, or an empty object where there is no such file.
Json object_in(const fs::path& file) {
  if (!fs::exists(file)) return Json::object();
  Json all = json::parse(data::read_whole_file(file.string(), size_t{1} << 30), file.string());
  return all.is_object() ? all : Json::object();
}

report::Facts flat(const Json& object) {
  report::Facts facts;
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      if (!value.is_object() && !value.is_array()) facts.emplace_back(name, text_of(value));
  return facts;
}

struct Kept {
  int64_t step = 0;
  report::Facts figures = {};
};

void add(report::Facts& figures, const std::string& name, double value) {
  if (name.starts_with("valid") && !std::isnan(value)) figures.emplace_back(name, fmt::format("{:.5g}", value));
}

// Returns the record whose weights were kept: the last one that was the best until then.
Kept kept_of_fit(const fs::path& file) {
  Kept kept;
  for (const training::Record& record : training::read_metrics_log(file)) {
    if (!record.best) continue;
    kept = {record.step, {}};
    for (const training::Figure& figure : record.figures) add(kept.figures, figure.name, figure.value);
  }
  return kept;
}

// Translators are chosen by BLEU.
Kept kept_of_translator(const fs::path& file) {
  Kept kept;
  double most = -1;
  int64_t number = 0;
  for (const std::string& line : data::read_lines(file.string())) {
    const seq2seq::EpochMetrics m = seq2seq::parse_metrics_line(line, file.string(), ++number);
    if (!(m.valid_bleu > most)) continue;
    most = m.valid_bleu;
    kept = {m.step, {}};
    add(kept.figures, "valid_bleu", m.valid_bleu);
    add(kept.figures, "valid_chrf", m.valid_chrf);
    add(kept.figures, "valid_loss", m.valid_loss);
    add(kept.figures, "valid_perplexity", m.valid_perplexity);
  }
  return kept;
}

report::ModelCard read_card(const CardOptions& o) {
  const fs::path folder = o.model, weights = folder / "model.safetensors";
  require<DataError>(fs::exists(folder / "config.json") && fs::exists(weights),
                     "{}: need the folder of a model, got one without config.json or model.safetensors", o.model);
  const Json config = object_in(folder / "config.json");
  const std::string program = config.value("format", std::string());
  const fs::path log = folder / "metrics.jsonl", data = folder / "report.json";
  const Kept kept = !fs::exists(log)              ? Kept()
                    : program == "grus translate" ? kept_of_translator(log)
                                                  : kept_of_fit(log);
  const bool reported = fs::exists(data);
  const training::TrainingReport run = reported ? training::read_report_data(data) : training::TrainingReport();
  int64_t parameters = 0;
  for (const nn::NamedTensor& entry : nn::read_safetensors(weights, Device("cpu")).tensors)
    parameters += entry.tensor.numel();
  report::ModelCard card{.title = !o.title.empty() ? o.title : reported ? run.title : program, .summary = run.model};
  card.about = {{"Author", o.author},
                {"Date", o.date},
                {"Licence", o.licence},
                {"Made by", program},
                {"Parameters", report::grouped(parameters)},
                {"Weights", fmt::format("{:.2f} MB", static_cast<double>(fs::file_size(weights)) / 1e6)}};
  card.data = {{"Text or table", o.data}, {"Licence of the data", o.data_licence}};
  for (const auto& [name, sum] : flat(config.value("data", Json::object())))
    card.data.emplace_back("Checksum of " + name, sum);
  card.figures = kept.figures;
  if (!card.figures.empty())
    card.protocol = fmt::format("Of the validation that chose the weights, at step {}.", kept.step);
  card.limits = o.limits;
  card.options = flat(config.value("options", Json::object()));
  card.training = {{"Command", run.command}};
  for (const auto& [name, value] : card.options)
    if (name == "seed") card.training.emplace_back("Seed", value);
  card.training.insert(card.training.end(), run.machine.begin(), run.machine.end());
  return card;
}

}  // namespace

options::Table CardOptions::table() {
  const std::string_view f = "Files", c = "Card";
  return {{"model", f, &model, "folder of the model"},
          {"out", f, &out, "file .md or .html (none: card.md in the model's folder)"},
          {"title", c, &title, "what the model is (none: what the run called it)"},
          {"author", c, &author, "who made it"},
          {"date", c, &date, "when"},
          {"licence", c, &licence, "of the model"},
          {"data", c, &data, "what it was trained on"},
          {"data-licence", c, &data_licence, "of these data"},
          {"limits", c, &limits, "what it should not be used for, and where it fails"}};
}

void CardOptions::check(const options::Given&) {
  require<UsageError>(!model.empty(), "--model: need the folder of a model, got none");
  require<UsageError>(out.empty() || out.ends_with(".md") || out.ends_with(".html"),
                      "--out: need a file .md or .html, got {}", out);
}

int card(CardOptions& o, const std::string&) {
  const report::ModelCard card = read_card(o);
  const std::string out = o.out.empty() ? (fs::path(o.model) / "card.md").string() : o.out;
  write_file_atomically(out, out.ends_with(".html") ? report::card_page(card) : report::card_markdown(card));
  fmt::print("{}\n", out);
  return 0;
}

}  // namespace grus::programs
