#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "examples/seq2seq/report_parts.h"
#include "report/chart.h"
#include "report/markup.h"

namespace grus::seq2seq {
namespace {

using report::append;
using report::escape;
using report::grouped;

constexpr std::string_view paper = R"(<a href="https://arxiv.org/abs/1409.0473">Bahdanau, Cho and Bengio, 2014</a>)";

report::Series series_of(const Report& report, std::string name, double EpochMetrics::*value) {
  report::Series series{std::move(name), {}};
  for (const EpochMetrics& e : report.epochs) series.points.push_back({static_cast<double>(e.epoch), e.*value});
  return series;
}

bool measured(const report::Series& series) {
  return std::ranges::any_of(series.points, [](const report::Point& p) { return std::isfinite(p.y); });
}

// Says whether the values fall so far, from hundreds to a handful, that only a logarithmic axis shows the end of the
// curve.
bool spans_decades(const report::Series& series) {
  double low = INFINITY, high = 0;
  for (const report::Point& p : series.points)
    if (std::isfinite(p.y)) low = std::min(low, p.y), high = std::max(high, p.y);
  return low > 0 && high / low > 6;
}

std::vector<report::Mark> mark_of(const EpochMetrics* best, double value, std::string label = "") {
  if (best == nullptr) return {};
  return {{{static_cast<double>(best->epoch), value}, std::move(label)}};
}

std::string loss_figure(const Report& report, report::Figures& figures) {
  report::LineChart plot{.title = "Loss", .unit = "nats per target token", .x_title = report.judged};
  for (report::Series s : {series_of(report, "training", &EpochMetrics::train_loss),
                           series_of(report, "validation", &EpochMetrics::valid_loss)})
    if (measured(s)) plot.series.push_back(std::move(s));
  if (plot.series.empty()) return "";
  plot.marks = mark_of(best_epoch_of(report), not_measured);
  return figures(report::line_chart(plot),
                 "How surprised the model is by the right next word. While both curves fall it learns; where only "
                 "training falls it memorises. Training runs with dropout and label smoothing, if any, and may so "
                 "lie above validation.");
}

std::string perplexity_figure(const Report& report, report::Figures& figures) {
  const report::Series valid = series_of(report, "validation", &EpochMetrics::valid_perplexity);
  if (!measured(valid)) return "";
  const bool logarithmic = spans_decades(valid);
  const report::LineChart plot{.title = "Validation perplexity",
                               .unit = logarithmic ? "words, logarithmic" : "words",
                               .x_title = report.judged,
                               .series = {valid},
                               .marks = mark_of(best_epoch_of(report), not_measured),
                               .logarithmic = logarithmic};
  return figures(report::line_chart(plot),
                 "The exponential of the validation loss: as if the model had to guess among this many equally likely "
                 "words at each step. Lower is better, and 1 would be certainty.");
}

std::string bleu_figure(const Report& report, report::Figures& figures) {
  report::LineChart plot{.title = "Validation BLEU", .unit = "0 to 100, greedy decoding", .x_title = report.judged};
  plot.series = {series_of(report, "validation", &EpochMetrics::valid_bleu)};
  if (!measured(plot.series[0])) return "";
  plot.y_low = 0;
  if (const EpochMetrics* best = best_epoch_of(report))
    plot.marks =
        mark_of(best, best->valid_bleu, fmt::format("{:.1f} at {} {}", best->valid_bleu, report.judged, best->epoch));
  return figures(report::line_chart(plot),
                 fmt::format("Quality of whole translations after each {0}. The weights of the marked {0} were kept; "
                             "the dotted line stands at the same {0} in all curves.",
                             report.judged));
}

std::string chrf_figure(const Report& report, report::Figures& figures) {
  report::LineChart plot{.title = "Validation chrF", .unit = "0 to 100, greedy decoding", .x_title = report.judged};
  plot.series = {series_of(report, "validation", &EpochMetrics::valid_chrf)};
  if (!measured(plot.series[0])) return "";
  plot.marks = mark_of(best_epoch_of(report), not_measured);
  return figures(report::line_chart(plot),
                 "Characters and short sequences of them that a translation shares with its reference. Unlike BLEU it "
                 "gives something for a word with another ending.");
}

std::string lengths_figure(const Report& report, report::Figures& figures) {
  report::BinChart plot{.title = "BLEU by sentence length",
                        .unit = "0 to 100",
                        .x_title = "words in the source sentence",
                        .count_title = "bars: number of sentences",
                        .bins = {}};
  for (const LengthBin& bin : report.length_bins) plot.bins.push_back({bin_label(bin), bin.bleu, bin.sentences});
  if (std::ranges::none_of(plot.bins, [](const report::Bin& bin) { return std::isfinite(bin.value); })) return "";
  return figures(
      report::bin_chart(plot),
      fmt::format("A model without attention squeezes every sentence into one vector and fails on long ones; "
                  "with attention the line should stay level (figure 2 of {}). Bins with few sentences "
                  "scatter.",
                  paper));
}

// Splits words as the reader compares them, without the punctuation around them.
std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; (at = text.find_first_not_of(" \t\n\r", at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(" \t\n\r", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string_view bare(std::string_view word) {
  constexpr std::string_view punctuation = ".,;:!?\"'()";
  const size_t first = word.find_first_not_of(punctuation);
  if (first == std::string_view::npos) return word;
  return word.substr(first, word.find_last_not_of(punctuation) - first + 1);
}

// Marks the words that differ; each word of the reference matches one word of the translation.
std::string translation_with_differences(const SampleTranslation& sample) {
  if (sample.reference.empty()) return escape(sample.translation);
  std::multiset<std::string_view> unused;
  for (const std::string_view word : split_words(sample.reference)) unused.insert(bare(word));
  std::string out;
  for (const std::string_view word : split_words(sample.translation)) {
    const auto found = unused.find(bare(word));
    const bool known = found != unused.end();
    append(out, "{}{}{}{}", out.empty() ? "" : " ", known ? "" : "<mark>", escape(word), known ? "" : "</mark>");
    if (known) unused.erase(found);
  }
  return out;
}

}  // namespace

std::string bin_label(const LengthBin& bin) {
  if (bin.longest == 0) return fmt::format("{}+", bin.shortest);
  return bin.shortest == bin.longest ? fmt::format("{}", bin.longest) : fmt::format("{}–{}", bin.shortest, bin.longest);
}

std::string curves_section(const Report& report, report::Figures& figures) {
  std::string curves = loss_figure(report, figures);
  curves += perplexity_figure(report, figures);
  curves += bleu_figure(report, figures);
  curves += chrf_figure(report, figures);
  curves += lengths_figure(report, figures);
  if (curves.empty()) curves = "<p class=\"note\">No epoch was finished, so there are no curves yet.</p>\n";
  return report::section("Learning and quality", report::in_pairs(curves));
}

std::string alignments_section(const Report& report, report::Figures& figures) {
  std::string maps;
  for (const Alignment& a : report.alignments) {
    if (a.source.empty() || a.target.empty()) continue;
    const bool small = a.source.size() <= 24;
    append(maps, "<div class=\"scroll {}\">{}</div>\n", small ? "small" : "large",
           report::heat_map({a.source, a.target, a.weights, "Attention weights of a sample sentence"}));
  }
  if (maps.empty()) return "";
  const std::string caption = fmt::format(
      "Each row is a word the model wrote and shows where it looked in the source while writing it: the stronger a "
      "cell's colour, "
      "the larger its share of the row. A diagonal means the same word order; steps off it are words that moved, "
      "as in figure 3 of {}. Point at a cell for its words and weight.",
      paper);
  return report::section("Where the model looks",
                         fmt::format("<figure class=\"wide\"><div class=\"maps\">\n{}</div>{}</figure>\n", maps,
                                     figures.caption(caption)));
}

std::string samples_section(const Report& report) {
  if (report.samples.empty()) return "";
  const bool compared = std::ranges::any_of(report.samples, [](const auto& s) { return !s.reference.empty(); });
  std::string body;
  if (compared)
    body +=
        "<p class=\"note\">Words in <mark>colour</mark> are not in the reference. They may be right all the same: "
        "BLEU cannot know.</p>\n";
  body += "<div class=\"samples\">\n";
  for (const SampleTranslation& sample : report.samples) {
    append(body, "<dl class=\"sample\"><dt>Source</dt><dd dir=\"auto\">{}</dd>\n", escape(sample.source));
    if (!sample.reference.empty())
      append(body, "<dt>Reference</dt><dd dir=\"auto\">{}</dd>\n", escape(sample.reference));
    append(body, "<dt>Translation</dt><dd class=\"ours\" dir=\"auto\">{}</dd></dl>\n",
           sample.translation.empty() ? "<i>(nothing)</i>" : translation_with_differences(sample));
  }
  return report::section("Sample translations", body + "</div>\n");
}

std::string reproduce_section(const Report& report) {
  const report::Facts facts = {{"Seed", fmt::format("{}", report.seed)},
                               {"CPU", report.cpu},
                               {"Threads", report.threads > 0 ? fmt::format("{}", report.threads) : ""},
                               {"Version", report.version},
                               {"Date", report.date}};
  return report::run_again_section(report.command, facts, report.options);
}

}  // namespace grus::seq2seq
