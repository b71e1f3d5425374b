#include <string>

#include "page/step_graph.h"

namespace grus::page {
namespace {

constexpr std::string_view body =
    R"html(<svg id="view"><defs><marker id="tri" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path class="arrow" d="M0 .5 L7.5 4 L0 7.5z"/></marker></defs><g id="scene"></g></svg>
<header><h1>One training step</h1><p id="facts"></p><button id="fit">Fit</button><button id="twins">Open all twins</button></header>
<footer><i style="border:1.5px solid var(--accent)"></i>fused: click to see its twin<i style="background:var(--fold);border:1px solid var(--green)"></i>time steps, folded<i style="background:var(--module);border:1px solid var(--rule)"></i>module<span id="times"><i style="background:var(--blue)"></i>time forward<i style="background:var(--purple)"></i>backward</span></footer>
<div id="tip"></div>
)html";

/// Escapes "</", which would end the script.
std::string within_script(std::string json) {
  for (size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at + 3)) json.replace(at, 2, "<\\/");
  return json;
}

}  // namespace

std::string step_page(const std::string& json) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>One training step</title>\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n<style>";
  page += page_style;
  page += "</style>\n";
  page += body;
  page += "<script>\nconst DATA = " + within_script(json) + ";\n";
  page += page_layout;
  page += page_script;
  return page + "</script>\n</html>\n";
}

}  // namespace grus::page
