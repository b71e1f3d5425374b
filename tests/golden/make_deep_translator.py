#!/usr/bin/env python3
"""Golden values of the attention translator with LSTMs, Luong's scores and residual layers, from PyTorch in float64:

    python tests/golden/make_deep_translator.py

Writes deep_translator.safetensors beside itself: the parameters by their names in seq2seq/bahdanau.h, one padded batch,
its loss, every gradient, the rows before the output layer and the attention's weights.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save

FOLDER = pathlib.Path(__file__).resolve().parent
V, E, H = 13, 4, 6  # the encoder has H / 2 in each direction
SOURCE_LENGTHS, TARGET_LENGTHS = [3, 5, 1], [4, 2, 3]
torch.set_default_dtype(torch.float64)
torch.manual_seed(7)


def parameters(score, enc, dec):
    p, C = {}, H // 2

    def cell(name, suffix, inputs, hidden):
        for key, shape in (("weight_ih", (4 * hidden, inputs)), ("weight_hh", (4 * hidden, hidden)),
                           ("bias_ih", (4 * hidden,)), ("bias_hh", (4 * hidden,))):
            p[f"{name}.{key}{suffix}"] = 0.5 * torch.randn(*shape)

    p["source_embedding.weight"], p["target_embedding.weight"] = torch.randn(V, E), torch.randn(V, E)
    for l in range(enc):
        for side in ("", "_reverse"):
            cell("encoder", f"_l{l}{side}", E if l == 0 else H, C)
    p["initial.weight"], p["initial.bias"] = torch.randn(2 * dec * H, H), torch.randn(2 * dec * H)
    if score == "general":
        p["key.weight"] = torch.randn(H, H)
    cell("first", "", E, H)
    cell("second", "", H, H)
    for l in range(dec - 1):
        cell("upper", f"_l{l}", H, H)
    p["readout.weight"], p["readout.bias"] = torch.randn(E, 2 * H + E), torch.randn(E)
    p["output_weight"], p["output_bias"] = torch.randn(V, E), torch.randn(V)
    return {name: value.requires_grad_() for name, value in p.items()}


def step(p, name, suffix, x, state):
    """PyTorch's own LSTM cell."""
    weights = [p[f"{name}.{key}{suffix}"] for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    return torch.lstm_cell(x, state, *weights)


def run(p, name, suffix, x, reverse=False):
    """One layer over one sentence (T, I), from zeros."""
    hidden = p[f"{name}.weight_hh{suffix}"].shape[1]
    h = c = torch.zeros(1, hidden)
    ys = []
    for row in reversed(x) if reverse else x:
        h, c = step(p, name, suffix, row[None], (h, c))
        ys.append(h[0])
    return torch.stack(ys[::-1] if reverse else ys)


def forward(p, score, enc, dec, source, inputs):
    """One pair: returns the rows (T, E) before the output layer, and the attention's weights (T, S)."""
    scale = E**0.5 / 4
    x = F.embedding(source, p["source_embedding.weight"]) * scale
    for l in range(enc):
        y = torch.cat([run(p, "encoder", f"_l{l}", x), run(p, "encoder", f"_l{l}_reverse", x, True)], 1)
        x = y if l == 0 else x + y
    start = torch.tanh(F.linear(x.mean(0), p["initial.weight"], p["initial.bias"])).reshape(2, dec, 1, H)
    states = [(start[0, l], start[1, l]) for l in range(dec)]
    keys = F.linear(x, p["key.weight"]) if score == "general" else x
    rows, weights = [], []
    for word in F.embedding(inputs, p["target_embedding.weight"]) * scale:
        middle = step(p, "first", "", word[None], states[0])
        a = F.softmax(keys @ middle[0][0], 0)
        context = a @ x
        states[0] = step(p, "second", "", context[None], middle)
        y = states[0][0]
        for l in range(1, dec):
            states[l] = step(p, "upper", f"_l{l - 1}", y, states[l])
            y = y + states[l][0]
        rows.append(torch.tanh(F.linear(torch.cat([y[0], word, context]), p["readout.weight"], p["readout.bias"])))
        weights.append(a)
    return torch.stack(rows), torch.stack(weights)


def main():
    tensors, metadata = {}, {"torch": torch.__version__}
    for score, enc, dec in (("dot", 2, 3), ("general", 1, 2)):
        p = parameters(score, enc, dec)
        S, T = max(SOURCE_LENGTHS), max(TARGET_LENGTHS)
        source, target = torch.randint(4, V, (S, len(SOURCE_LENGTHS))), torch.randint(4, V, (T, len(TARGET_LENGTHS)))
        inputs = torch.cat([torch.full((1, target.shape[1]), 2), target[:-1]])
        rows, weights, total = torch.zeros(T, target.shape[1], E), torch.zeros(T, target.shape[1], S), 0
        for b, (s, t) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS)):
            y, a = forward(p, score, enc, dec, source[:s, b], inputs[:t, b])
            rows[:t, b], weights[:t, b, :s] = y, a
            logits = F.linear(y, p["output_weight"], p["output_bias"])
            total = total + F.cross_entropy(logits, target[:t, b], reduction="sum")
        loss = total / sum(TARGET_LENGTHS)
        gradients = torch.autograd.grad(loss, list(p.values()))
        case = {"source": source, "inputs": inputs, "target": target, "rows": rows, "weights": weights, "loss": loss,
                **{f"p/{k}": v for k, v in p.items()}, **{f"d/{k}": g for k, g in zip(p, gradients)}}
        metadata[score] = json.dumps(dict(V=V, E=E, H=H, enc=enc, dec=dec, source_lengths=SOURCE_LENGTHS,
                                          target_lengths=TARGET_LENGTHS))
        tensors |= {f"{score}/{k}": v.detach().clone().contiguous() for k, v in case.items()}
    data = save(tensors, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()  # the library's order is random
    header += b" " * (-len(header) % 8)
    file = FOLDER / "deep_translator.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
    print(file.name, file.stat().st_size, "bytes")


main()
