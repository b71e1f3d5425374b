// The script of the page: asks while one types, shows what comes back, draws its alignment.
#include "examples/translate/serve/page.h"

namespace grus::translate {

// Text from outside reaches the page as text nodes alone.
const std::string_view serve_script = R"js(
const $ = id => document.getElementById(id), text = $('text'), said = $('said'), note = $('note');
const links = $('links'), flows = $('flows'), svgns = 'http://www.w3.org/2000/svg';
let running = null, timer = 0, shown = [];

function make(parent, name, attributes = {}, content = '') {
  const node = name in { svg: 1, g: 1, path: 1, text: 1, rect: 1, title: 1 } ? document.createElementNS(svgns, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = content;
  parent.append(node);
  return node;
}
function say(words, wrong = false) {
  note.textContent = words;
  note.classList.toggle('wrong', wrong);
}
function clear() {
  said.replaceChildren();
  make(said, 'p', { class: 'empty' }, 'It appears while you type.');
  shown = [];
  draw();
  say('');
}

const canvas = document.createElement('canvas').getContext('2d');
function widthOf(word) {
  canvas.font = 17 + 'px ' + getComputedStyle(document.body).fontFamily;
  return canvas.measureText(word).width;
}
// Words stand in two rows where these fit, else in two columns; places are [x, y, anchor].
function layout(alignment, room) {
  const widths = [alignment.source, alignment.target].map(side => side.map(widthOf)), count = Math.max(...widths.map(row => row.length));
  const bare = Math.max(...widths.map(row => row.reduce((sum, w) => sum + w, 0))), gap = Math.max(16, Math.min(40, (room - bare) / count));
  const totals = widths.map(row => row.reduce((sum, w) => sum + w + gap, -gap)), widest = Math.max(...totals);
  if (widest <= room) {
    const height = 190, places = widths.map((row, side) => {
      let x = (widest - totals[side]) / 2;
      return row.map(w => { const at = [x + w / 2, side ? height - 12 : 24, 'middle', w]; x += w + gap; return at; });
    });
    return { width: widest, height, places, path: (a, b) => `M${a[0]} 36C${a[0]} 100 ${b[0]} 94 ${b[0]} ${height - 32}` };
  }
  const most = room * .38, step = 30, shrink = widths.map(row => Math.min(most, Math.max(...row)));
  const middle = Math.min(150, room - shrink[0] - shrink[1] - 20), height = step * Math.max(widths[0].length, widths[1].length);
  const left = shrink[0], right = left + 20 + middle, places = widths.map((row, side) => row.map((w, i) =>
    [side ? right : left, (i + .5) * height / row.length + 6, side ? 'start' : 'end', Math.min(w, shrink[side])]));
  return { width: right + shrink[1], height, places, path: (a, b) =>
    `M${left + 10} ${a[1] - 6}C${left + middle / 2} ${a[1] - 6} ${right - middle / 2} ${b[1] - 6} ${right - 10} ${b[1] - 6}` };
}
function drawOne(alignment, room) {
  const at = layout(alignment, room), figure = make(flows, 'figure');
  const svg = make(figure, 'svg', { class: 'flow', width: at.width, height: at.height, viewBox: `0 0 ${at.width} ${at.height}`, role: 'img',
    'aria-label': `Alignment of “${alignment.source.join(' ')}” with “${alignment.target.join(' ')}”` });
  const paths = [];
  alignment.weights.forEach((row, t) => row.forEach((weight, s) => {
    if (weight < .04) return;
    const path = make(svg, 'path', { d: at.path(at.places[0][s], at.places[1][t]), 'stroke-width': (1 + 5 * weight).toFixed(2),
      style: `opacity:${(.08 + .82 * weight).toFixed(3)};--share:${(.25 + .75 * weight).toFixed(3)}` });
    make(path, 'title', {}, `${alignment.source[s]} → ${alignment.target[t]}: ${(100 * weight).toFixed(0)} %`);
    paths.push({ path, ends: [s, t] });
  }));
  const words = at.places.map((row, side) => row.map(([x, y, anchor, width], i) => {
    const word = [alignment.source, alignment.target][side][i], g = make(svg, 'g', { class: 'word', tabindex: 0 });
    const from = anchor === 'middle' ? x - width / 2 : anchor === 'end' ? x - width : x;
    make(g, 'rect', { x: from - 8, y: y - 22, width: width + 16, height: 32 });
    const label = make(g, 'text', { x, y, 'text-anchor': anchor }, word);
    if (widthOf(word) > width + 1) { label.setAttribute('textLength', width); label.setAttribute('lengthAdjust', 'spacingAndGlyphs'); }
    return g;
  }));
  const ask = (side, i) => {
    svg.classList.add('asked');
    words.flat().forEach(g => g.classList.remove('on'));
    words[side][i].classList.add('on');
    for (const { path, ends } of paths) {
      const on = ends[side] === i;
      path.classList.toggle('on', on);
      if (on) words[1 - side][ends[1 - side]].classList.add('on');
    }
  };
  const leave = () => svg.classList.remove('asked');
  words.forEach((row, side) => row.forEach((g, i) => {
    for (const event of ['pointerenter', 'pointerdown', 'focus']) g.addEventListener(event, () => ask(side, i));
    for (const event of ['pointerleave', 'blur']) g.addEventListener(event, leave);
  }));
}
// The end of a sentence is no word that a reader looks for.
function withoutEnd(alignment) {
  const ends = alignment.target.at(-1) === '<eos>';
  return ends ? { ...alignment, target: alignment.target.slice(0, -1), weights: alignment.weights.slice(0, -1) } : alignment;
}
function draw() {
  if (!links) return;
  flows.replaceChildren();
  const some = shown.filter(a => a && a.source.length && a.target.length);
  links.hidden = !some.length;
  some.forEach(a => drawOne(a, flows.clientWidth));
}

function show(answer, milliseconds) {
  said.replaceChildren();
  for (const { translations } of answer.sentences) {
    make(said, 'p', {}, translations[0].text);
    if (translations.length < 2) continue;
    const list = make(said, 'ol');
    for (const other of translations.slice(1)) make(make(list, 'li', {}, other.text), 'span', {}, other.score.toFixed(2));
  }
  shown = answer.sentences.map(s => s.translations[0].alignment && withoutEnd(s.translations[0].alignment));
  draw();
  const other = answer.batch - answer.sentences.length;
  say(`${milliseconds.toFixed(0)} ms` + (other > 0 ? `, in a batch with ${other} other${other > 1 ? 's' : ''}` : ''));
}
async function ask() {
  if (running) running.abort();
  const lines = text.value.split('\n').map(line => line.trim()).filter(line => line), mine = running = new AbortController();
  if (!lines.length) return clear();
  const best = Math.min(+$('best').value, +$('beam').value), started = performance.now();
  said.classList.add('old');
  try {
    const body = JSON.stringify({ text: lines, beam: +$('beam').value, n_best: best, alignment: links ? 'words' : 'none' });
    const reply = await fetch('translate', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal: mine.signal });
    const answer = await reply.json();
    if (mine !== running) return;
    reply.ok ? show(answer, performance.now() - started) : say(answer.error, true);
  } catch (error) {
    if (mine === running) say('The server does not answer.', true);
  }
  if (mine === running) said.classList.remove('old');
}
function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, 150);
}
text.addEventListener('input', soon);
for (const id of ['beam', 'best']) $(id).addEventListener('change', ask);
let width = 0;
new ResizeObserver(() => { if (width !== document.body.clientWidth) { width = document.body.clientWidth; draw(); } }).observe(document.body);
const here = location.href.split('#')[0].replace(/\/$/, '');
$('curl').textContent = $('curl').textContent.replace('HERE', here);
if (location.hash.length > 1) text.value = decodeURIComponent(location.hash.slice(1));
ask();
)js";

}  // namespace grus::translate
