#include <fmt/format.h>

#include <map>

#include "data/read/text.h"
#include "examples/encode/pictures.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/vector_map.h"

namespace grus::tasks::encode {
namespace {

using report::escape;

int64_t words_of(const std::string& line) { return std::ssize(data::split_spaces(line)); }

std::string by_length(const TextFigures& found, report::Figures& figures) {
  std::map<int64_t, std::pair<int64_t, int64_t>> groups;  // right, all
  for (size_t i = 0; i < found.lines.size(); ++i) {
    auto& [right, all] = groups[words_of(found.lines[i])];
    right += found.same[i];
    ++all;
  }
  report::BinChart chart{"Brought back word for word", "%", "words", "Lines", {}};
  for (const auto& [words, counts] : groups)
    chart.bins.push_back({fmt::format("{}", words),
                          100.0 * static_cast<double>(counts.first) / static_cast<double>(counts.second),
                          counts.second});
  return report::in_pairs(figures(report::bin_chart(chart),
                                  "Lines that the training never saw and that come back word for word from one "
                                  "vector, by their length."));
}

// Shows what went wrong first.
std::string examples(const TextFigures& found) {
  report::Table table{.head = {{"Line"}, {"What came back"}}};
  for (const bool same : {false, true})
    for (size_t i = 0; i < found.lines.size() && table.rows.size() < (same ? 16U : 10U); ++i)
      if (found.same[i] == same)
        table.rows.push_back({{escape(found.lines[i])}, {same ? "the same" : escape(found.said[i])}});
  return report::table(table);
}

std::string walks(const TextModel& model, const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i + 1 < std::min<size_t>(lines.size(), 6); i += 2) {
    report::Table table{.head = {{fmt::format("Walk {}", i / 2 + 1)}},
                        .rows = {{{"<strong>" + escape(lines[i]) + "</strong>"}}}};
    std::string before = lines[i];
    for (const std::string& said : walk(model, lines[i], lines[i + 1], 9)) {
      if (said != before && said != lines[i + 1]) table.rows.push_back({{escape(said)}});
      before = said;
    }
    table.rows.push_back({{"<strong>" + escape(lines[i + 1]) + "</strong>"}});
    text += "<figure>" + report::table(table) + "</figure>\n";
  }
  return "<p class=\"note\">A straight path from one line's vector to another's, in nine steps; lines that repeat are "
         "left out.</p>\n" +
         report::in_pairs(text);
}

std::string map(const TextModel& model, const TextFigures& found, report::Figures& figures) {
  constexpr size_t most = 300;
  std::vector<std::string> lines(found.lines.begin(),
                                 found.lines.begin() + static_cast<int64_t>(std::min(most, found.lines.size())));
  std::vector<report::MapPoint> entries;
  for (const std::string& line : lines)
    entries.push_back({.label = line, .group = static_cast<size_t>(std::min<int64_t>((words_of(line) - 1) / 3, 3))});
  report::LabelMap drawn =
      report::vector_map(report::unit_points(model.states(model.ids(lines))), std::move(entries), {});
  drawn.description = fmt::format("Map of {} lines", lines.size());
  drawn.groups = {"1 to 3 words", "4 to 6 words", "7 to 9 words", "10 and more"};
  return fmt::format(
      "<figure>{}{}</figure>\n<p class=\"note\">{}</p>\n", report::interactive_map(drawn),
      figures.caption(fmt::format("{} lines that the training never saw, each at its vector.", lines.size())),
      report::how_to_read(report::Projection::tsne));
}

std::string drawn_lines(const TextModel& model) {
  Rng rng(1);
  std::string items;
  for (const std::string& said : model.say(random_normal({10, model.options.latent}, 0, 1, rng)))
    items += "<li>" + escape(said) + "</li>\n";
  return "<p class=\"note\">What the decoder makes of ten vectors drawn from the standard Gaussian.</p>\n<ul>\n" +
         items + "</ul>\n";
}

}  // namespace

std::string pictures(const TextModel& model, const TextFigures& found, report::Figures& figures) {
  std::vector<report::Tile> tiles = {{"Word for word", fmt::format("{:.1f} %", 100 * found.exact),
                                      fmt::format("of {} unseen lines", found.lines.size()), "first"},
                                     {"Words wrong", fmt::format("{:.2f} %", 100 * found.word_error), "edits a word"},
                                     {"Nats a word", fmt::format("{:.3f}", found.nats), "given the vector"}};
  if (model.options.variational) tiles.push_back({"KL", fmt::format("{:.1f}", found.kl), "nats a line"});
  std::string back = report::tiles(tiles) + by_length(found, figures) + examples(found);
  std::string page = report::section("Brought back", back) +
                     report::section("A map of lines", map(model, found, figures)) +
                     report::section("From one line to another", walks(model, found.lines));
  if (model.options.variational) page += report::section("Lines from nowhere", drawn_lines(model));
  return page;
}

}  // namespace grus::tasks::encode
