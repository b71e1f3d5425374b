// Measures the runtime of a page of `./dev browser` in Node, whose engine is Chromium's: JSON with sentences a second by the
// clock, one after the other, and the CPU time of a pass. The first pass, in which the engine compiles, is not counted; figures are
// medians of the others. Translations go to standard error.
//   node tests/bench/browser.js build-browser/deploy/browser/grus.wasm MODEL.grus LINES [--passes 5] [--beam 1 --precision int8 ...]
"use strict";
const fs = require("fs"), os = require("os"), path = require("path");
const {Translator} = require(path.join(__dirname, "../../deploy/browser/runtime.js"));

async function main([wasm, model, lines, ...flags]) {
  if (!lines || flags.length % 2) throw new Error("need a runtime, a packed model, a file of lines, and flags with their values");
  const given = Object.fromEntries(Array.from({length: flags.length / 2}, (_, i) => [flags[2 * i].replace(/^--/, ""), flags[2 * i + 1]]));
  const passes = Number(given.passes ?? 5);
  if (!(passes >= 1)) throw new Error(`--passes: need at least 1, got ${given.passes}`);
  delete given.passes;
  const translator = new Translator(await WebAssembly.compile(fs.readFileSync(wasm)), fs.readFileSync(model), model);
  for (const [flag, value] of Object.entries(given)) translator.set(flag, value);
  const sentences = fs.readFileSync(lines, "utf8").split("\n").filter((line) => line);
  const pass = () => {
    const begin = performance.now(), before = process.cpuUsage();
    const said = sentences.map((line) => translator.translate(line).text);
    const {user, system} = process.cpuUsage(before);
    return {seconds: (performance.now() - begin) / 1e3, cpu: (user + system) / 1e6, said};
  };
  const {said} = pass();
  const measured = Array.from({length: passes}, pass);
  const median = (of) => measured.map(of).sort((a, b) => a - b)[passes >> 1];
  console.error(said.join("\n"));
  console.log(JSON.stringify({
    program: "grus.wasm", machine: os.cpus()[0].model, engine: process.versions.v8, flags: given, sentences: sentences.length, passes,
    sentences_per_second: sentences.length / median((p) => p.seconds), cpu_seconds: median((p) => p.cpu),
  }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`bench browser: ${error.message}`);
  process.exitCode = 1;
});
