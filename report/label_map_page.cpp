// The parts that a page needs around label maps. Colours are those of the report's style sheet.
#include "report/label_map.h"

namespace grus::report {

const std::string_view map_style = R"css(
.labelmap { position: relative; margin-bottom: .75rem; }
.maptools { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem 1.5rem; margin-bottom: .5rem; font: .8125rem/1 var(--sans); color: var(--muted); }
.keys { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; }
.keys i { display: inline-block; width: .5rem; height: .5rem; margin-right: .4rem; border-radius: 50%; background: var(--blue); }
.keys i.g1 { background: var(--accent); } .keys i.g2 { background: var(--green); } .keys i.g3 { background: var(--purple); }
.controls { display: flex; gap: .375rem; }
.controls input, .controls button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--rule); border-radius: 3px; padding: .375rem .625rem; }
.controls input { width: 9rem; }
.controls button { cursor: pointer; min-width: 2rem; }
.controls button:hover { border-color: var(--accent); color: var(--accent); }
.controls :focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
svg.map { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 3px; touch-action: pan-y; cursor: grab; }
svg.map:active { cursor: grabbing; }
svg.map.closer { touch-action: none; }
.map text { pointer-events: none; user-select: none; -webkit-user-select: none; }
.map .halo { stroke-width: 3; }
.map .pt.off circle { opacity: .38; }
.map .pt.gone { display: none; }
.map .pt.on text { visibility: visible; }
.map .pt.on text, .map .pt.found text { font-weight: 600; }
.map .pt.found text, .map .pt.here text { fill: var(--accent); }
.map .pt.here circle, .map .pt.found circle { opacity: 1; stroke: var(--accent); stroke-width: 2; }
.map.asked .pt:not(.on), .map.seeking .pt:not(.found) { opacity: .25; }
.map .links line { stroke: var(--accent); stroke-width: 1; opacity: .6; }
.tip { position: absolute; z-index: 1; max-width: 20rem; padding: .5rem .75rem; background: var(--paper); border: 1px solid var(--rule); border-radius: 3px; box-shadow: 0 2px 10px rgb(0 0 0 / .12); font: .8125rem/1.45 var(--sans); pointer-events: none; }
.tip b { display: block; font-size: .9375rem; }
.tip span { color: var(--muted); }
@media print { .controls, .tip { display: none; } }
)css";

// Zooming moves points apart while labels keep their size, and places labels anew by the rule of place_labels.
const std::string_view map_script = R"js(
document.querySelectorAll('.labelmap').forEach(box => {
  const svg = box.querySelector('svg.map'), tip = box.querySelector('.tip'), find = box.querySelector('input');
  if (!svg) return;
  const [, , W, H] = svg.getAttribute('viewBox').split(' ').map(Number), links = svg.querySelector('.links');
  const points = [...svg.querySelectorAll('.pt')].map(g => {
    const [x, y] = g.getAttribute('transform').match(/-?[\d.]+/g).map(Number);
    return { g, x, y, text: g.querySelector('text'), r: +g.querySelector('circle').getAttribute('r'),
             w: +g.dataset.w, near: g.dataset.near.split(' ').filter(s => s), i: g.dataset.i };
  }).reverse();  // the greatest first
  const byIndex = Object.fromEntries(points.map(p => [p.i, p]));
  let k = 1, tx = 0, ty = 0, asked = null;
  const at = p => [p.x * k + tx, p.y * k + ty];

  const boxes = (x, y, w) => [
    ['start', x + 5, y - 7.5, x + 5 + w, y + 4.5], ['end', x - 5 - w, y - 7.5, x - 5, y + 4.5],
    ['above', x - w / 2, y - 16.5, x + w / 2, y - 4.5], ['below', x - w / 2, y + 4.5, x + w / 2, y + 16.5]];
  function place() {
    const cells = new Map();
    const each = (b, f) => { for (let r = b[2] / 40 | 0; r <= (b[4] / 40 | 0); ++r) for (let c = b[1] / 40 | 0; c <= (b[3] / 40 | 0); ++c) f(r * 1000 + c); };
    const free = b => { let ok = true; each(b, c => (cells.get(c) || []).forEach(o => { if (b[1] < o[3] && o[1] < b[3] && b[2] < o[4] && o[2] < b[4]) ok = false; })); return ok; };
    const take = b => each(b, c => cells.has(c) ? cells.get(c).push(b) : cells.set(c, [b]));
    const found = p => p.g.classList.contains('found');
    for (const p of [...points.filter(found), ...points.filter(p => !found(p))]) {
      const [x, y] = at(p), gone = x < 0 || y < 0 || x > W || y > H;
      p.g.classList.toggle('gone', gone);
      if (gone) continue;
      p.g.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      const dot = [0, x - 3, y - 3, x + 3, y + 3];
      const b = boxes(x, y, p.w).find(b => b[1] >= 2 && b[3] <= W - 2 && b[2] >= 2 && b[4] <= H - 2 &&
        free([0, b[1] - 2, b[2] - 1, b[3] + 2, b[4] + 1]) && free(dot));
      if (b) { take(b); take(dot); }
      side(p, b ? b[0] : x > W / 2 ? 'end' : 'start');
      p.g.classList.toggle('off', !b);
      p.text.setAttribute('visibility', b ? 'inherit' : 'hidden');
    }
  }
  function side(p, name) {
    const away = Math.max(5, p.r + 2.5), flat = name === 'start' || name === 'end';
    p.text.setAttribute('text-anchor', flat ? name : 'middle');
    p.text.setAttribute('x', name === 'start' ? away : name === 'end' ? -away : 0);
    p.text.setAttribute('y', flat ? 3.8 : name === 'above' ? -away - 1 : away + 8.5);
  }
  function zoom(factor, x = W / 2, y = H / 2) {
    const next = factor ? Math.min(40, Math.max(1, k * factor)) : 1;
    tx = next === 1 ? 0 : x - (x - tx) * next / k; ty = next === 1 ? 0 : y - (y - ty) * next / k; k = next;
    svg.classList.toggle('closer', k > 1);
    ask(null); place();
  }
  function ask(p, pixel) {
    if (p === asked) return;
    asked = p;
    svg.querySelectorAll('.on, .here').forEach(g => g.classList.remove('on', 'here'));
    svg.classList.toggle('asked', !!p);
    links.replaceChildren(); tip.hidden = !p;
    if (!p) return;
    const near = p.near.map(i => byIndex[i]).filter(q => q), [x, y] = at(p);
    p.g.classList.add('on', 'here');
    for (const q of near) {
      q.g.classList.add('on');
      const line = document.createElementNS(svg.namespaceURI, 'line'), [u, v] = at(q);
      for (const [name, value] of Object.entries({ x1: x, y1: y, x2: u, y2: v })) line.setAttribute(name, value);
      links.append(line);
    }
    const bold = document.createElement('b'), rest = document.createElement('span');
    bold.textContent = p.text.textContent;
    rest.textContent = [p.g.dataset.note, near.length ? 'nearest: ' + near.map(q => q.text.textContent).join(' · ') : ''].filter(s => s).join(' — ');
    tip.replaceChildren(bold, rest);
    const s = svg.getBoundingClientRect(), b = box.getBoundingClientRect(), scale = s.width / W;
    tip.style.left = Math.max(0, Math.min(b.width - tip.offsetWidth, s.left - b.left + x * scale + 14)) + 'px';
    tip.style.top = (s.top - b.top + y * scale + (y > H * .7 ? -tip.offsetHeight - 14 : 14)) + 'px';
  }
  const inside = e => { const s = svg.getBoundingClientRect(); return [(e.clientX - s.left) * W / s.width, (e.clientY - s.top) * H / s.height]; };
  let drag = null;
  svg.addEventListener('pointerdown', e => { if (k > 1) { drag = inside(e); svg.setPointerCapture(e.pointerId); } });
  svg.addEventListener('pointerup', () => drag = null);
  svg.addEventListener('pointercancel', () => drag = null);
  svg.addEventListener('pointermove', e => {
    const [x, y] = inside(e);
    if (drag) { tx += x - drag[0]; ty += y - drag[1]; drag = [x, y]; ask(null); requestAnimationFrame(place); return; }
    let best = null, least = 144;
    for (const p of points) { const [u, v] = at(p), d = (u - x) ** 2 + (v - y) ** 2; if (d < least) { least = d; best = p; } }
    ask(best);
  });
  svg.addEventListener('pointerleave', () => ask(null));
  svg.addEventListener('dblclick', e => zoom(2, ...inside(e)));
  svg.addEventListener('wheel', e => { if (!e.ctrlKey && !e.metaKey) return; e.preventDefault(); zoom(Math.exp(-e.deltaY / 200), ...inside(e)); }, { passive: false });
  box.querySelectorAll('button').forEach(b => b.addEventListener('click', () => zoom(+b.dataset.zoom)));
  find.addEventListener('input', () => {
    const wanted = find.value.trim().toLowerCase();
    svg.classList.toggle('seeking', !!wanted);
    for (const p of points) p.g.classList.toggle('found', !!wanted && p.text.textContent.toLowerCase().includes(wanted));
    place();
  });
});
)js";

}  // namespace grus::report
