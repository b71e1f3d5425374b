#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "examples/seq2seq/report_parts.h"
#include "examples/support/chart.h"
#include "examples/support/markup.h"

namespace grus::seq2seq {
namespace {

using chart::append;
using chart::escape;
using chart::grouped;

constexpr std::string_view paper = R"(<a href="https://arxiv.org/abs/1409.0473">Bahdanau, Cho and Bengio, 2014</a>)";

chart::Series series_of(const Report& report, std::string name, double EpochMetrics::*value) {
  chart::Series series{std::move(name), {}};
  for (const EpochMetrics& e : report.epochs) series.points.push_back({static_cast<double>(e.epoch), e.*value});
  return series;
}

bool measured(const chart::Series& series) {
  return std::ranges::any_of(series.points, [](const chart::Point& p) { return std::isfinite(p.y); });
}

// Says whether the values fall so far, from hundreds to a handful, that only a logarithmic axis shows the end of the
// curve.
bool spans_decades(const chart::Series& series) {
  double low = INFINITY, high = 0;
  for (const chart::Point& p : series.points)
    if (std::isfinite(p.y)) low = std::min(low, p.y), high = std::max(high, p.y);
  return low > 0 && high / low > 6;
}

std::optional<chart::Mark> mark_of(const EpochMetrics* best, double value, std::string label = "") {
  if (best == nullptr) return {};
  return chart::Mark{{static_cast<double>(best->epoch), value}, std::move(label)};
}

std::string loss_figure(const Report& report, Figures& figures) {
  chart::LineChart plot{.title = "Loss", .unit = "nats per target token", .x_title = "epoch"};
  for (chart::Series s : {series_of(report, "training", &EpochMetrics::train_loss),
                          series_of(report, "validation", &EpochMetrics::valid_loss)})
    if (measured(s)) plot.series.push_back(std::move(s));
  if (plot.series.empty()) return "";
  plot.mark = mark_of(best_epoch_of(report), not_measured);
  return figures(chart::line_chart(plot),
                 "How surprised the model is by the right next word. While both curves fall it learns; where only "
                 "training falls it memorises. Training runs with dropout and label smoothing, if any, and may so "
                 "lie above validation.");
}

std::string perplexity_figure(const Report& report, Figures& figures) {
  const chart::Series valid = series_of(report, "validation", &EpochMetrics::valid_perplexity);
  if (!measured(valid)) return "";
  const bool logarithmic = spans_decades(valid);
  const chart::LineChart plot{.title = "Validation perplexity",
                              .unit = logarithmic ? "words, logarithmic" : "words",
                              .x_title = "epoch",
                              .series = {valid},
                              .mark = mark_of(best_epoch_of(report), not_measured),
                              .logarithmic = logarithmic};
  return figures(chart::line_chart(plot),
                 "The exponential of the validation loss: as if the model had to guess among this many equally likely "
                 "words at each step. Lower is better, and 1 would be certainty.");
}

std::string bleu_figure(const Report& report, Figures& figures) {
  chart::LineChart plot{.title = "Validation BLEU", .unit = "0 to 100, greedy decoding", .x_title = "epoch"};
  plot.series = {series_of(report, "validation", &EpochMetrics::valid_bleu)};
  if (!measured(plot.series[0])) return "";
  plot.y_low = 0;
  if (const EpochMetrics* best = best_epoch_of(report))
    plot.mark = mark_of(best, best->valid_bleu, fmt::format("{:.1f} at epoch {}", best->valid_bleu, best->epoch));
  return figures(chart::line_chart(plot),
                 "Quality of whole translations after each epoch. The marked epoch's weights were kept; the "
                 "dotted line stands at the same epoch in all curves.");
}

std::string lengths_figure(const Report& report, Figures& figures) {
  chart::BinChart plot{.title = "BLEU by sentence length",
                       .unit = "0 to 100",
                       .x_title = "words in the source sentence",
                       .count_title = "bars: number of sentences",
                       .bins = {}};
  for (const LengthBin& bin : report.length_bins) plot.bins.push_back({bin_label(bin), bin.bleu, bin.sentences});
  if (std::ranges::none_of(plot.bins, [](const chart::Bin& bin) { return std::isfinite(bin.value); })) return "";
  return figures(
      chart::bin_chart(plot),
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

// Lets a dotted name break after a dot or an underscore.
std::string breakable(std::string_view name) {
  std::string out;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find_first_of("._", at), name.size() - 1) + 1;
    append(out, "{}{}", escape(name.substr(at, end - at)), end < name.size() ? "<wbr/>" : "");
    at = end;
  }
  return out;
}

// Puts one option on a line, in a form that a shell still takes; a line break within quotes would be part of the text.
std::string folded_command(const std::string& command) {
  if (command.size() < 80 || command.find_first_of("\"'") != std::string::npos) return command;
  std::string out = command;
  for (size_t at = 0; (at = out.find(" --", at)) != std::string::npos; at += 5) out.replace(at, 1, " \\\n  ");
  return out;
}

}  // namespace

std::string section(std::string_view title, std::string_view body) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, body);
}

std::string bin_label(const LengthBin& bin) {
  if (bin.longest == 0) return fmt::format("{}+", bin.shortest);
  return bin.shortest == bin.longest ? fmt::format("{}", bin.longest) : fmt::format("{}–{}", bin.shortest, bin.longest);
}

std::string curves_section(const Report& report, Figures& figures) {
  std::string curves = loss_figure(report, figures);
  curves += perplexity_figure(report, figures);
  curves += bleu_figure(report, figures);
  curves += lengths_figure(report, figures);
  if (curves.empty()) curves = "<p class=\"note\">No epoch was finished, so there are no curves yet.</p>\n";
  return section("Learning and quality", fmt::format("<div class=\"pair\">\n{}</div>\n", curves));
}

std::string alignments_section(const Report& report, Figures& figures) {
  std::string maps;
  for (const Alignment& a : report.alignments) {
    if (a.source.empty() || a.target.empty()) continue;
    const bool small = a.source.size() <= 24;
    append(maps, "<div class=\"scroll {}\">{}</div>\n", small ? "small" : "large",
           chart::heat_map({a.source, a.target, a.weights, "Attention weights of a sample sentence"}));
  }
  if (maps.empty()) return "";
  const std::string caption = fmt::format(
      "Each row is a word the model wrote and shows where it looked in the source while writing it: the stronger a "
      "cell's colour, "
      "the larger its share of the row. A diagonal means the same word order; steps off it are words that moved, "
      "as in figure 3 of {}. Point at a cell for its words and weight.",
      paper);
  ++figures.drawn;
  return section("Where the model looks", fmt::format("<figure class=\"wide\"><div class=\"maps\">\n{}</div>"
                                                      "<figcaption><b>Figure {}.</b> {}</figcaption></figure>\n",
                                                      maps, figures.drawn, caption));
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
  return section("Sample translations", body + "</div>\n");
}

std::string model_section(const Report& report) {
  if (report.summary.empty()) return "";
  int64_t total = 0;
  for (const SummaryRow& row : report.summary) total += row.count;
  std::string body =
      "<div class=\"scroll\"><table>\n<thead><tr><th>Parameter</th><th>Shape</th><th class=\"number\">Count</th>"
      "<th class=\"share\">Share</th></tr></thead>\n<tbody>\n";
  for (const SummaryRow& row : report.summary) {
    const double share = total > 0 ? 100.0 * static_cast<double>(row.count) / static_cast<double>(total) : 0;
    append(body,
           "<tr><td><code>{}</code></td><td class=\"shape\">{}</td><td class=\"number\">{}</td>"
           "<td class=\"share\"><span style=\"width:{:.1f}%\"></span></td></tr>\n",
           breakable(row.name), escape(row.shape), grouped(row.count), share);
  }
  // The table has no tfoot, which a printed table would repeat on every page.
  append(body,
         "<tr class=\"total\"><td>All</td><td></td><td class=\"number\">{}</td><td class=\"share\"></td></tr>\n"
         "</tbody>\n</table></div>\n",
         grouped(total));
  return section("The model", body);
}

std::string reproduce_section(const Report& report) {
  std::string body;
  if (!report.command.empty()) append(body, "<pre>{}</pre>\n", escape(folded_command(report.command)));
  body += "<dl class=\"facts\">\n";
  const auto fact = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) append(body, "<div><dt>{}</dt><dd>{}</dd></div>\n", name, escape(value));
  };
  fact("Seed", fmt::format("{}", report.seed));
  fact("CPU", report.cpu);
  fact("Threads", report.threads > 0 ? fmt::format("{}", report.threads) : "");
  fact("Version", report.version);
  fact("Date", report.date);
  body += "</dl>\n";
  if (!report.options.empty()) {
    body += "<h3>All options</h3>\n<dl class=\"options\">\n";
    for (const auto& [name, value] : report.options)
      append(body, "<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), value.empty() ? "–" : escape(value));
    body += "</dl>\n";
  }
  return section("To run it again", body);
}

}  // namespace grus::seq2seq
