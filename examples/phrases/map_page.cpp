#include "examples/phrases/map_page.h"

#include <fmt/format.h>

#include "report/markup.h"
#include "report/page.h"

namespace grus::phrases {

using report::escape;

std::string render_maps(const MapPage& page) {
  std::string body = report::page_header("Grus · maps", escape(page.title), escape(page.model));
  report::Figures figures;
  for (const MapSection& section : page.sections)
    body += report::section(escape(section.title),
                            fmt::format("<figure>{}{}</figure>\n", report::interactive_map(section.map),
                                        figures.caption(escape(section.caption))));
  body += report::section("How to read the maps",
                          fmt::format("<p class=\"note\">{}</p>\n{}<h3>Command</h3>\n<pre>{}</pre>\n",
                                      escape(page.method), report::facts_list(page.facts), escape(page.command)));
  return report::html_page(escape(page.title), body, {.style = report::map_style, .script = report::map_script});
}

}  // namespace grus::phrases
