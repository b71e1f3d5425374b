#!/usr/bin/env python3
"""Values of Cho et al. 2014's model from its equations: python3 make_cho.py [FOLDER] (needs NumPy alone).

Writes cho.safetensors beside itself, in f64. Word by word and unit by unit as appendix A of arXiv 1406.1078v3 prints them,
biases added, the reset gate before the product (eq. 8); nothing is batched, so nothing can be shared with what is tested.
"""

import json
import pathlib
import sys

import numpy as np

FOLDER = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
random = np.random.RandomState(1)
TENSORS, CASES = {}, {}


def case(name, settings, tensors):
    CASES[name] = json.dumps(settings)
    for key, value in tensors.items():
        TENSORS[f"{name}/{key}"] = np.ascontiguousarray(value)


def write(path):
    header, data = {"__metadata__": CASES}, b""
    for name, value in TENSORS.items():
        raw = value.astype("<i8" if value.dtype.kind == "i" else "<f8").tobytes()
        kind = "I64" if value.dtype.kind == "i" else "F64"
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    print(path.name, path.stat().st_size, "bytes")


def draw(*shape):
    return random.normal(0, 0.6, shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gated_unit(w, x, h, update, c=None):
    """One step; rows of the matrices: r, z, n."""
    H = len(h)
    W, U = w["weight_ih"], w["weight_hh"]
    b, d = w["bias_ih"], w["bias_hh"]
    C = w.get("weight_ch", np.zeros((3 * H, 1)))
    c = np.zeros(1) if c is None else c
    new = np.zeros(H)
    r, z = np.zeros(H), np.zeros(H)
    for j in range(H):
        r[j] = sigmoid(W[j] @ x + b[j] + U[j] @ h + d[j] + C[j] @ c)
        z[j] = sigmoid(W[H + j] @ x + b[H + j] + U[H + j] @ h + d[H + j] + C[H + j] @ c)
    for j in range(H):
        n = np.tanh(W[2 * H + j] @ x + b[2 * H + j] + U[2 * H + j] @ (r * h) + d[2 * H + j] + C[2 * H + j] @ c)
        new[j] = z[j] * h[j] + (1 - z[j]) * n if update == "keep" else (1 - z[j]) * h[j] + z[j] * n
    return new


def unit_weights(I, H, context=0):
    w = {"weight_ih": draw(3 * H, I), "weight_hh": draw(3 * H, H), "bias_ih": draw(3 * H), "bias_hh": draw(3 * H)}
    return {**w, "weight_ch": draw(3 * H, context)} if context else w


def gru(update):
    T, I, H = 4, 3, 5
    w, x, h = unit_weights(I, H), draw(T, I), draw(H)
    states, first = [], h
    for t in range(T):
        h = gated_unit(w, x[t], h, update)
        states.append(h)
    case(f"gru_{update}", dict(input=I, hidden=H, update=update), {**w, "x": x, "h0": first, "y": np.stack(states)})


def model():
    V, E, H, M = 9, 3, 5, 4
    start = 2  # the word y_0, whose vector is zero
    encoder, decoder = unit_weights(E, H), unit_weights(E, H, context=H)
    p = {"source_embedding.weight": draw(V, E), "target_embedding.weight": draw(V, E),
         "summary.weight": draw(H, H), "summary.bias": draw(H), "start.weight": draw(H, H), "start.bias": draw(H),
         "readout_state.weight": draw(2 * M, H), "readout_state.bias": draw(2 * M), "readout_word.weight": draw(2 * M, E),
         "readout_context.weight": draw(2 * M, H), "factor.weight": draw(E, M), "output_weight": draw(V, E), "output_bias": draw(V)}
    p["target_embedding.weight"][start] = 0
    p.update({f"encoder.{k}_l0": v for k, v in encoder.items()})
    p.update({f"decoder.{k}_l0": v for k, v in decoder.items()})
    pairs = [([4, 7, 5], [8, 3, 3, 6]), ([3], [5, 1]), ([8, 8, 6, 1, 0], [7])]
    results = {}
    for k, (source, target) in enumerate(pairs):
        h = np.zeros(H)
        for word in source:
            h = gated_unit(encoder, p["source_embedding.weight"][word], h, "keep")
        c = np.tanh(p["summary.weight"] @ h + p["summary.bias"])
        s = np.tanh(p["start.weight"] @ c + p["start.bias"])
        log_p = 0
        for before, word in zip([start] + target[:-1], target):
            e = p["target_embedding.weight"][before]
            s = gated_unit(decoder, e, s, "keep", c)
            sums = p["readout_state.weight"] @ s + p["readout_state.bias"] + p["readout_word.weight"] @ e + p["readout_context.weight"] @ c
            t = np.array([max(sums[2 * i], sums[2 * i + 1]) for i in range(M)])
            logits = p["output_weight"] @ (p["factor.weight"] @ t) + p["output_bias"]
            log_p += logits[word] - np.log(np.exp(logits).sum())
        results.update({f"source{k}": np.array(source), f"target{k}": np.array(target), f"c{k}": c, f"log_p{k}": np.array([log_p])})
    case("model", dict(words=V, embedding=E, hidden=H, maxout=M, start=start, pairs=len(pairs)), {**p, **results})


gru("keep")
gru("replace")
model()
write(FOLDER / "cho.safetensors")
