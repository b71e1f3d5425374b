#!/usr/bin/env python3
"""Golden values from PyTorch, in f64, of attention, transformer layers, convolutions, pooling and norms:
python3 make_nets.py [FOLDER] (needs torch, safetensors).

Writes nets.safetensors beside itself, in the form of make_torch.py. Sequences are time-major (batch_first=False).
"""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from make_torch import Writer, grads_of, leaf

torch.manual_seed(2)
E, H, T, S, B = 6, 2, 5, 4, 3


def randomise(module):
    """Biases and norms start from 0 and 1, which hides mistakes."""
    for p in module.parameters():
        p.data = torch.randn_like(p) * 0.5
    return module


def finish(out, name, settings, module, inputs, results, extra=None):
    """Adds a case: inputs, parameters and buffers, results, the seed of each and the gradients of their sum."""
    seeds = {f"w{key}": torch.randn_like(value) for key, value in results.items()}
    loss = sum((value * seeds[f"w{key}"]).sum() for key, value in results.items())
    leaves = {**inputs, **dict(module.named_parameters())}
    out.case(name, settings, {**leaves, **results, **seeds, **(extra or {}), **grads_of(loss, leaves)})


def padding(lengths, steps):
    return torch.arange(steps)[None, :] >= torch.tensor(lengths)[:, None]  # True: ignore


def attention(out):
    for name, c in {
        "mha_self": dict(),
        "mha_causal": dict(causal=True),
        "mha_cross": dict(cross=True, lengths=[4, 1, 3]),
        "mha_cross_sizes": dict(cross=True, key=3, value=4, bias=False),
    }.items():
        m = randomise(nn.MultiheadAttention(E, H, bias=c.get("bias", True), kdim=c.get("key"), vdim=c.get("value")))
        x = leaf(T, B, E)
        inputs = {"x": x}
        k = v = x
        if c.get("cross"):
            k, v = leaf(S, B, c.get("key", E)), leaf(S, B, c.get("value", E))
            inputs |= {"k": k, "v": v}
        mask = nn.Transformer.generate_square_subsequent_mask(T) if c.get("causal") else None
        ignored = padding(c["lengths"], S) if "lengths" in c else None
        y, weights = m(x, k, v, attn_mask=mask, key_padding_mask=ignored)
        finish(out, name, dict(c, kind="mha"), m, inputs, {"y": y, "weights": weights})


def layers(out):
    for name, c in {
        "encoder_layer": dict(norm_first=False, activation="relu"),
        "encoder_layer_first_gelu": dict(norm_first=True, activation="gelu"),
    }.items():
        m = randomise(nn.TransformerEncoderLayer(E, H, 7, 0.0, c["activation"], norm_first=c["norm_first"]))
        x = leaf(T, B, E)
        lengths = [5, 2, 4]
        y = m(x, src_key_padding_mask=padding(lengths, T))
        real = ~padding(lengths, T).T[:, :, None]  # padded places of y mean nothing
        finish(out, name, dict(c, kind="encoder_layer", lengths=lengths), m, {"x": x}, {"y": y * real})
    m = randomise(nn.TransformerEncoder(nn.TransformerEncoderLayer(E, H, 7, 0.0, "gelu", norm_first=True), 2, nn.LayerNorm(E),
                                        enable_nested_tensor=False))
    x = leaf(T, B, E)
    y = m(x, mask=nn.Transformer.generate_square_subsequent_mask(T))
    finish(out, "encoder_causal", dict(kind="encoder", causal=True), m, {"x": x}, {"y": y})
    for name, first in {"decoder_layer": False, "decoder_layer_first": True}.items():
        m = randomise(nn.TransformerDecoderLayer(E, H, 7, 0.0, "relu", norm_first=first))
        x, memory = leaf(T, B, E), leaf(S, B, E)
        lengths = [4, 1, 3]
        y = m(x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(T),
              memory_key_padding_mask=padding(lengths, S))
        finish(out, name, dict(kind="decoder_layer", norm_first=first, lengths=lengths), m, {"x": x, "memory": memory}, {"y": y})
    m = randomise(nn.TransformerDecoder(nn.TransformerDecoderLayer(E, H, 7, 0.0, "relu"), 2, nn.LayerNorm(E)))
    x, memory = leaf(T, B, E), leaf(S, B, E)
    y = m(x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(T))
    finish(out, "decoder", dict(kind="decoder"), m, {"x": x, "memory": memory}, {"y": y})


def dot_attention(out):
    for name, c in {
        "sdpa": dict(),
        "sdpa_causal": dict(causal=True, scale=0.3),
        "sdpa_bool": dict(mask="bool"),
        "sdpa_numbers": dict(mask="numbers"),
    }.items():
        inputs = {"q": leaf(2, 3, 5, 4), "k": leaf(2, 3, 6, 4), "v": leaf(2, 3, 6, 3)}
        extra = {}
        mask = None
        if c.get("mask") == "bool":
            mask = torch.rand(5, 6) < 0.6
            mask[:, 0] = True
            extra["mask"] = mask.double()
        if c.get("mask") == "numbers":
            mask = leaf(2, 1, 5, 6)
            inputs["mask"] = mask
        y = F.scaled_dot_product_attention(inputs["q"], inputs["k"], inputs["v"], attn_mask=mask, is_causal=c.get("causal", False),
                                           scale=c.get("scale"))
        finish(out, name, dict(c, kind="sdpa"), nn.Module(), inputs, {"y": y}, extra)


if __name__ == "__main__":
    out = Writer("nets")
    attention(out)
    layers(out)
    dot_attention(out)
    out.close()
