#include "examples/seq2seq/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/seq2seq/report_parts.h"
#include "report/chart.h"
#include "report/markup.h"

namespace grus::seq2seq {
namespace {

using report::append;
using report::escape;

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
  for (const report::ParameterRow& row : report.summary) sum += row.count;
  return report.parameters > 0 ? report.parameters : sum;
}

std::string headline_figures(const Report& report) {
  std::vector<report::Tile> all;
  if (std::isfinite(report.test_bleu_beam))
    all.push_back(
        {"Test BLEU", fmt::format("{:.1f}", report.test_bleu_beam), fmt::format("beam {}", report.beam), "first"});
  if (std::isfinite(report.test_bleu_greedy))
    all.push_back({"Test BLEU", fmt::format("{:.1f}", report.test_bleu_greedy), "greedy"});
  if (const EpochMetrics* best = best_epoch_of(report)) {
    if (std::isfinite(best->valid_bleu))
      all.push_back({"Validation BLEU", fmt::format("{:.1f}", best->valid_bleu),
                     fmt::format("{} {}", report.judged, best->epoch)});
    if (std::isfinite(best->valid_chrf))
      all.push_back({"Validation chrF", fmt::format("{:.1f}", best->valid_chrf), "greedy"});
    if (std::isfinite(best->valid_perplexity))
      all.push_back({"Perplexity", fmt::format("{:.3g}", best->valid_perplexity), "validation"});
  }
  if (const double seconds = total_seconds(report); std::isfinite(seconds))
    all.push_back({"Training", report::duration(seconds),
                   fmt::format("{} {}{}", report.epochs.size(), report.judged, report.epochs.size() == 1 ? "" : "s")});
  if (const double speed = typical_speed(report); std::isfinite(speed))
    all.push_back({"Speed", report::rounded_count(speed), "target tokens/s"});
  if (!report.epochs.empty() && std::isfinite(report.epochs.back().loss_scale)) {
    double skipped = 0;
    for (const EpochMetrics& epoch : report.epochs) skipped += epoch.skipped_steps;
    all.push_back({"Loss scale", fmt::format("{}", report.epochs.back().loss_scale),
                   fmt::format("{} step{} skipped", skipped, skipped == 1 ? "" : "s")});
  }
  if (const int64_t count = parameter_count(report); count > 0)
    all.push_back({"Parameters", report::rounded_count(static_cast<double>(count)), report::grouped(count)});
  return report::tiles(all);
}

std::string pairs_sentence(const Report& report) {
  std::string out;
  const auto add = [&](int64_t pairs, std::string_view verb) {
    if (pairs > 0)
      append(out, "{}{} on {}{}", out.empty() ? "" : ", ", verb, report::grouped(pairs),
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
  const std::string note = fmt::format("<p class=\"note\">{}{}</p>\n", pairs_sentence(report), bleu_sentence(report));
  return report::page_header("Grus · training report", page_title(report), escape(report.model),
                             headline_figures(report) + note);
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

std::string render_report(const Report& report) {
  const bool tested = std::isfinite(report.test_bleu_beam);
  report::Figures figures;
  std::string body = header(report);
  body += curves_section(report, figures);
  body += alignments_section(report, figures);
  body += samples_section(report);
  if (!report.summary.empty()) body += report::section("The model", report::parameter_table(report.summary));
  body += reproduce_section(report);
  return report::html_page(page_title(report) + (tested ? fmt::format(", BLEU {:.1f}", report.test_bleu_beam) : ""),
                           body);
}

std::string render_alignment_svg(const Alignment& alignment) {
  return report::standalone(report::heat_map({.columns = alignment.source,
                                              .rows = alignment.target,
                                              .weights = alignment.weights,
                                              .description = "Attention weights of a translation"}));
}

}  // namespace grus::seq2seq
