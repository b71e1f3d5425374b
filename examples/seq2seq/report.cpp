#include "examples/seq2seq/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "examples/seq2seq/report_parts.h"
#include "examples/support/chart.h"
#include "examples/support/markup.h"

namespace grus::seq2seq {
namespace {

using chart::append;
using chart::escape;

double total_seconds(const Report& report) {
  if (std::isfinite(report.seconds)) return report.seconds;
  double sum = 0;
  for (const EpochMetrics& e : report.epochs) sum += e.seconds;
  return report.epochs.empty() ? not_measured : sum;
}

// Returns the median of the epochs, because the first one warms caches and the last one may be cut short.
double typical_speed(const Report& report) {
  if (std::isfinite(report.target_tokens_per_second)) return report.target_tokens_per_second;
  std::vector<double> speeds;
  for (const EpochMetrics& e : report.epochs)
    if (std::isfinite(e.target_tokens_per_second)) speeds.push_back(e.target_tokens_per_second);
  if (speeds.empty()) return not_measured;
  std::nth_element(speeds.begin(), speeds.begin() + static_cast<ptrdiff_t>(speeds.size() / 2), speeds.end());
  return speeds[speeds.size() / 2];
}

int64_t parameter_count(const Report& report) {
  int64_t sum = 0;
  for (const SummaryRow& row : report.summary) sum += row.count;
  return report.parameters > 0 ? report.parameters : sum;
}

std::string tile(std::string_view name, std::string_view value, std::string_view note, std::string_view kind = "") {
  return fmt::format("<div class=\"tile {}\"><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", kind, escape(name),
                     escape(value), escape(note));
}

std::string headline_figures(const Report& report) {
  std::string out;
  if (std::isfinite(report.test_bleu_beam))
    out +=
        tile("Test BLEU", fmt::format("{:.1f}", report.test_bleu_beam), fmt::format("beam {}", report.beam), "first");
  if (std::isfinite(report.test_bleu_greedy))
    out += tile("Test BLEU", fmt::format("{:.1f}", report.test_bleu_greedy), "greedy");
  if (const EpochMetrics* best = best_epoch_of(report)) {
    if (std::isfinite(best->valid_bleu))
      out += tile("Validation BLEU", fmt::format("{:.1f}", best->valid_bleu), fmt::format("epoch {}", best->epoch));
    if (std::isfinite(best->valid_perplexity))
      out += tile("Perplexity", fmt::format("{:.3g}", best->valid_perplexity), "validation");
  }
  if (const double seconds = total_seconds(report); std::isfinite(seconds))
    out += tile("Training", duration(seconds),
                fmt::format("{} epoch{}", report.epochs.size(), report.epochs.size() == 1 ? "" : "s"));
  if (const double speed = typical_speed(report); std::isfinite(speed))
    out += tile("Speed", rounded_count(speed), "target tokens/s");
  if (const int64_t count = parameter_count(report); count > 0)
    out += tile("Parameters", rounded_count(static_cast<double>(count)), chart::grouped(count));
  return out.empty() ? "" : fmt::format("<dl class=\"tiles\">\n{}</dl>\n", out);
}

std::string pairs_sentence(const Report& report) {
  std::string out;
  const auto add = [&](int64_t pairs, std::string_view verb) {
    if (pairs > 0)
      append(out, "{}{} on {}{}", out.empty() ? "" : ", ", verb, chart::grouped(pairs),
             out.empty() ? " sentence pairs" : "");
  };
  add(report.train_pairs, "trained");
  add(report.valid_pairs, "validated");
  add(report.test_pairs, "tested");
  if (!out.empty()) out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out.empty() ? "" : out + ". ";
}

std::string bleu_sentence(const Report& report) {
  const EpochMetrics* best = best_epoch_of(report);
  const bool shown = std::isfinite(report.test_bleu_beam) || std::isfinite(report.test_bleu_greedy) ||
                     (best != nullptr && std::isfinite(best->valid_bleu));
  if (!shown) return "";
  std::string out =
      "BLEU runs from 0 to 100 and counts the one- to four-word sequences that a translation shares with its reference";
  if (!report.bleu_signature.empty()) append(out, " (<code>{}</code>)", escape(report.bleu_signature));
  return out + ".";
}

std::string page_title(const Report& report) {
  if (report.source_name.empty() && report.target_name.empty()) return "A translator";
  return escape(report.target_name.empty() ? report.source_name : report.source_name + " → " + report.target_name);
}

std::string header(const Report& report) {
  std::string out = "<header>\n<p class=\"kicker\">Grus · training report</p>\n";
  append(out, "<h1>{}</h1>\n<p class=\"model\">{}</p>\n", page_title(report), escape(report.model));
  out += headline_figures(report);
  append(out, "<p class=\"note\">{}{}</p>\n</header>\n", pairs_sentence(report), bleu_sentence(report));
  return out;
}

void flatten(const nlohmann::json& value, const std::string& name, Options& out) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) flatten(inner, name.empty() ? key : name + "." + key, out);
  } else {
    // A name with broken UTF-8 in it is shown with a replacement character, as everywhere on the page.
    constexpr auto forgiving = nlohmann::json::error_handler_t::replace;
    out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, forgiving));
  }
}

}  // namespace

const EpochMetrics* best_epoch_of(const Report& report) {
  const EpochMetrics *by_bleu = nullptr, *by_perplexity = nullptr;
  for (const EpochMetrics& e : report.epochs) {
    if (report.best_epoch > 0 && e.epoch == report.best_epoch) return &e;
    if (std::isfinite(e.valid_bleu) && (!by_bleu || e.valid_bleu > by_bleu->valid_bleu)) by_bleu = &e;
    if (std::isfinite(e.valid_perplexity) && (!by_perplexity || e.valid_perplexity < by_perplexity->valid_perplexity))
      by_perplexity = &e;
  }
  return by_bleu ? by_bleu : by_perplexity;
}

std::string duration(double seconds) {
  if (seconds < 99.5) return fmt::format("{:.0f} s", seconds);
  const int64_t minutes = std::llround(seconds / 60);
  return minutes < 100 ? fmt::format("{} min", minutes) : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string rounded_count(double count) {
  if (count >= 999.5e6) return fmt::format("{:.3g} G", count / 1e9);
  if (count >= 999.5e3) return fmt::format("{:.3g} M", count / 1e6);
  return chart::grouped(count >= 10000 ? std::llround(count / 100) * 100 : std::llround(count));
}

std::string Figures::operator()(std::string_view svg, std::string_view caption, std::string_view kind) {
  return fmt::format(
      "<figure class=\"{}\"><div class=\"scroll\">{}</div>"
      "<figcaption><b>Figure {}.</b> {}</figcaption></figure>\n",
      kind, svg, ++drawn, caption);
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  page += "<meta name=\"color-scheme\" content=\"light dark\"/>\n";
  append(page, "<title>{} · Grus</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n", title, report_style);
  page += body;
  return page + "</main>\n</body>\n</html>\n";
}

std::string render_report(const Report& report) {
  const bool tested = std::isfinite(report.test_bleu_beam);
  Figures figures;
  std::string body = header(report);
  body += curves_section(report, figures);
  body += alignments_section(report, figures);
  body += samples_section(report);
  body += model_section(report);
  body += reproduce_section(report);
  return html_page(page_title(report) + (tested ? fmt::format(", BLEU {:.1f}", report.test_bleu_beam) : ""), body);
}

std::string render_alignment_svg(const Alignment& alignment) {
  return chart::standalone(chart::heat_map({.columns = alignment.source,
                                            .rows = alignment.target,
                                            .weights = alignment.weights,
                                            .description = "Attention weights of a translation"}));
}

Options options_of_config(const nlohmann::json& config) {
  Options options;
  flatten(config, "", options);
  return options;
}

}  // namespace grus::seq2seq
