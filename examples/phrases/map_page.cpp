#include "examples/phrases/map_page.h"

#include "examples/seq2seq/report_parts.h"
#include "examples/support/markup.h"

namespace grus::phrases {

using chart::append;
using chart::escape;

std::string render_maps(const MapPage& page) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  out += "<meta name=\"color-scheme\" content=\"light dark\"/>\n";
  append(out, "<title>{} · Grus</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n", escape(page.title),
         seq2seq::report_style, chart::map_style);
  append(out, "<header>\n<p class=\"kicker\">Grus · maps</p>\n<h1>{}</h1>\n<p class=\"model\">{}</p>\n</header>\n",
         escape(page.title), escape(page.model));
  int figure = 0;
  for (const MapSection& section : page.sections)
    append(out,
           "<section>\n<h2>{}</h2>\n<figure>{}<figcaption><b>Figure {}.</b> {}</figcaption></figure>\n</section>\n",
           escape(section.title), chart::interactive_map(section.map), ++figure, escape(section.caption));
  append(out, "<section>\n<h2>How to read the maps</h2>\n<p class=\"note\">{}</p>\n<dl class=\"facts\">\n",
         escape(page.method));
  for (const auto& [name, value] : page.facts)
    append(out, "<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value));
  append(out, "</dl>\n<h3>Command</h3>\n<pre>{}</pre>\n</section>\n", escape(page.command));
  append(out, "</main>\n<script>{}</script>\n</body>\n</html>\n", chart::map_script);
  return out;
}

}  // namespace grus::phrases
