#!/usr/bin/env python3
"""Every row of core/device/elementwise.def at the edges of numbers, as PyTorch has it: python3 make_elementwise.py [FOLDER] (needs torch, safetensors).

Writes elementwise.safetensors beside itself. The case "ROW DTYPE" holds y and its gradients for dy = 1: dx, or da and db. Their arguments are in
the case "arguments DTYPE": x, or every pair a, b.
"""

import torch
import torch.nn.functional as F
from make_torch import Writer

UNARY = {
    "neg": torch.neg,
    "abs": torch.abs,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "erf": torch.erf,
    "silu": F.silu,
    "expm1": torch.expm1,
    "log1p": torch.log1p,
    "rsqrt": torch.rsqrt,
    "tan": torch.tan,
    "atan": torch.atan,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
    "gelu": lambda x: one_by_one(F.gelu)(x),
    "softplus": lambda x: F.softplus(x, threshold=40),  # the default of 20 is 2e-9 off
}
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "atan2": torch.atan2,
    "remainder": lambda a, b: one_by_one(torch.remainder)(a, b),
    "floor_divide": lambda a, b: one_by_one(lambda p, q: torch.div(p, q, rounding_mode="floor"))(a, b),
}


def edges(dtype, ordinary):
    info = torch.finfo(dtype)
    positive = [0.0, info.smallest_normal * info.eps, info.smallest_normal, info.max, torch.inf, *ordinary]
    return torch.tensor(positive + [-p for p in positive] + [torch.nan], dtype=dtype)


def gradients(op, *arguments):
    leaves = [x.clone().requires_grad_() for x in arguments]
    y = op(*leaves)
    return y, torch.autograd.grad(y, leaves, torch.ones_like(y))


def one_by_one(op):
    """PyTorch's vectors of some functions lose infinities and large quotients that its scalars keep."""
    return lambda *arguments: torch.stack([op(*each) for each in zip(*arguments)])


# These have a number for b in PyTorch, and no gradient of it, which is worked out here.
PARAMETER = {
    "leaky_relu": (F.leaky_relu, lambda a: a),
    "elu": (F.elu, torch.expm1),
}


def main():
    out = Writer("elementwise")
    for name, dtype in {"f32": torch.float32, "f64": torch.float64}.items():
        x = edges(dtype, [1e-6, 0.5, 1, 2, 9, 30, 80, 100, 700, 1e4])
        pairs = edges(dtype, [0.5, 1, 2])
        a, b = (side.flatten() for side in torch.meshgrid(pairs, pairs, indexing="ij"))
        out.case(f"arguments {name}", {}, {"x": x, "a": a, "b": b})
        for row, (op, slope) in PARAMETER.items():
            y, (da,) = gradients(lambda a: torch.stack([op(x, s.item()) for x, s in zip(a, b)]), a)
            out.case(f"{row} {name}", {}, {"y": y, "da": da, "db": torch.where(a > 0, 0, slope(a))})
        for row, op in UNARY.items():
            y, (dx,) = gradients(op, x)
            out.case(f"{row} {name}", {}, {"y": y, "dx": dx})
        for row, op in BINARY.items():
            y, (da, db) = gradients(op, a, b)
            out.case(f"{row} {name}", {}, {"y": y, "da": da, "db": db})
    out.close()


main()
