#include "report/page.h"

namespace grus::report {

// Charts carry light colours as attributes; the rules for svg.chart replace them, so that dark mode reaches them too.
const std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1d1f23; --muted: #6a6f76; --line: #e4e4df; --rule: #cfd0ca; --accent: #c8452b;
  --blue: #1f5f99; --green: #3d8b57; --purple: #7a57a8; --cell: #123f6d; --ground: #f0f1f0; --bar: #c9cdd0;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --ink: #e7e5df; --muted: #9b9fa5; --line: #2a2d32; --rule: #3b3f45; --accent: #ff7f63;
    --blue: #74b3ee; --green: #74c492; --purple: #b99be6; --cell: #8fc6f7; --ground: #1f2226; --bar: #444a51;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 var(--serif); }
main { max-width: 62rem; margin: 0 auto; padding: 3.5rem 1.5rem 6rem; }
header, section { margin-bottom: 3.5rem; }
.kicker { margin: 0 0 .75rem; font: 600 .8125rem/1 var(--sans); letter-spacing: .06em; text-transform: uppercase; color: var(--accent); }
h1 { margin: 0; font-size: clamp(2rem, 6vw, 3.25rem); font-weight: 600; line-height: 1.1; letter-spacing: -.015em; overflow-wrap: anywhere; text-wrap: balance; }
.model { margin: .5rem 0 0; max-width: 44rem; font-size: 1.1875rem; color: var(--muted); }
h2 { margin: 0 0 1.5rem; padding-top: .75rem; border-top: 1px solid var(--rule); font-size: 1.5rem; font-weight: 600; line-height: 1.25; }
h3 { margin: 2rem 0 .5rem; font: 600 .9375rem/1.4 var(--sans); }
.note { max-width: 40rem; margin: 0 0 1.5rem; color: var(--muted); }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: .15em; }
a:hover { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: .875em; overflow-wrap: anywhere; }
mark { background: none; color: var(--accent); }

.tiles { display: flex; flex-wrap: wrap; gap: 1.75rem 2.5rem; margin: 2.25rem 0 1.75rem; font-family: var(--sans); }
.tile dt { font-size: .8125rem; color: var(--muted); }
.tile dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.3; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.tile.first dd { color: var(--accent); }
.tile small { display: block; font-size: .8125rem; font-weight: 400; line-height: 1.4; letter-spacing: 0; color: var(--muted); }

.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.5rem 2.5rem; margin-bottom: 1.5rem; }
.pair > :only-child { max-width: 34rem; }
figure { margin: 0; break-inside: avoid; }
figure + figure, figure + .scroll { margin-top: 2rem; }
.pair > figure { margin-top: 0; }
figcaption { max-width: 40rem; margin-top: .625rem; font-size: .9375rem; line-height: 1.5; color: var(--muted); }
figure + .note { margin-top: 1rem; }
figcaption b { color: var(--ink); font-weight: 600; }
.pair svg.chart { display: block; width: 100%; height: auto; }
.pair svg.chart:has(.cells) { width: auto; min-width: min(100%, 14rem); max-width: 100%; }
.maps { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 2rem 2.5rem; margin-bottom: 1rem; }
.maps .scroll { max-width: 100%; break-inside: avoid; }
.maps svg.chart { display: block; }
.maps .small svg.chart { max-width: 100%; height: auto; }
.scroll {  /* a shade at a side says that more stands there */
  overflow-x: auto; overflow-y: hidden;
  background: linear-gradient(to right, var(--paper) 40%, transparent), linear-gradient(to left, var(--paper) 40%, transparent) 100% 0,
    linear-gradient(to right, var(--rule), transparent), linear-gradient(to left, var(--rule), transparent) 100% 0;
  background-size: 2.5rem 100%, 2.5rem 100%, .75rem 100%, .75rem 100%; background-repeat: no-repeat; background-attachment: local, local, scroll, scroll;
}

svg.chart { fill: var(--ink); font-family: var(--sans); font-variant-numeric: tabular-nums; }
.chart .muted { fill: var(--muted); }
.chart .halo { stroke: var(--paper); }
.chart .grid { stroke: var(--line); }
.chart .axis, .chart .guide { stroke: var(--muted); }
.chart .s0 { stroke: var(--blue); } .chart .f0 { fill: var(--blue); }
.chart .s1 { stroke: var(--accent); } .chart .f1 { fill: var(--accent); }
.chart .s2 { stroke: var(--green); } .chart .f2 { fill: var(--green); }
.chart .s3 { stroke: var(--purple); } .chart .f3 { fill: var(--purple); }
.chart .bars { fill: var(--bar); }
.chart .ground { fill: var(--ground); }
.chart .cells { fill: var(--cell); }
.chart .cells rect:hover { stroke: var(--accent); stroke-width: 2; }
.chart .gaps { stroke: var(--paper); pointer-events: none; }

.samples { max-width: 46rem; }
.sample { display: grid; grid-template-columns: 6.5rem 1fr; gap: .125rem 1rem; margin: 0; padding: .875rem 0; border-top: 1px solid var(--line); break-inside: avoid; }
.sample:first-child { border-top: 0; padding-top: 0; }
.sample dt { font: .8125rem/1.9 var(--sans); color: var(--muted); }
.sample dd { margin: 0; overflow-wrap: anywhere; }
.sample .ours { font-weight: 600; }

table { border-collapse: collapse; width: 100%; max-width: 52rem; font: .875rem/1.4 var(--sans); font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--rule); }
th, td { padding: .3125rem 1.25rem .3125rem 0; vertical-align: baseline; }
tbody tr + tr td { border-top: 1px solid var(--line); }
tbody tr.total td { border-top: 1px solid var(--rule); font-weight: 600; }
td code { white-space: nowrap; overflow-wrap: normal; }
.shape { white-space: nowrap; }
.number { text-align: right; }
.share { width: 28%; min-width: 6rem; padding-right: 0; }
.share span { display: inline-block; height: .5rem; min-width: 1px; background: var(--blue); border-radius: 1px; }
tr { break-inside: avoid; }

pre { margin: 0 0 1.5rem; padding: .875rem 1rem; background: var(--ground); border-radius: 3px; line-height: 1.5; white-space: pre-wrap; }
.facts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 0; font: .9375rem/1.4 var(--sans); }
.facts dt, .options dt { color: var(--muted); }
.facts dt { font-size: .8125rem; }
.facts dd, .options dd { margin: 0; overflow-wrap: anywhere; }
.options { columns: 20rem auto; column-gap: 2.5rem; margin: 0; font: .875rem/1.4 var(--sans); font-variant-numeric: tabular-nums; }
.options div { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.options dd { text-align: right; }

@media (max-width: 36rem) {
  main { padding: 2rem 1.125rem 4rem; }
  header, section { margin-bottom: 2.75rem; }
  .tiles { display: grid; grid-template-columns: repeat(2, 1fr); gap: 1.25rem 1rem; }
  .sample { grid-template-columns: 1fr; }
  .sample dt { line-height: 1.4; margin-top: .25rem; }
  table { font-size: .8125rem; }
  th, td { padding-right: .625rem; }
  th:last-child, td:last-child { padding-right: 0; }
  td code { white-space: normal; }
  .share { display: none; }
}
@media print {
  :root { --paper: #ffffff; }
  html { font-size: 8.5pt; }
  main { max-width: none; padding: 0; }
  .wide { break-inside: auto; }
  header, section { margin-bottom: 1.5rem; }
  h2, h3 { break-after: avoid; }
  pre { break-inside: avoid; }
  .pair { grid-template-columns: 1fr 1fr; gap: 1.5rem; }
  .maps svg.chart { max-width: 100%; height: auto; }
  .maps .small { max-width: 46%; }
  .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

}  // namespace grus::report
