// The runtime in a page or in Node: opens a packed model of translate in memory, and translates (deploy/c/grus_c.h).
//   const translator = new grus.Translator(await WebAssembly.compile(wasm), pack);
//   translator.translate("ein hund .")   // {text, source, target, weights}; weights[i * source.length + j]
"use strict";
const grus = (() => {
  // Unicode's categories, numbered as utf8proc does.
  const categories = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co".split(" ")
    .map((name) => new RegExp(`^\\p{${name}}$`, "u"));
  const known = new Map();
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  const noFile = -44, badDescriptor = 8;  // WASI's numbers of errors

  function category(point) {
    if (!known.has(point)) {
      const letter = String.fromCodePoint(point);
      known.set(point, Math.max(0, categories.findIndex((pattern) => pattern.test(letter))));
    }
    return known.get(point);
  }

  function lower(point) {
    const lowered = [...String.fromCodePoint(point).toLowerCase()];
    return lowered.length === 1 ? lowered[0].codePointAt(0) : point;
  }

  class Translator {
    // Throws Error with the runtime's sentence for what is no model.
    constructor(module, pack, name = "model") {
      this.calls = new WebAssembly.Instance(module, this.host(module)).exports;
      this.calls._initialize();
      const [bytes, file, place] = [this.copy(pack), this.text(name), this.calls.malloc(4)];
      this.check(this.calls.grus_open_memory(bytes, pack.length, file, place));
      this.model = this.view().getUint32(place, true);
      for (const address of [bytes, file, place]) this.calls.free(address);
    }

    // What the module asks of where it runs. It is given no files; the clock and Unicode are the browser's.
    host(module) {
      const given = {
        category, lower,
        compose: (from, size, to, most) =>
          encoder.encodeInto(decoder.decode(this.memory().slice(from, from + size)).normalize("NFC"),
            this.memory().subarray(to, to + most)).written,
        emscripten_notify_memory_growth: () => {},
        environ_sizes_get: (count, size) => (this.view().setUint32(count, 0, true), this.view().setUint32(size, 0, true), 0),
        environ_get: () => 0,
        clock_time_get: (...args) => (this.view().setBigUint64(args.at(-1), BigInt(Math.round(performance.now() * 1e6)), true), 0),
        proc_exit: () => { throw new Error("the runtime ended"); },
      };
      const host = {};
      for (const {module: from, name} of WebAssembly.Module.imports(module))
        (host[from] ??= {})[name] = given[name] ?? (() => (from === "env" ? noFile : badDescriptor));
      return host;
    }

    memory() { return new Uint8Array(this.calls.memory.buffer); }
    view() { return new DataView(this.calls.memory.buffer); }

    copy(bytes) {
      const address = this.calls.malloc(bytes.length);
      if (address === 0) throw new Error("need more memory than there is");
      this.memory().set(bytes, address);
      return address;
    }
    text(line) { return this.copy(encoder.encode(line + "\0")); }
    read(address) {
      const memory = this.memory();
      return decoder.decode(memory.slice(address, memory.indexOf(0, address)));
    }
    check(status) {
      if (status !== 0) throw new Error(this.read(this.calls.grus_error()));
    }

    // Sets a flag of the program's `run`, such as beam to 1.
    set(flag, value) {
      const [name, text] = [this.text(flag), this.text(String(value))];
      try {
        this.check(this.calls.grus_set(this.model, name, text));
      } finally {
        for (const address of [name, text]) this.calls.free(address);
      }
    }

    translate(line) {
      const calls = this.calls, given = this.text(line), lines = calls.malloc(4), place = calls.malloc(8);
      this.view().setUint32(lines, given, true);
      try {
        this.check(calls.grus_translate(this.model, lines, 1, place));
        return this.answer(this.view().getUint32(place, true), place);
      } finally {
        for (const address of [given, lines, place]) calls.free(address);
      }
    }

    answer(answers, place) {
      const calls = this.calls, first = calls.grus_attention(answers, 0, place, place + 4);
      const targets = this.view().getUint32(place, true), sources = this.view().getUint32(place + 4, true);
      const pieces = (count, of) => Array.from({length: count}, (_, i) => this.read(of(answers, 0, i)));
      const said = {
        text: this.read(calls.grus_answer(answers, 0)),
        source: pieces(sources, calls.grus_source_piece),
        target: pieces(targets, calls.grus_target_piece),
        weights: new Float32Array(calls.memory.buffer, first, targets * sources).slice(),
      };
      calls.grus_answers_free(answers);
      return said;
    }
  }

  return {Translator};
})();
if (typeof module !== "undefined") module.exports = grus;
