#include "page/step_graph.h"

namespace grus::page {

// The layout drawn, and what the pointer does to it.
const std::string_view page_script = R"js(
// Drawing.
const NS = 'http://www.w3.org/2000/svg';
const make = (tag, attributes, parent, text) => {
  const element = document.createElementNS(NS, tag);
  for (const k in attributes) element.setAttribute(k, attributes[k]);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const scene = document.getElementById('scene'), svg = document.getElementById('view');
const titleOf = item => item.kind === 'fold' ? foldTitle(item) : item.kind === 'op' ? (item.module ? item.module + ' · ' : '') + item.op + ', its twin' : item.title;

function draw(plan, parent, dx, dy) {
  plan.nodes.filter(n => n.item && n.inner).forEach(n => drawGroup(n, parent, dx, dy));
  plan.paths.forEach(p => {
    const at = { transform: `translate(${dx} ${dy})`, d: p.d };
    const line = make('path', { ...at, class: 'edge', ...(p.arrow ? { 'marker-end': 'url(#tri)' } : {}) }, parent);
    line.values = p.e.values;
    const reach = make('path', { ...at, class: 'reach' }, parent);
    reach.onmousemove = e => { hot(p.e.values); tip(e, valueTip(p.e.values)); };
    reach.onmouseleave = calm;
  });
  plan.nodes.filter(n => n.item && !n.inner).forEach(n => drawNode(n, parent, dx, dy));
}
function drawGroup(n, parent, dx, dy) {
  const x = dx + n.x - n.w / 2, y = dy + n.y, kind = n.item.kind === 'op' ? 'twin' : n.item.kind;
  const g = make('g', { class: 'group ' + kind }, parent);
  if (kind === 'fold') [10, 5].forEach(s => make('rect', { class: 'sheet', x: x + s, y: y + s, width: n.w, height: n.h, rx: 8 }, g));
  make('rect', { x, y, width: n.w, height: n.h, rx: 8 }, g);
  const title = make('text', { x: x + 12, y: y + 17 }, g, titleOf(n.item) + '  –');
  title.onclick = () => toggle(n.item);
  n.inner.inX.forEach(at => make('path', { class: 'edge', d: `M${x + n.shift + at} ${y}v${TITLE}` }, g));
  n.inner.outX.forEach(at => make('path', { class: 'edge', d: `M${x + n.shift + at} ${y + n.h - PAD}v${PAD}` }, g));
  draw(n.inner, parent, x + n.shift, y + TITLE);
}
function drawNode(n, parent, dx, dy) {
  const item = n.item, x = dx + n.x - n.w / 2, y = dy + n.y;
  const bad = item.kind === 'op' && item.outs.some(v => v >= 0 && ['value', 'gradient'].some(k => V[v][k] && V[v][k][3]));
  const g = make('g', { class: 'node' + (item.kind !== 'op' ? ' closed' : item.twin ? ' fused' : '') + (bad ? ' bad' : '') }, parent);
  make('rect', { class: 'card', x, y, width: n.w, height: n.h, rx: 6 }, g);
  item.lines.forEach(([text, kind], i) =>
    make('text', { class: kind, x: dx + n.x, y: y + 22 + 17 * i, 'text-anchor': 'middle' }, g, text));
  if (item.back && item.back.length) {
    make('path', { class: 'edge back', d: `M${x + n.w} ${y + n.h - 12}h14q8 0 8 -8v${24 - n.h}q0 -8 -8 -8h-14`, 'marker-end': 'url(#tri)' }, g);
  }
  const forward = item.ops.reduce((s, o) => s + o.forward, 0), backward = item.ops.reduce((s, o) => s + o.backward, 0);
  const scale = (n.w - 16) / SLOWEST;
  const parts = [Math.min(n.w - 16, forward * scale), 0];
  parts[1] = Math.min(n.w - 16 - parts[0], backward * scale);
  if (parts[0] + parts[1] >= 2) {
    make('rect', { class: 'forward', x: x + 8, y: y + n.h - 5, width: parts[0], height: 2.5 }, g);
    make('rect', { class: 'backward', x: x + 8 + parts[0], y: y + n.h - 5, width: parts[1], height: 2.5 }, g);
  }
  g.onmousemove = e => { hot([...item.needs, ...item.makes]); tip(e, itemTip(item)); };
  g.onmouseleave = calm;
  if (item.inside) g.onclick = () => { if (!moved) toggle(item); };
}

// Hovering.
const number = x => x === 0 ? '0' : Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3 ? x.toExponential(2) : x.toPrecision(4);
const bytes = b => b >= 1e7 ? (b / 1e6).toFixed(0) + ' MB' : b >= 1e4 ? (b / 1e3).toFixed(0) + ' kB' : b + ' B';
const safe = text => String(text).replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const HEAD = '<table><tr><th></th><th>shape</th><th></th><th class="n">min</th><th class="n">max</th><th class="n">mean</th><th class="n">NaN, inf</th></tr>';
function rows(label, v) {
  const x = V[v];
  if (!x) return '';
  const cells = s => s ? s.slice(0, 3).map(n => `<td class="n">${number(n)}</td>`).join('') + `<td class="n${s[3] ? ' bad' : ''}">${s[3]}</td>` : '<td></td><td></td><td></td><td></td>';
  const name = x.parameter === undefined ? label : x.parameter || 'parameter';
  return `<tr class="group"><td>${safe(name)}</td><td>${x.shape}</td><td>${x.dtype}</td>${cells(x.value)}</tr>` +
    (x.gradient ? `<tr class="gradient"><td>gradient</td><td></td><td></td>${cells(x.gradient)}</tr>` : '');
}
const valueTip = values => HEAD + values.slice(0, 6).map(v => rows('value', v)).join('') + '</table>';
function itemTip(item) {
  if (item.kind !== 'op') return `<b>${safe(titleOf(item))}</b><p>${item.ops.length} ops; click to open</p>`;
  const facts = ['saves ' + bytes(item.saved)];
  if (item.forward) facts.push('forward ' + (item.forward / 1e6).toFixed(3) + ' ms');
  if (item.backward) facts.push('backward ' + (item.backward / 1e6).toFixed(3) + ' ms');
  return `<b>${safe(item.op)}</b><span class="where">${safe(item.scope)}</span><p>${facts.join(' · ')}</p>` + HEAD +
    item.args.map((v, i) => v < 0 ? '' : rows('input ' + i, v)).join('') +
    item.outs.map((v, i) => rows('output ' + i, v)).join('') + '</table>';
}
const card = document.getElementById('tip');
function tip(e, html) {
  card.innerHTML = html;
  card.style.display = 'block';
  const w = card.offsetWidth, h = card.offsetHeight;
  card.style.left = Math.max(8, e.clientX + 18 + w > innerWidth ? e.clientX - w - 18 : e.clientX + 18) + 'px';
  card.style.top = Math.max(8, Math.min(e.clientY + 14, innerHeight - h - 8)) + 'px';
}
function hot(values) {
  const all = new Set(values);
  document.querySelectorAll('.edge').forEach(p => p.classList.toggle('hot', (p.values || []).some(v => all.has(v))));
}
function calm() {
  card.style.display = 'none';
  document.querySelectorAll('.edge.hot').forEach(p => p.classList.remove('hot'));
}

// Zoom and pan.
let plan, at = { x: 0, y: 0, k: 1 }, moved = false;
const apply = () => scene.setAttribute('transform', `translate(${at.x} ${at.y}) scale(${at.k})`);
function fit() {
  const k = Math.min(1.3, (innerWidth - 60) / plan.w, (innerHeight - 60) / plan.h);
  at = { k, x: (innerWidth - plan.w * k) / 2, y: Math.max(30, (innerHeight - plan.h * k) / 2) };
  apply();
}
function render() {
  plan = layout(DATA.items, new Set(), new Set());
  scene.replaceChildren();
  draw(plan, scene, 0, 0);
}
function find(plan, item, dx, dy) {
  for (const n of plan.nodes) {
    const x = dx + n.x - n.w / 2, y = dy + n.y;
    if (n.item === item) return { x, y, w: n.w, h: n.h };
    const inside = n.inner && find(n.inner, item, x + n.shift, y + TITLE);
    if (inside) return inside;
  }
  return null;
}
// What was opened comes into full view; what was closed stays under the pointer.
function focus(item, before) {
  const box = find(plan, item, 0, 0);
  if (!box) return fit();
  if (item.open) {
    const k = Math.min(1.3, (innerWidth - 80) / box.w, Math.max(0.8, (innerHeight - 160) / box.h));
    at = { k, x: innerWidth / 2 - (box.x + box.w / 2) * k, y: Math.max(110, (innerHeight - box.h * k) / 2) - box.y * k };
  } else {
    const k = Math.max(at.k, 0.8);
    at = { k, x: before.x - (box.x + box.w / 2) * k, y: before.y - (box.y + box.h / 2) * k };
  }
  apply();
}
function toggle(item) {
  const box = find(plan, item, 0, 0);
  item.open = !item.open;
  calm(); render();
  focus(item, { x: at.x + (box.x + box.w / 2) * at.k, y: Math.max(80, at.y + box.y * at.k) + 40 });
}
svg.addEventListener('wheel', e => {
  e.preventDefault();
  const k = Math.min(6, Math.max(0.03, at.k * Math.exp(-e.deltaY * 0.0015)));
  at = { k, x: e.clientX - (e.clientX - at.x) * k / at.k, y: e.clientY - (e.clientY - at.y) * k / at.k };
  apply();
}, { passive: false });
svg.addEventListener('pointerdown', e => {
  const from = { x: e.clientX - at.x, y: e.clientY - at.y, cx: e.clientX, cy: e.clientY };
  moved = false;
  const move = m => {
    if (Math.hypot(m.clientX - from.cx, m.clientY - from.cy) > 4) { moved = true; svg.classList.add('moving'); }
    at.x = m.clientX - from.x; at.y = m.clientY - from.y; apply();
  };
  const up = () => { removeEventListener('pointermove', move); removeEventListener('pointerup', up); svg.classList.remove('moving'); };
  addEventListener('pointermove', move); addEventListener('pointerup', up);
});
document.getElementById('fit').onclick = fit;
const twins = document.getElementById('twins');
function openTwins(on) {
  ALL.forEach(i => { if (i.twin) i.open = on; });
  twins.textContent = on ? 'Close all twins' : 'Open all twins';
  render(); fit();
}
twins.onclick = () => openTwins(!ALL.some(i => i.twin && i.open));
if (!ALL.some(i => i.twin)) twins.remove();
const sum = f => TOP.reduce((s, o) => s + f(o), 0), forward = sum(o => o.forward), backward = sum(o => o.backward);
if (!forward) document.getElementById('times').remove();
document.getElementById('facts').textContent = `${DATA.records} records, ${bytes(sum(o => o.saved))} saved` +
  (forward ? `, ${(forward / 1e6).toFixed(1)} ms forward, ${(backward / 1e6).toFixed(1)} ms backward` : '');
const wish = new URLSearchParams(location.hash.slice(1));
if (wish.has('twins')) openTwins(true); else {
  const item = ALL.find(i => i.inside && i.op === wish.get('open'));
  if (item) item.open = true;
  render();
  if (item) focus(item); else fit();
}
)js";

}  // namespace grus::page
