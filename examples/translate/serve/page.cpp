#include "examples/translate/serve/page.h"

#include <fmt/format.h>

#include "report/markup.h"

namespace grus::translate {
namespace {

using report::append;
using report::escape;

const std::string_view style = R"css(
header { margin-bottom: 2rem; }
.desk { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem 2.5rem; }
.side { display: flex; flex-direction: column; min-width: 0; }
.side > label, .side > .label { margin-bottom: .5rem; font: 600 .8125rem/1.4 var(--sans); color: var(--muted); }
textarea, output { min-height: 8.5rem; padding: .875rem 1rem; font: 1.375rem/1.4 var(--serif); border-radius: 4px; overflow-wrap: anywhere; }
textarea { flex: 1; width: 100%; resize: vertical; color: var(--ink); background: var(--paper); border: 1px solid var(--rule); }
textarea::placeholder { color: var(--muted); opacity: .7; }
textarea:focus-visible { outline: 2px solid var(--blue); outline-offset: -1px; border-color: transparent; }
output { display: block; flex: 1; background: var(--ground); border: 1px solid transparent; transition: opacity .12s; }
output.old { opacity: .55; }
output p { margin: 0; min-height: 1.4em; }
output .empty { color: var(--muted); }
output ol { margin: .125rem 0 .75rem; padding: 0; list-style: none; font-size: 1rem; line-height: 1.5; color: var(--muted); }
output li { display: flex; justify-content: space-between; gap: 1rem; }
output li span { flex: none; font: .8125rem/1.85 var(--sans); font-variant-numeric: tabular-nums; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.75rem; margin: .875rem 0 0; font: .875rem/1.4 var(--sans); color: var(--muted); }
.tools label { display: inline-flex; align-items: center; gap: .5rem; }
.tools select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--rule); border-radius: 3px; padding: .3125rem .5rem; }
.tools select:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
#note { margin-left: auto; min-height: 1.4em; font-variant-numeric: tabular-nums; }
#note.wrong { color: var(--accent); }
#flows figure { margin-bottom: 2rem; }
#flows svg { display: block; max-width: 100%; height: auto; margin: 0 auto; overflow: visible; }
.flow text { fill: var(--ink); font: 1.0625rem var(--serif); cursor: default; transition: fill-opacity .12s; }
.flow path { fill: none; stroke: var(--blue); stroke-linecap: round; transition: opacity .12s, stroke .12s; }
.flow .word { outline: none; }
.flow .word rect { fill: transparent; }
.flow .word:focus-visible text { text-decoration: underline; }
.flow.asked .word:not(.on) text { fill-opacity: .3; }
.flow.asked path { opacity: .04 !important; }
.flow.asked path.on { opacity: var(--share) !important; stroke: var(--accent); }
@media (max-width: 36rem) {
  textarea, output { min-height: 6rem; font-size: 1.25rem; }
  #note { margin-left: 0; width: 100%; }
}
)css";

std::string choice(const char* id, const char* name, int64_t most, int64_t chosen) {
  std::string out = fmt::format("<label>{} <select id=\"{}\">", name, id);
  for (int64_t n = 1; n <= most; n = n < 6 || most <= 10 ? n + 1 : n + 5 - n % 5)
    append(out, "<option{}>{}</option>", n == chosen ? " selected" : "", n);
  return out + "</select></label>\n";
}

std::string desk(const PageOptions& o) {
  return fmt::format(R"html(<section>
<div class="desk">
<div class="side"><label for="text">Your sentence</label><textarea id="text" rows="4" autofocus spellcheck="false" placeholder="Type here; each line is a sentence."></textarea></div>
<div class="side"><div class="label" id="said-label">Translation</div><output id="said" for="text" aria-labelledby="said-label" aria-live="polite"><p class="empty">It appears while you type.</p></output></div>
</div>
<div class="tools">
{}{}<span id="note" role="status"></span>
</div>
</section>
)html",
                     choice("beam", "Beam", o.most_beam, o.beam),
                     choice("best", "Translations", std::min<int64_t>(o.most_beam, 5), 1));
}

std::string links_section(const PageOptions& o) {
  if (!o.attention) return "";
  return "<section id=\"links\" hidden>\n<h2>What each word looked at</h2>\n<p class=\"note\">A line is as strong as "
         "the "
         "weight that the model's attention gave to the word of the source while it wrote the other. Point at a word, "
         "or "
         "touch it, to see its own.</p>\n<div id=\"flows\"></div>\n</section>\n";
}

}  // namespace

std::string serve_page(const PageOptions& o) {
  const std::string_view curl =
      "curl -H 'Content-Type: application/json' -d '{\"text\": [\"...\"], \"beam\": 5, \"n_best\": 3}' HERE/translate";
  const std::string about =
      report::facts_list(o.facts) + "<h3>From a program</h3>\n<pre id=\"curl\">" + escape(curl) + "</pre>\n";
  const std::string body = report::page_header("Grus · translate", escape(o.name), escape(o.description)) + desk(o) +
                           links_section(o) + report::section("The model", about);
  return report::html_page(escape(o.name), body, {.style = style, .script = serve_script});
}

}  // namespace grus::translate
