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


def convolutions(out):
    for name, c in {
        "conv1d": dict(kind="conv1d", size=(2, 4, 7), kernel=3, padding=1),
        "conv1d_groups": dict(kind="conv1d", size=(2, 4, 9), kernel=2, stride=2, dilation=3, groups=2, bias=False),
        "conv2d": dict(kind="conv2d", size=(2, 4, 6, 5), kernel=(3, 3), padding=(1, 1)),
        "conv2d_all": dict(kind="conv2d", size=(2, 4, 8, 7), kernel=(3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2),
    }.items():
        options = {key: c[key] for key in ("stride", "padding", "dilation", "groups", "bias") if key in c}
        one = c["kind"] == "conv1d"
        m = (nn.Conv1d if one else nn.Conv2d)(4, 6, c["kernel"], **options)
        x = leaf(*c["size"])
        finish(out, name, c, m, {"x": x}, {"y": m(x)})
        if name == "conv1d":  # the same as time-major sequences
            finish(out, "conv_sequence", dict(kind="conv_sequence", padding=1), m, {"x": x}, {"y": m(x)})


def pooling(out):
    for name, c in {
        "max_pool1d": dict(f=lambda x: F.max_pool1d(x, 3, 2, 1), size=(2, 3, 8)),
        "avg_pool1d": dict(f=lambda x: F.avg_pool1d(x, 3, 2, 1), size=(2, 3, 8)),
        "max_pool2d": dict(f=lambda x: F.max_pool2d(x, (3, 2), (1, 2), (1, 1)), size=(2, 3, 5, 6)),
        "avg_pool2d": dict(f=lambda x: F.avg_pool2d(x, (3, 2), (1, 2), (1, 1)), size=(2, 3, 5, 6)),
    }.items():
        x = torch.randint(-3, 3, c["size"]).double().requires_grad_()  # many are equal
        finish(out, name, dict(kind="pool"), nn.Module(), {"x": x}, {"y": c["f"](x)})


def norms(out):
    for name, m, size in [
        ("layer_norm", nn.LayerNorm(5), (3, 2, 5)),
        ("rms_norm", nn.RMSNorm(5, eps=1e-6), (3, 2, 5)),
        ("group_norm", nn.GroupNorm(2, 4), (3, 4, 5)),
        ("batch_norm", nn.BatchNorm2d(4), (3, 4, 2, 3)),
        ("batch_norm_rows", nn.BatchNorm1d(4, momentum=None), (6, 4)),
    ]:
        randomise(m)
        x = leaf(*size)
        first = m(leaf(*size)) if isinstance(m, nn.modules.batchnorm._BatchNorm) else None
        settings = dict(kind="norm")
        extra = {}
        if first is not None:  # a second batch, and evaluation behind it
            extra["before/running_mean"], extra["before/running_var"] = m.running_mean.clone(), m.running_var.clone()
        y = m(x)
        if first is not None:
            extra["running_mean"], extra["running_var"] = m.running_mean.clone(), m.running_var.clone()
            m.eval()
            extra["evaluated"] = m(x)
        finish(out, name, settings, m, {"x": x}, {"y": y}, extra)


def reparametrised(out):
    for name, wrap in {"weight_norm": nn.utils.parametrizations.weight_norm, "spectral_norm": nn.utils.parametrizations.spectral_norm}.items():
        m = nn.Linear(4, 3, bias=False)
        m.weight.data = torch.randn(3, 4)
        wrap(m)
        extra = {}
        if name == "spectral_norm":
            parametrization = m.parametrizations.weight[0]
            parametrization._u.copy_(F.normalize(torch.randn(3), dim=0))  # far from the singular vectors
            extra = {"before/u": parametrization._u.clone(), "before/v": parametrization._v.clone()}
        y = m.weight
        if name == "spectral_norm":
            extra |= {"u": parametrization._u, "v": parametrization._v}
        seed = torch.randn_like(y)
        leaves = {key.split(".")[-1]: p for key, p in m.named_parameters()}
        out.case(name, dict(kind="reparametrised"), {**leaves, "y": y, "wy": seed, **extra, **grads_of((y * seed).sum(), leaves)})


if __name__ == "__main__":
    out = Writer("nets")
    attention(out)
    layers(out)
    dot_attention(out)
    convolutions(out)
    pooling(out)
    norms(out)
    reparametrised(out)
    out.close()
