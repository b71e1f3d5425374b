#include "examples/support/card.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "data/read/text.h"
#include "nn/serialize.h"
#include "options/options_json.h"
#include "report/markup.h"
#include "report/model_card.h"

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

// Returns pairs that a report holds as [[name, value], ...].
report::Facts pairs(const Json& report, const char* key) {
  report::Facts facts;
  for (const Json& pair : report.value(key, Json::array()))
    if (pair.is_array() && pair.size() == 2) facts.emplace_back(text_of(pair[0]), text_of(pair[1]));
  return facts;
}

// Returns the line of the record whose weights were kept: the last one that was the best until then; a log that does
// not say which was, is one of translations, which are chosen by BLEU.
Json kept_record(const fs::path& file) {
  Json kept = Json::object();
  double most = -1;
  if (!fs::exists(file)) return kept;
  int64_t number = 0;
  for (const std::string& line : data::read_lines(file.string())) {
    const Json record = json::parse(line, fmt::format("{}:{}", file.string(), ++number));
    if (!record.is_object()) continue;
    const Json bleu = record.value("valid_bleu", Json());
    const bool by_bleu = bleu.is_number() && bleu.get<double>() > most;
    if (by_bleu) most = bleu.get<double>();
    if (by_bleu || record.value("best", Json()) == true) kept = record;
  }
  return kept;
}

report::Facts figures_of(const Json& record) {
  report::Facts figures;
  for (const auto& [name, value] : flat(record.contains("figures") ? record["figures"] : record))
    if (name.starts_with("valid")) figures.emplace_back(name, value);
  return figures;
}

report::ModelCard read_card(const CardOptions& o) {
  const fs::path folder = o.model, weights = folder / "model.safetensors";
  require<DataError>(fs::exists(folder / "config.json") && fs::exists(weights),
                     "{}: need the folder of a model, got one without config.json or model.safetensors", o.model);
  const Json config = object_in(folder / "config.json"), run = object_in(folder / "report.json"),
             record = kept_record(folder / "metrics.jsonl");
  int64_t parameters = 0;
  for (const nn::NamedTensor& entry : nn::read_safetensors(weights, Device("cpu")).tensors)
    parameters += entry.tensor.numel();
  const std::string program = config.value("format", std::string());
  report::ModelCard card{.title = !o.title.empty() ? o.title : run.value("title", program),
                         .summary = run.value("model", std::string())};
  card.about = {{"Author", o.author},
                {"Date", o.date},
                {"Licence", o.licence},
                {"Made by", program},
                {"Parameters", report::grouped(parameters)},
                {"Weights", fmt::format("{:.2f} MB", static_cast<double>(fs::file_size(weights)) / 1e6)}};
  card.data = {{"Text or table", o.data}, {"Licence of the data", o.data_licence}};
  for (const auto& [name, sum] : flat(config.value("data", Json::object())))
    card.data.emplace_back("Checksum of " + name, sum);
  card.figures = figures_of(record);
  if (!card.figures.empty())
    card.protocol =
        fmt::format("Of the validation that chose the weights, at step {}.", record.value("step", Json(0)).dump());
  card.limits = o.limits;
  card.options = flat(config.value("options", Json::object()));
  card.training = {{"Command", run.value("command", std::string())}};
  for (const auto& [name, value] : card.options)
    if (name == "seed") card.training.emplace_back("Seed", value);
  for (auto& fact : pairs(run, "machine")) card.training.push_back(std::move(fact));
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
