#include "report/map_page.h"

#include <fmt/format.h>

#include "report/markup.h"
#include "report/page.h"

namespace grus::report {

std::string render_maps(const MapPage& page) {
  std::string body = page_header("Grus · maps", escape(page.title), escape(page.model));
  Figures figures;
  for (const MapSection& one : page.sections)
    body += section(escape(one.title), fmt::format("<figure>{}{}</figure>\n", interactive_map(one.map),
                                                   figures.caption(escape(one.caption))));
  body +=
      section("How to read the maps", fmt::format("<p class=\"note\">{}</p>\n{}<h3>Command</h3>\n<pre>{}</pre>\n",
                                                  escape(page.method), facts_list(page.facts), escape(page.command)));
  return html_page(escape(page.title), body);
}

}  // namespace grus::report
