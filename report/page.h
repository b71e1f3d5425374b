#pragma once
// Pages in one file without network, in light, dark and print: the style that all pages share, and the parts that they
// are made of. Where a comment says markup, the caller has escaped the text (report/markup.h); the rest is escaped
// here.
//   Figures figures;
//   const std::string curves = figures(line_chart(chart), "What the curve shows.");
//   write_file_atomically("page.html", html_page("Title", page_header("Grus · training", "Title", "a model") +
//                                                             section("Curves", curves)));
// Sources: page.cpp, page_style.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grus::report {

/// The style sheet, which the page holds itself. It restyles charts for dark screens.
extern const std::string_view page_style;

/// What stands in a page's head beside title and style, and behind its body.
struct PageExtras {
  std::string_view style = {}, script = {};
  int refresh_seconds = 0;  // > 0: the browser loads the page again so often
};
/// Returns the whole file. Title and body are markup; where the body has an interactive map (report/label_map.h), the
/// page has what moves it.
std::string html_page(std::string_view title, std::string_view body, const PageExtras& extras = {});
/// Returns the top of the page; title, subtitle and `more` (tiles, a note) are markup.
std::string page_header(std::string_view kicker, std::string_view title, std::string_view subtitle,
                        std::string_view more = {});
/// Returns a section; title and body are markup.
std::string section(std::string_view title, std::string_view body);

/// A Tile is a headline figure; the one of kind "first" is coloured.
struct Tile {
  std::string name, value, note;
  std::string_view kind = {};
};
/// Returns the tiles in a row, or "" for none.
std::string tiles(const std::vector<Tile>& all);

/// Figures are numbered through the page.
struct Figures {
  int drawn = 0;
  /// Returns one picture with its caption, both markup.
  std::string operator()(std::string_view svg, std::string_view caption, std::string_view kind = {});
  /// Returns the caption alone, for a figure of several pictures.
  std::string caption(std::string_view text);
};
/// Returns pictures in two columns where there is room.
std::string in_pairs(std::string_view figures);

/// A Cell is markup; kinds are "number" (flush right), "shape" (never broken) and "share" (a bar, left out on phones).
struct Cell {
  std::string markup;
  std::string_view kind = {};
};
using Row = std::vector<Cell>;
struct Table {
  Row head;
  std::vector<Row> rows = {};
  Row total = {};  // stands below the rows, or is left out
};
std::string table(const Table& table);
/// Returns a cell of a number, "–" for one that is not finite.
Cell number_cell(double value, int decimals = 2);

/// A parameter of a model.
struct ParameterRow {
  std::string name, shape;
  int64_t count = 0;
};
/// Returns the table of parameters with their shares of all.
std::string parameter_table(const std::vector<ParameterRow>& rows);

using Facts = std::vector<std::pair<std::string, std::string>>;
/// Returns names and values side by side; those with an empty value are left out.
std::string facts_list(const Facts& facts);
/// Returns the section that says how to run a program again: its command, facts of seed and machine, all its options.
std::string run_again_section(const std::string& command, const Facts& facts, const Facts& options);

}  // namespace grus::report
