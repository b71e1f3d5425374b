#!/usr/bin/env python3
"""Peer of bench_layers: attention, convolutions and norms in PyTorch, forward and backward, with the same keys."""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

p = argparse.ArgumentParser()
p.add_argument("--only", choices=("attention", "conv", "norm"))
p.add_argument("--threads", type=int, default=2)
p.add_argument("--repeats", type=int, default=7)
a = p.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(1)


def measure(kind, name, shapes, gflop, f):
    if a.only and a.only != kind:
        return
    inputs = [torch.randn(*shape, requires_grad=True) for shape in shapes]
    g, forward, both = None, [], []
    for i in range(a.repeats + 2):
        for x in inputs:
            x.grad = None
        t0 = time.perf_counter()
        y = f(*inputs)
        t1 = time.perf_counter()
        g = torch.randn_like(y) if g is None else g
        t1b = time.perf_counter()
        y.backward(g)
        t2 = time.perf_counter()
        if i >= 2:
            forward.append(t1 - t0)
            both.append(t2 - t1b + t1 - t0)
    first, total = statistics.median(forward), statistics.median(both)
    line = {"peer": "torch " + torch.__version__, "layer": name, "threads": a.threads, "forward_ms": first * 1e3,
            "forward_backward_ms": total * 1e3}
    if gflop:
        line["forward_gflops"] = gflop / first
    print(json.dumps(line), flush=True)


for causal in (False, True):
    for heads in (4, 8):
        for T in (128, 256, 512, 1024):
            shape = (4, heads, T, 64)
            measure("attention", f"attention B 4 H {heads} T {T} D 64{' causal' if causal else ''}", [shape] * 3,
                    4e-9 * 4 * heads * T * T * 64 * (0.5 if causal else 1),
                    lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal))
for B, C, size, O in ((16, 3, 32, 64), (16, 64, 32, 64), (8, 128, 28, 128), (8, 256, 14, 256)):
    measure("conv", f"conv2d 3x3 B {B} C {C} {size}x{size} O {O}", [(B, C, size, size), (O, C, 3, 3), (O,)],
            2e-9 * B * O * C * 9 * size * size, lambda x, w, b: F.conv2d(x, w, b, padding=1))
for k in (3, 5):
    for C in (128, 512):
        gflop = 2e-9 * 32 * 200 * C * C * k
        measure("conv", f"conv1d k {k} B 32 C {C} L 200", [(32, C, 200), (C, C, k), (C,)], gflop,
                lambda x, w, b: F.conv1d(x, w, b, padding=k // 2))
        measure("conv", f"conv_sequence k {k} B 32 C {C} T 200", [(200, 32, C), (C, C, k), (C,)], gflop,
                lambda x, w, b: F.conv1d(x.permute(1, 2, 0), w, b, padding=k // 2).permute(2, 0, 1))
measure("conv", "max_pool2d 2x2 B 16 C 64 64x64", [(16, 64, 64, 64)], 0, lambda x: F.max_pool2d(x, 2))
for width in (128, 512, 2048):
    measure("norm", f"layer_norm 4096 x {width}", [(4096, width), (width,), (width,)], 0,
            lambda x, w, b: F.layer_norm(x, (x.shape[-1],), w, b))
