#include "examples/seq2seq/comparison.h"

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
using report::grouped;

std::string counted(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string overview(const Comparison& c) {
  const ComparedModel& first = c.models.front();
  report::Table table{.head = {{"Model"},
                               {"What it is"},
                               {"Parameters", "number"},
                               {"Training", "number"},
                               {"BLEU, greedy", "number"},
                               {fmt::format("beam {}", c.beam), "number"},
                               {bin_label(first.short_sentences) + " words", "number"},
                               {bin_label(first.long_sentences) + " words", "number"}}};
  for (const ComparedModel& m : c.models)
    table.rows.push_back(
        {{fmt::format("<code>{}</code>", escape(m.name))},
         {fmt::format("{}, seed {}", escape(m.model), m.seed)},
         {grouped(m.parameters), "number"},
         {std::isfinite(m.seconds) ? report::duration(m.seconds) + ", " + counted(m.epochs, "epoch") : "–", "number"},
         report::number_cell(m.bleu_greedy),
         report::number_cell(m.bleu_beam),
         report::number_cell(m.short_sentences.bleu),
         report::number_cell(m.long_sentences.bleu)});
  const std::string note = fmt::format(
      "<p class=\"note\">{} of the {} sentences have more than {} words. The last two columns are BLEU with beam {} of "
      "the shorter and the longer ones alone.</p>\n",
      grouped(first.long_sentences.sentences), grouped(c.sentences), first.long_sentences.shortest - 1, c.beam);
  return report::section("Models", report::table(table) + note);
}

constexpr int64_t few_sentences = 5;  // BLEU of fewer sentences is chance

// x is the middle of each range of five words.
std::string lengths_figure(const Comparison& c, report::Figures& figures) {
  report::LineChart plot{.title = "BLEU by sentence length",
                         .unit = "0 to 100",
                         .x_title = "words in the source, the middle of each bin",
                         .y_low = 0};
  for (const ComparedModel& m : c.models) {
    report::Series series{m.name, {}};
    for (const LengthBin& bin : m.length_bins)
      if (bin.sentences >= few_sentences) series.points.push_back({static_cast<double>(bin.shortest + 2), bin.bleu});
    plot.series.push_back(std::move(series));
  }
  return figures(
      report::line_chart(plot),
      fmt::format("A model that squeezes the source into one vector falls behind as sentences grow longer; one with "
                  "attention looks back at every word and stays level (figure 2 of <a "
                  "href=\"https://arxiv.org/abs/1409.0473\">Bahdanau, Cho and Bengio, 2014</a>). Bins of fewer than {} "
                  "sentences stand in the table alone.",
                  few_sentences));
}

std::string lengths_table(const Comparison& c) {
  report::Table table{.head = {{"Words"}, {"Sentences", "number"}}};
  for (const ComparedModel& m : c.models) table.head.push_back({escape(m.name), "number"});
  const std::vector<LengthBin>& bins = c.models.front().length_bins;
  for (size_t i = 0; i < bins.size(); ++i) {
    report::Row row = {{bin_label(bins[i])}, {grouped(bins[i].sentences), "number"}};
    for (const ComparedModel& m : c.models) row.push_back(report::number_cell(m.length_bins[i].bleu));
    table.rows.push_back(std::move(row));
  }
  return report::table(table);
}

}  // namespace

std::string render_comparison(const Comparison& c) {
  report::Figures figures;
  const std::string title = counted(static_cast<int64_t>(c.models.size()), "model");
  std::string body =
      report::page_header("Grus · comparison", fmt::format("{}, the same {}", title, counted(c.sentences, "sentence")),
                          escape(c.source_name));
  body += overview(c);
  body +=
      report::section("By length", "<div class=\"pair\">" + lengths_figure(c, figures) + "</div>\n" + lengths_table(c));
  std::string how =
      fmt::format("<pre>{}</pre>\n<p class=\"note\">{}{}{}, {}. BLEU: <code>{}</code>.</p>\n", escape(c.command),
                  escape(c.version), c.cpu.empty() ? "" : ", ", escape(c.cpu), c.date, escape(c.bleu_signature));
  body += report::section("How it was made", how);
  return report::html_page(title + " compared", body);
}

}  // namespace grus::seq2seq
