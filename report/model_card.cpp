#include "report/model_card.h"

#include <fmt/format.h>

#include "report/markup.h"

namespace grus::report {
namespace {

// What Markdown would take for markup stands behind a backslash, and a table's row is one line.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string rows(const Facts& facts) {
  std::string out;
  for (const auto& [name, value] : facts)
    if (!value.empty()) out += fmt::format("| {} | {} |\n", plain(name), plain(value));
  return out.empty() ? out : "| | |\n|---|---|\n" + out;
}

std::string part(std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n## {}\n\n{}", title, body.ends_with('\n') ? body : body + "\n");
}

std::string page_part(std::string_view title, const Facts& facts, const std::string& note = {}) {
  const std::string list = facts_list(facts);
  if (facts.empty() && note.empty()) return "";
  return section(title, list + (note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", escape(note))));
}

}  // namespace

std::string card_markdown(const ModelCard& card) {
  std::string out = fmt::format("# {}\n", plain(card.title));
  if (!card.summary.empty()) out += fmt::format("\n{}\n", plain(card.summary));
  out += part("About", rows(card.about));
  out += part("Data", rows(card.data));
  const std::string figures = rows(card.figures);
  out += part("Figures", figures + (figures.empty() || card.protocol.empty() ? "" : "\n") + plain(card.protocol));
  out += part("Limits", plain(card.limits));
  out += part("Training", rows(card.training));
  return out + part("Options", rows(card.options));
}

std::string card_page(const ModelCard& card) {
  std::vector<Tile> headline;
  for (const auto& [name, value] : card.figures)
    headline.push_back({name, value, "", headline.empty() ? std::string_view("first") : std::string_view()});
  const std::string title = escape(card.title);
  std::string body = page_header("Grus · model card", title, escape(card.summary)) + page_part("About", card.about) +
                     page_part("Data", card.data);
  if (!card.figures.empty() || !card.protocol.empty())
    body += section("Figures", tiles(headline) + fmt::format("<p class=\"note\">{}</p>\n", escape(card.protocol)));
  body +=
      page_part("Limits", {}, card.limits) + page_part("Training", card.training) + page_part("Options", card.options);
  return html_page(title, body);
}

}  // namespace grus::report
