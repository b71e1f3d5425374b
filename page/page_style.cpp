#include "page/step_graph.h"

namespace grus::page {

// The colours are those of the translator's report.
const std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1d1f23; --muted: #6a6f76; --line: #e4e4df; --rule: #cfd0ca; --accent: #c8452b;
  --blue: #1f5f99; --green: #3d8b57; --purple: #7a57a8; --ground: #f0f1f0; --card: #ffffff; --edge: #a9adb0;
  --module: rgba(31, 95, 153, .045); --fold: rgba(61, 139, 87, .07); --twin: rgba(200, 69, 43, .045);
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --ink: #e7e5df; --muted: #9b9fa5; --line: #2a2d32; --rule: #3b3f45; --accent: #ff7f63;
    --blue: #74b3ee; --green: #74c492; --purple: #b99be6; --ground: #1f2226; --card: #1c1f23; --edge: #5d636a;
    --module: rgba(116, 179, 238, .06); --fold: rgba(116, 196, 146, .08); --twin: rgba(255, 127, 99, .06);
  }
}
* { box-sizing: border-box; }
html, body { margin: 0; height: 100%; overflow: hidden; background: var(--paper); color: var(--ink); font: 14px/1.4 var(--sans); }
svg { display: block; width: 100%; height: 100%; cursor: grab; touch-action: none; }
svg.moving { cursor: grabbing; }
header, footer { position: fixed; left: 8px; padding: 6px 12px; border-radius: 6px; background: var(--paper); opacity: .94; pointer-events: none; }
header { top: 8px; }
footer { bottom: 8px; color: var(--muted); font-size: 12px; }
h1 { margin: 0; font-size: 17px; font-weight: 600; letter-spacing: -.01em; }
header p { margin: 2px 0 10px; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; }
button { pointer-events: auto; margin-right: 6px; padding: 4px 10px; border: 1px solid var(--rule); border-radius: 5px; background: var(--card); color: var(--ink); font: 13px var(--sans); cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
footer i { display: inline-block; width: 11px; height: 11px; margin: 0 5px 0 14px; border-radius: 2px; vertical-align: -1px; }
footer > i:first-child { margin-left: 0; }
.group > rect { stroke: var(--rule); stroke-width: 1; fill: var(--module); }
.group.fold > rect { fill: var(--fold); stroke: var(--green); }
.group.fold > rect.sheet { fill: none; opacity: .55; }
.group.twin > rect { fill: var(--twin); stroke: var(--accent); stroke-dasharray: 4 3; }
.group > text { font: 600 12px var(--sans); fill: var(--blue); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; cursor: pointer; }
.group.fold > text { fill: var(--green); }
.group.twin > text { fill: var(--accent); }
.node > rect.card { fill: var(--card); stroke: var(--rule); stroke-width: 1; }
.node.fused > rect.card { stroke: var(--accent); stroke-width: 1.5; cursor: pointer; }
.node.closed > rect.card { stroke: var(--green); cursor: pointer; }
.node:hover > rect.card { stroke-width: 2; stroke: var(--ink); }
.node text { fill: var(--muted); font-size: 12px; pointer-events: none; font-variant-numeric: tabular-nums; }
.node text.op { fill: var(--ink); font-size: 14px; font-weight: 600; }
.node text.module { fill: var(--blue); font-weight: 600; }
.node text.parameters { font-style: italic; }
.node text.more { fill: var(--accent); }
.node.bad > rect.card { fill: var(--accent); fill-opacity: .18; stroke: var(--accent); }
.node .forward { fill: var(--blue); } .node .backward { fill: var(--purple); }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.4; }
.edge.back { stroke: var(--green); stroke-dasharray: 4 3; }
.edge.hot { stroke: var(--ink); stroke-width: 2.4; }
.reach { fill: none; stroke: transparent; stroke-width: 11; }
.arrow { fill: var(--edge); }
#tip { position: fixed; display: none; max-width: 46rem; padding: 10px 14px; border: 1px solid var(--rule); border-radius: 6px; background: var(--card); box-shadow: 0 6px 24px rgba(0, 0, 0, .16); pointer-events: none; font-size: 12.5px; }
#tip b { font-size: 14px; }
#tip .where { color: var(--blue); margin-left: 8px; }
#tip p { margin: 2px 0 8px; color: var(--muted); }
#tip table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
#tip th { text-align: left; font-weight: 600; color: var(--muted); }
#tip th, #tip td { padding: 2px 14px 2px 0; white-space: nowrap; }
#tip td.n, #tip th.n { text-align: right; }
#tip tr.gradient td { color: var(--purple); }
#tip tr.group td { border-top: 1px solid var(--line); }
#tip td.bad { color: var(--accent); font-weight: 600; }
)css";

}  // namespace grus::page
