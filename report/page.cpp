#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/label_map.h"
#include "report/markup.h"

namespace grus::report {
namespace {

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

void append_cells(std::string& out, const Row& row, std::string_view tag) {
  for (const Cell& cell : row)
    append(out, "<{0}{1}>{2}</{0}>", tag, cell.kind.empty() ? "" : fmt::format(" class=\"{}\"", cell.kind),
           cell.markup);
}

}  // namespace

std::string html_page(std::string_view title, std::string_view body, const PageExtras& extras) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  page += "<meta name=\"color-scheme\" content=\"light dark\"/>\n";
  if (extras.refresh_seconds > 0)
    append(page, "<meta http-equiv=\"refresh\" content=\"{}\"/>\n", extras.refresh_seconds);
  const bool maps = body.find("<div class=\"labelmap\">") != std::string_view::npos;
  append(page, "<title>{} · Grus</title>\n<style>{}{}{}</style>\n</head>\n<body>\n<main>\n", title, page_style,
         maps ? map_style : "", extras.style);
  page += body;
  page += "</main>\n";
  if (maps) append(page, "<script>{}</script>\n", map_script);
  if (!extras.script.empty()) append(page, "<script>{}</script>\n", extras.script);
  return page + "</body>\n</html>\n";
}

std::string page_header(std::string_view kicker, std::string_view title, std::string_view subtitle,
                        std::string_view more) {
  return fmt::format("<header>\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n<p class=\"model\">{}</p>\n{}</header>\n",
                     kicker, title, subtitle, more);
}

std::string section(std::string_view title, std::string_view body) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, body);
}

std::string tiles(const std::vector<Tile>& all) {
  if (all.empty()) return "";
  std::string out = "<dl class=\"tiles\">\n";
  for (const Tile& tile : all)
    append(out, "<div class=\"tile {}\"><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", tile.kind, escape(tile.name),
           escape(tile.value), escape(tile.note));
  return out + "</dl>\n";
}

std::string Figures::operator()(std::string_view svg, std::string_view caption, std::string_view kind) {
  return fmt::format("<figure class=\"{}\"><div class=\"scroll\">{}</div>{}</figure>\n", kind, svg,
                     this->caption(caption));
}

std::string Figures::caption(std::string_view text) {
  return fmt::format("<figcaption><b>Figure {}.</b> {}</figcaption>", ++drawn, text);
}

std::string in_pairs(std::string_view figures) { return fmt::format("<div class=\"pair\">\n{}</div>\n", figures); }

// A table has no tfoot, which a printed table would repeat on every page.
std::string table(const Table& table) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  append_cells(out, table.head, "th");
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : table.rows) {
    out += "<tr>";
    append_cells(out, row, "td");
    out += "</tr>\n";
  }
  if (!table.total.empty()) {
    out += "<tr class=\"total\">";
    append_cells(out, table.total, "td");
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table></div>\n";
}

Cell number_cell(double value, int decimals) {
  return {std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "–", "number"};
}

std::string parameter_table(const std::vector<ParameterRow>& rows) {
  int64_t total = 0;
  for (const ParameterRow& row : rows) total += row.count;
  Table all{.head = {{"Parameter"}, {"Shape"}, {"Count", "number"}, {"Share", "share"}}};
  for (const ParameterRow& row : rows) {
    const double share = total > 0 ? 100.0 * static_cast<double>(row.count) / static_cast<double>(total) : 0;
    all.rows.push_back({{fmt::format("<code>{}</code>", breakable(row.name))},
                        {escape(row.shape), "shape"},
                        {grouped(row.count), "number"},
                        {fmt::format("<span style=\"width:{:.1f}%\"></span>", share), "share"}});
  }
  all.total = {{"All"}, {""}, {grouped(total), "number"}, {"", "share"}};
  return table(all);
}

std::string facts_list(const Facts& facts) {
  std::string out = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : facts)
    if (!value.empty()) append(out, "<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value));
  return out + "</dl>\n";
}

std::string run_again_section(const std::string& command, const Facts& facts, const Facts& options) {
  std::string body;
  if (!command.empty()) append(body, "<pre>{}</pre>\n", escape(folded_command(command)));
  body += facts_list(facts);
  if (!options.empty()) {
    body += "<h3>All options</h3>\n<dl class=\"options\">\n";
    for (const auto& [name, value] : options)
      append(body, "<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), value.empty() ? "–" : escape(value));
    body += "</dl>\n";
  }
  return section("To run it again", body);
}

}  // namespace grus::report
