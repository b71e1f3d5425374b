#!/usr/bin/env python3
"""Golden steps of optimizers, in f64: python3 make_optimizers.py [FOLDER] (needs torch, safetensors).

Writes optimizers.safetensors beside itself. A case is a class of grus::optim with its settings by name, twenty gradients of two parameters
`a` and `b`, and both after each step. `b` is in a group of its own where the case says "group". PyTorch's where it has the class; Lion and
LAMB are written out below from their papers.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent
STEPS = 20
torch.set_default_dtype(torch.float64)


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, program 1."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad
                p.sub_(lr * (update + group["weight_decay"] * p))


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, with phi(z) = z."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                s = self.state[p]
                t = s["t"] = s.get("t", 0) + 1
                s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * p.grad
                s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * p.grad * p.grad
                r = s["m"] / (1 - beta1**t) / (torch.sqrt(s["v"] / (1 - beta2**t)) + group["eps"])
                update = r + group["weight_decay"] * p
                weight, length = p.norm().item(), update.norm().item()
                ratio = weight / length if weight > 0 and length > 0 else 1.0
                p.sub_(group["lr"] * ratio * update)


MAKE = dict(Sgd=torch.optim.SGD, Adam=torch.optim.Adam, AdamW=torch.optim.AdamW, Adadelta=torch.optim.Adadelta, Rmsprop=torch.optim.RMSprop,
            Adagrad=torch.optim.Adagrad, NAdam=torch.optim.NAdam, RAdam=torch.optim.RAdam, Lion=Lion, Lamb=Lamb)
NAMES = dict(initial_sum="initial_accumulator_value", decoupled="decoupled_weight_decay")
SWITCHES = {"nesterov", "centered", "decoupled"}

CASES = {
    "rmsprop": ("Rmsprop", dict(lr=0.02)),
    "rmsprop_centered": ("Rmsprop", dict(lr=0.02, alpha=0.9, eps=1e-4, centered=1)),
    "rmsprop_all": ("Rmsprop", dict(lr=0.02, alpha=0.95, momentum=0.8, centered=1, weight_decay=0.1)),
    "adagrad": ("Adagrad", dict(lr=0.1)),
    "adagrad_all": ("Adagrad", dict(lr=0.1, lr_decay=0.05, initial_sum=0.3, eps=1e-6, weight_decay=0.1)),
    "nadam": ("NAdam", dict(lr=0.02)),
    "nadam_all": ("NAdam", dict(lr=0.02, beta1=0.8, beta2=0.95, eps=1e-5, momentum_decay=0.02, weight_decay=0.1)),
    "nadam_decoupled": ("NAdam", dict(lr=0.02, decoupled=1, weight_decay=0.1)),
    "radam": ("RAdam", dict(lr=0.02)),
    "radam_all": ("RAdam", dict(lr=0.02, beta1=0.8, beta2=0.9, eps=1e-5, weight_decay=0.1)),
    "radam_decoupled": ("RAdam", dict(lr=0.02, decoupled=1, weight_decay=0.1)),
    "lion": ("Lion", dict(lr=0.01)),
    "lion_decay": ("Lion", dict(lr=0.01, beta1=0.8, beta2=0.95, weight_decay=0.1)),
    "lamb": ("Lamb", dict(lr=0.02)),
    "lamb_all": ("Lamb", dict(lr=0.02, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.3)),
    "group_adam": ("Adam", dict(lr=0.02), dict(lr=0.05, beta1=0.7, beta2=0.9, weight_decay=0.1)),
    "group_adamw": ("AdamW", dict(lr=0.02, weight_decay=0.1), dict(weight_decay=0.5)),
    "group_sgd": ("Sgd", dict(lr=0.02), dict(momentum=0.9, nesterov=1, weight_decay=0.1)),
    "group_adadelta": ("Adadelta", dict(lr=1.0, rho=0.95, eps=1e-6), dict(rho=0.8, eps=1e-3)),
    "group_rmsprop": ("Rmsprop", dict(lr=0.02), dict(alpha=0.8, momentum=0.5, centered=1)),
    "group_nadam": ("NAdam", dict(lr=0.02, weight_decay=0.2), dict(beta1=0.7, decoupled=1)),
}


def torch_options(settings):
    options = {NAMES.get(k, k): bool(v) if k in SWITCHES else v for k, v in settings.items() if not k.startswith("beta")}
    if "beta1" in settings or "beta2" in settings:
        options["betas"] = (settings.get("beta1", 0.9), settings.get("beta2", 0.999))
    return options


def run(kind, settings, group=None):
    a, b = torch.nn.Parameter(torch.randn(2, 3)), torch.nn.Parameter(torch.randn(4))
    tensors = {"a/start": a.detach().clone(), "b/start": b.detach().clone(),
               "a/gradients": torch.randn(STEPS, 2, 3), "b/gradients": torch.randn(STEPS, 4)}
    groups = [{"params": [a]}, {"params": [b], **torch_options(group or {})}]
    optimizer = MAKE[kind](groups, **torch_options(settings))
    values = {"a": [], "b": []}
    for step in range(STEPS):
        for name, p in (("a", a), ("b", b)):
            p.grad = tensors[f"{name}/gradients"][step].clone()
        optimizer.step()
        for name, p in (("a", a), ("b", b)):
            values[name].append(p.detach().clone())
    return {**tensors, **{f"{name}/values": torch.stack(all) for name, all in values.items()}}


def main():
    tensors, metadata = {}, {"torch": torch.__version__}
    for number, (name, (kind, settings, *group)) in enumerate(CASES.items()):
        torch.manual_seed(number)  # a new case moves no other
        metadata[name] = json.dumps(dict(kind=kind, settings=settings, **({"group": group[0]} if group else {})))
        for key, value in run(kind, settings, *group).items():
            tensors[f"{name}/{key}"] = value.contiguous()
    data = save(tensors, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()  # the library's order is random
    header += b" " * (-len(header) % 8)
    path = FOLDER / "optimizers.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
