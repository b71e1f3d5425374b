#include "page/step_graph.h"

namespace grus::page {

// Layout after Sugiyama: ranks by longest path, order by barycentres, places by least squares; groups are laid out
// first and enter their parent's layout as one box with ports.
const std::string_view page_layout = R"js(
'use strict';
const V = DATA.values, GAP_X = 26, GAP_Y = 40, PAD = 16, TITLE = 26;
const isData = v => v >= 0 && V[v] && V[v].parameter === undefined;
const pen = document.createElement('canvas').getContext('2d');
const FONT = getComputedStyle(document.documentElement).getPropertyValue('--sans');
const width = (text, style) => { pen.font = style + ' ' + FONT; return pen.measureText(text).width; };
const union = sets => { const all = new Set(); for (const s of sets) for (const v of s) all.add(v); return all; };

// What each item needs from outside and makes for outside.
function prepare(item, owner) {
  item.owner = owner;
  if (item.kind === 'op') {
    item.inside = item.twin || null;
    item.open = false;
    item.needs = new Set(item.ins.filter(isData));
    item.makes = new Set(item.outs.filter(v => v >= 0));
    item.ops = [item];
  } else {
    item.inside = item.items;
    item.open = true;
  }
  (item.inside || []).forEach(i => prepare(i, item));
  if (item.kind === 'op') return;
  item.makes = union(item.items.map(i => i.makes));
  item.needs = new Set([...union(item.items.map(i => i.needs))].filter(v => !item.makes.has(v)));
  item.ops = item.items.flatMap(i => i.ops);
}
// A module of one thing is that thing.
function merged(items) {
  return items.map(item => {
    if (item.twin) item.twin = merged(item.twin);
    if (!item.items) return item;
    item.items = merged(item.items);
    const only = item.items.length === 1 ? item.items[0] : null;
    if (item.kind === 'module' && only && only.kind !== 'fold') {
      if (only.kind === 'module') only.title = item.title + '.' + only.title;
      else only.module = item.title + (only.module ? '.' + only.module : '');
      return only;
    }
    return item;
  });
}
DATA.items = merged(DATA.items);
DATA.items.forEach(i => prepare(i, null));
const ALL = [];
(function collect(items) { for (const i of items) { ALL.push(i); if (i.inside) collect(i.inside); } })(DATA.items);
const TOP = DATA.items.flatMap(i => i.ops);
const SLOWEST = Math.max(1, ...TOP.map(o => o.forward + o.backward));
const last = text => text.slice(text.lastIndexOf('.') + 1);

// With a state that comes back it is a recurrence.
const foldTitle = item => '× ' + item.times + (item.ops.some(o => o.back.length) ? ' time steps' : ' alike');
function lines(item) {
  if (item.kind !== 'op') {
    const title = item.kind === 'fold' ? foldTitle(item) : item.title;
    return [[title, 'op'], [item.ops.length + ' ops', '']];
  }
  const text = item.module ? [[item.module, 'module'], [item.op, 'op']] : [[item.op, 'op']];
  text.push([item.outs.filter(v => v >= 0).map(v => V[v].shape).join(' '), '']);
  const names = [...new Set(item.args.filter(v => v >= 0 && !isData(v)).map(v => last(V[v].parameter || 'parameter')))];
  if (names.length) text.push([names.length > 3 ? names.length + ' parameters' : names.join(', '), 'parameters']);
  if (item.twin) text.push(['fused: open its twin', 'more']);
  return text;
}
function closedSize(item) {
  item.lines = lines(item);
  const wide = Math.max(...item.lines.map(([t, c]) => width(t, c === 'op' ? '600 14px' : '12px')));
  return { w: Math.max(96, Math.ceil(wide) + 28), h: 16 + 17 * item.lines.length + 4 };
}

// Boxes, ports and paths of `items`; coordinates begin at 0.
function layout(items, given, wanted) {
  const nodes = [], edges = [];
  const maker = new Map();
  items.forEach((item, i) => item.makes.forEach(v => maker.set(v, i)));
  items.forEach((item, i) => {
    const outside = new Set([...item.makes].filter(v => wanted.has(v) || items.some(o => o !== item && o.needs.has(v))));
    const from = new Set([...item.needs].filter(v => maker.has(v) || given.has(v)));
    const node = { item, index: i, out: [], in: [] };
    if (item.open && item.inside) {
      node.inner = layout(item.inside, from, outside);
      const heading = width(titleOf(item), '600 12px') + 20;
      node.w = Math.max(node.inner.w + 2 * PAD, heading);
      node.shift = (node.w - node.inner.w) / 2;
      node.h = node.inner.h + TITLE + PAD;
    } else Object.assign(node, closedSize(item));
    nodes.push(node);
  });
  const ports = new Map();
  const used = new Set(items.flatMap(item => [...item.needs]).filter(v => !maker.has(v) && given.has(v)));
  used.forEach(v => { const n = { port: v, w: 12, h: 0, out: [], in: [], top: true }; ports.set(v, n); nodes.push(n); });
  const seen = new Map();
  const join = (a, b, v) => {
    const key = a.inner || b.inner || a.port !== undefined || b.port !== undefined ? v : 'all';
    const id = nodes.indexOf(a) + '>' + nodes.indexOf(b) + ':' + key;
    if (seen.has(id)) { seen.get(id).values.push(v); return; }
    const e = { a, b, values: [v] };
    seen.set(id, e); edges.push(e); a.out.push(e); b.in.push(e);
  };
  items.forEach((item, i) => item.needs.forEach(v => {
    if (maker.has(v)) { if (maker.get(v) !== i) join(nodes[maker.get(v)], nodes[i], v); }
    else if (ports.has(v)) join(ports.get(v), nodes[i], v);
  }));
  const exits = new Map();
  wanted.forEach(v => {
    if (!maker.has(v)) return;
    const n = { port: v, w: 12, h: 0, out: [], in: [], bottom: true };
    exits.set(v, n); nodes.push(n); join(nodes[maker.get(v)], n, v);
  });
  const ranks = rank(nodes, ports.size > 0);
  const chains = edges.map(e => chain(e, ranks));
  order(ranks);
  place(ranks);
  const xs = nodes.concat(...ranks.map(r => r.filter(n => n.dummy)));
  const left = Math.min(...xs.map(n => n.x - n.w / 2)), right = Math.max(...xs.map(n => n.x + n.w / 2));
  xs.forEach(n => { n.x -= left; });
  let y = 0;
  ranks.forEach((row, r) => {
    const h = Math.max(...row.map(n => n.h || 0));
    row.forEach(n => { n.y = y + (h - (n.dummy ? h : n.h)) / 2; n.rowTop = y; n.rowBottom = y + h; if (n.dummy) n.h = h; });
    y += h + (r + 1 < ranks.length ? GAP_Y + Math.min(24, 2 * row.length) : 0);
  });
  const inX = new Map([...ports].map(([v, n]) => [v, n.x])), outX = new Map([...exits].map(([v, n]) => [v, n.x]));
  return { w: right - left, h: y, nodes, paths: chains.map(c => path(c)), inX, outX };
}

function rank(nodes, ported) {
  const done = new Set(), first = ported ? 1 : 0;
  const visit = n => {
    if (done.has(n)) return n.rank;
    done.add(n);
    n.rank = n.top ? 0 : Math.max(first, ...n.in.map(e => visit(e.a) + 1));
    return n.rank;
  };
  nodes.forEach(visit);
  const deepest = Math.max(first, ...nodes.filter(n => !n.bottom).map(n => n.rank));
  nodes.forEach(n => { if (n.bottom) n.rank = deepest + 1; });
  const floats = new Map();  // nothing holds it up: it goes down to what uses it
  const floating = n => {
    if (!floats.has(n)) floats.set(n, !n.top && n.in.every(e => floating(e.a)));
    return floats.get(n);
  };
  [...nodes].sort((a, b) => b.rank - a.rank).forEach(n => {
    if (!n.top && !n.bottom && n.out.length && (floating(n) || n.out.length > n.in.length))
      n.rank = Math.min(...n.out.map(e => e.b.rank)) - 1;
  });
  const ranks = [];
  nodes.forEach(n => { while (ranks.length <= n.rank) ranks.push([]); ranks[n.rank].push(n); });
  return ranks.filter(r => r.length).map((r, i) => { r.forEach(n => { n.rank = i; }); return r; });
}
// An edge over several ranks passes a dummy in each between.
function chain(e, ranks) {
  const stops = [e.a];
  for (let r = e.a.rank + 1; r < e.b.rank; ++r) {
    const d = { dummy: true, w: 14, h: 0, rank: r, up: [], down: [] };
    ranks[r].push(d); stops.push(d);
  }
  stops.slice(1).forEach(d => { d.chain = stops.slice(1); });
  stops.push(e.b);
  for (let i = 0; i + 1 < stops.length; ++i) {
    (stops[i].down = stops[i].down || []).push([stops[i + 1], e]);
    (stops[i + 1].up = stops[i + 1].up || []).push([stops[i], e]);
  }
  return { e, stops };
}
// Where an edge meets a box, from its middle.
function offset(n, e, side) {
  if (!n.inner) return 0;
  const at = (side === 'in' ? n.inner.inX : n.inner.outX).get(e.values[0]);
  return at === undefined ? 0 : at + n.shift - n.w / 2;
}
function crossings(ranks) {
  let count = 0;
  for (let r = 0; r + 1 < ranks.length; ++r) {
    const pos = new Map(ranks[r + 1].map((n, i) => [n, i])), all = [];
    ranks[r].forEach((n, i) => (n.down || []).forEach(([m, e]) => all.push([i + offset(n, e, 'out') / 1e4, pos.get(m) + offset(m, e, 'in') / 1e4])));
    for (let i = 0; i < all.length; ++i) for (let j = i + 1; j < all.length; ++j)
      if ((all[i][0] - all[j][0]) * (all[i][1] - all[j][1]) < 0) ++count;
  }
  return count;
}
function order(ranks) {
  let best = ranks.map(r => [...r]), fewest = crossings(ranks);
  for (let sweep = 0; sweep < 24 && fewest > 0; ++sweep) {
    const down = sweep % 2 === 0;
    for (let k = 1; k < ranks.length; ++k) {
      const r = down ? k : ranks.length - 1 - k, other = ranks[down ? r - 1 : r + 1];
      const pos = new Map(other.map((n, i) => [n, i]));
      const weight = n => {
        const near = (down ? n.up : n.down) || [];
        if (!near.length) return ranks[r].indexOf(n);
        return near.reduce((s, [m, e]) => s + pos.get(m) + offset(m, e, down ? 'out' : 'in') / Math.max(1, m.w) - offset(n, e, down ? 'in' : 'out') / 1e4, 0) / near.length;
      };
      const w = new Map(ranks[r].map(n => [n, weight(n)]));
      ranks[r].sort((a, b) => w.get(a) - w.get(b));
    }
    const now = crossings(ranks);
    if (now < fewest) { fewest = now; best = ranks.map(r => [...r]); }
  }
  ranks.forEach((r, i) => { r.splice(0, r.length, ...best[i]); });
}
// Each row as near as can be to where its neighbours want it, in order and without overlap (pool adjacent violators).
function settle(row, wish, weight) {
  let at = 0;
  const starts = row.map((n, i) => { if (i) at += (row[i - 1].w + n.w) / 2 + GAP_X; return at; });
  const pools = [];
  row.forEach((n, i) => {
    pools.push({ sum: (wish[i] - starts[i]) * weight[i], weight: weight[i], from: i });
    while (pools.length > 1) {
      const b = pools[pools.length - 1], a = pools[pools.length - 2];
      if (a.sum / a.weight <= b.sum / b.weight) break;
      pools.pop(); a.sum += b.sum; a.weight += b.weight;
    }
  });
  pools.forEach((p, k) => {
    const end = k + 1 < pools.length ? pools[k + 1].from : row.length;
    for (let i = p.from; i < end; ++i) row[i].x = starts[i] + p.sum / p.weight;
  });
}
function place(ranks) {
  ranks.forEach(row => settle(row, row.map(() => 0), row.map(() => 1)));
  for (let sweep = 0; sweep < 40; ++sweep) {
    const down = sweep % 2 === 0;
    for (let k = 0; k < ranks.length; ++k) {
      const row = ranks[down ? k : ranks.length - 1 - k];
      const wish = [], weight = [];
      row.forEach(n => {
        const pull = [];
        const both = sweep >= 30;
        if (down || both) (n.up || []).forEach(([m, e]) => pull.push([m.x + offset(m, e, 'out') - offset(n, e, 'in'), m.dummy && n.dummy ? 8 : 1]));
        if (!down || both) (n.down || []).forEach(([m, e]) => pull.push([m.x + offset(m, e, 'in') - offset(n, e, 'out'), m.dummy && n.dummy ? 8 : 1]));
        if (n.dummy && sweep >= 20) pull.push([n.chain.reduce((s, d) => s + d.x, 0) / n.chain.length, 40]);  // straight
        const total = pull.reduce((s, p) => s + p[1], 0);
        wish.push(total ? pull.reduce((s, p) => s + p[0] * p[1], 0) / total : n.x);
        weight.push(total || 0.05);
      });
      settle(row, wish, weight);
    }
  }
}
function spread(n, e, side) {
  if (n.inner || n.port !== undefined) return offset(n, e, side);
  const near = [...((side === 'in' ? n.up : n.down) || [])].sort((p, q) => p[0].x - q[0].x);
  const i = near.findIndex(p => p[1] === e), step = Math.min(16, (n.w - 30) / Math.max(1, near.length));
  return (i - (near.length - 1) / 2) * step;
}
function path({ e, stops }) {
  const a = stops[0], b = stops[stops.length - 1];
  let x = a.x + spread(a, e, 'out'), y = a.y + a.h;
  let d = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  if (a.rowBottom > y) { y = a.rowBottom; d += `V${y.toFixed(1)}`; }
  for (let i = 1; i < stops.length; ++i) {
    const n = stops[i], end = n === b, nx = end ? n.x + spread(n, e, 'in') : n.x, ny = n.rowTop;
    const mid = (y + ny) / 2;
    d += `C${x.toFixed(1)} ${mid.toFixed(1)} ${nx.toFixed(1)} ${mid.toFixed(1)} ${nx.toFixed(1)} ${ny.toFixed(1)}`;
    x = nx; y = end ? n.y : n.rowBottom;
    if (y > ny) d += `V${y.toFixed(1)}`;
  }
  return { d, e, arrow: b.item && !b.inner };
}
)js";

}  // namespace grus::page
