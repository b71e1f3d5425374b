#include "examples/seq2seq/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/seq2seq/report_parts.h"
#include "examples/support/chart.h"
#include "examples/support/markup.h"

namespace grus::seq2seq {
namespace {

using chart::append;
using chart::escape;
using chart::grouped;

std::string counted(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string number_cell(double value, int digits = 2) {
  return fmt::format("<td class=\"number\">{}</td>",
                     std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "–");
}

std::string overview(const Comparison& c) {
  const ComparedModel& first = c.models.front();
  std::string body = fmt::format(
      "<div class=\"scroll\"><table>\n<thead><tr><th>Model</th><th>What it is</th><th class=\"number\">Parameters</th>"
      "<th class=\"number\">Training</th><th class=\"number\">BLEU, greedy</th><th class=\"number\">beam {}</th>"
      "<th class=\"number\">{} words</th><th class=\"number\">{} words</th></tr></thead>\n<tbody>\n",
      c.beam, bin_label(first.short_sentences), bin_label(first.long_sentences));
  for (const ComparedModel& m : c.models) {
    append(body,
           "<tr><td><code>{}</code></td><td>{}, seed {}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>",
           escape(m.name), escape(m.model), m.seed, grouped(m.parameters),
           std::isfinite(m.seconds) ? duration(m.seconds) + ", " + counted(m.epochs, "epoch") : "–");
    for (const double bleu : {m.bleu_greedy, m.bleu_beam, m.short_sentences.bleu, m.long_sentences.bleu})
      body += number_cell(bleu);
    body += "</tr>\n";
  }
  append(body,
         "</tbody>\n</table></div>\n<p class=\"note\">{} of the {} sentences have more than {} words. The last two "
         "columns "
         "are BLEU with beam {} of the shorter and the longer ones alone.</p>\n",
         grouped(first.long_sentences.sentences), grouped(c.sentences), first.long_sentences.shortest - 1, c.beam);
  return section("Models", body);
}

constexpr int64_t few_sentences = 5;  // BLEU of fewer sentences is chance

// x is the middle of each range of five words.
std::string lengths_figure(const Comparison& c, Figures& figures) {
  chart::LineChart plot{.title = "BLEU by sentence length",
                        .unit = "0 to 100",
                        .x_title = "words in the source, the middle of each bin",
                        .y_low = 0};
  for (const ComparedModel& m : c.models) {
    chart::Series series{m.name, {}};
    for (const LengthBin& bin : m.length_bins)
      if (bin.sentences >= few_sentences) series.points.push_back({static_cast<double>(bin.shortest + 2), bin.bleu});
    plot.series.push_back(std::move(series));
  }
  return figures(
      chart::line_chart(plot),
      fmt::format("A model that squeezes the source into one vector falls behind as sentences grow longer; one with "
                  "attention looks back at every word and stays level (figure 2 of <a "
                  "href=\"https://arxiv.org/abs/1409.0473\">Bahdanau, Cho and Bengio, 2014</a>). Bins of fewer than {} "
                  "sentences stand in the table alone.",
                  few_sentences));
}

std::string lengths_table(const Comparison& c) {
  std::string body = "<div class=\"scroll\"><table>\n<thead><tr><th>Words</th><th class=\"number\">Sentences</th>";
  for (const ComparedModel& m : c.models) append(body, "<th class=\"number\">{}</th>", escape(m.name));
  body += "</tr></thead>\n<tbody>\n";
  const std::vector<LengthBin>& bins = c.models.front().length_bins;
  for (size_t i = 0; i < bins.size(); ++i) {
    append(body, "<tr><td>{}</td><td class=\"number\">{}</td>", bin_label(bins[i]), grouped(bins[i].sentences));
    for (const ComparedModel& m : c.models) body += number_cell(m.length_bins[i].bleu);
    body += "</tr>\n";
  }
  return body + "</tbody>\n</table></div>\n";
}

}  // namespace

std::string render_comparison(const Comparison& c) {
  Figures figures;
  std::string body = "<header>\n<p class=\"kicker\">Grus · comparison</p>\n";
  append(body, "<h1>{}, the same {}</h1>\n<p class=\"model\">{}</p>\n</header>\n",
         counted(static_cast<int64_t>(c.models.size()), "model"), counted(c.sentences, "sentence"),
         escape(c.source_name));
  body += overview(c);
  body += section("By length", "<div class=\"pair\">" + lengths_figure(c, figures) + "</div>\n" + lengths_table(c));
  std::string how =
      fmt::format("<pre>{}</pre>\n<p class=\"note\">{}{}{}, {}. BLEU: <code>{}</code>.</p>\n", escape(c.command),
                  escape(c.version), c.cpu.empty() ? "" : ", ", escape(c.cpu), c.date, escape(c.bleu_signature));
  body += section("How it was made", how);
  return html_page(counted(static_cast<int64_t>(c.models.size()), "model") + " compared", body);
}

}  // namespace grus::seq2seq
