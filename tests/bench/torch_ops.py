"""PyTorch's side of `./dev bench ops`: the names, shapes and JSON lines of ops.cpp. Needs torch."""
import argparse
import json
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--sizes", default="1000,100000,10000000")
parser.add_argument("--only", default="")
parser.add_argument("--budget", type=float, default=0.2)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)

CASES = []  # family, name, whether x is a matrix, function, whether it has a gradient


def add(family, name, f, matrix=False, backward=True):
    CASES.append((family, name, matrix, f, backward))


for name in "neg abs square reciprocal exp log sqrt sin cos tanh sigmoid relu erf expm1 log1p rsqrt tan atan sign floor ceil round".split():
    add("elementwise", name, lambda g, f=getattr(torch, name): f(g.x))
for name in ["silu", "gelu", "softplus"]:
    add("elementwise", name, lambda g, f=getattr(F, name): f(g.x))
for name in "add sub mul div pow maximum minimum atan2 remainder".split():
    add("elementwise", name, lambda g, f=getattr(torch, name): f(g.x, g.y))
add("elementwise", "floor_divide", lambda g: torch.div(g.x, g.y, rounding_mode="floor"))
add("elementwise", "leaky_relu", lambda g: F.leaky_relu(g.x, 0.1))
add("elementwise", "elu", lambda g: F.elu(g.x, 1.5))
for ours, theirs in dict(equal="eq", not_equal="ne", less="lt", less_equal="le", greater="gt", greater_equal="ge").items():
    add("elementwise", ours, lambda g, f=getattr(torch, theirs): f(g.x, g.y), backward=False)
add("elementwise", "clamp", lambda g: g.x.clamp(0.2, 0.8))
add("elementwise", "where", lambda g: torch.where(g.mask, g.x, g.y))
add("elementwise", "add scalar", lambda g: g.x + 1)
add("elementwise", "add row", lambda g: g.x + g.y[0], matrix=True)

for name in "sum mean amax prod logsumexp var std norm any all argmax".split():
    back = name not in ("any", "all", "argmax")
    every = (0, 1) if name == "logsumexp" else ()
    for axis in (0, 1):
        add("reduction", f"{name} axis {axis}", lambda g, f=name, a=axis: getattr(g.x, f)(dim=a), matrix=True, backward=back)
    add("reduction", f"{name} all", lambda g, f=name, e=every: getattr(g.x, f)(*([e] if e else [])), matrix=True, backward=back)
add("reduction", "softmax", lambda g: g.x.softmax(-1), matrix=True)
add("reduction", "log_softmax", lambda g: g.x.log_softmax(-1), matrix=True)

add("along", "cumsum axis 0", lambda g: g.x.cumsum(0), matrix=True)
add("along", "cumsum axis 1", lambda g: g.x.cumsum(1), matrix=True)
add("along", "cumsum vector", lambda g: g.x.cumsum(0))
add("along", "cumprod axis 1", lambda g: g.x.cumprod(1), matrix=True)
add("along", "sort axis 1", lambda g: torch.sort(g.x, dim=1, stable=True)[0], matrix=True)
add("along", "sort vector", lambda g: torch.sort(g.x, dim=0, stable=True)[0])
add("along", "top_k", lambda g: g.x.topk(5)[0], matrix=True)

add("shape", "transpose", lambda g: g.x.t().contiguous(), matrix=True)
add("shape", "slice", lambda g: g.x[:, 10:60].contiguous(), matrix=True)
add("shape", "concat", lambda g: torch.cat([g.x, g.y], 1), matrix=True)
add("shape", "pad", lambda g: F.pad(g.x, (1, 1)), matrix=True)
add("shape", "flip", lambda g: g.x.flip(1), matrix=True)
add("shape", "roll", lambda g: g.x.roll(3, 1), matrix=True)
add("shape", "unfold", lambda g: g.x.unfold(1, 4, 2).contiguous(), matrix=True)
add("shape", "triu", lambda g: g.x.triu(), matrix=True)
add("shape", "diagonal", lambda g: g.x.diagonal().contiguous(), matrix=True)
add("index", "gather", lambda g: g.x.gather(1, g.ids), matrix=True)
add("index", "scatter_add", lambda g: g.x.scatter_add(1, g.ids, g.y), matrix=True)
add("index", "index_select", lambda g: g.x.index_select(0, g.ids[0]), matrix=True)
add("index", "masked_select", lambda g: g.x.masked_select(g.mask))
add("index", "masked_fill", lambda g: g.x.masked_fill(g.mask, 1))
add("index", "nonzero", lambda g: g.mask.nonzero(), backward=False)
add("index", "index_put", lambda g: g.x.index_put((g.ids[0],), g.y[0]), matrix=True)
add("product", "einsum ik,jk->i", lambda g: torch.einsum("ik,jk->i", g.x, g.y[:10]), matrix=True)
add("product", "einsum ik,jk->ij", lambda g: torch.einsum("ik,jk->ij", g.x, g.y[:10]), matrix=True)

add("loss", "kl_div", lambda g: F.kl_div(g.x, g.y))
add("loss", "binary_cross_entropy", lambda g: F.binary_cross_entropy(g.x, g.y))
add("loss", "bce_with_logits", lambda g: F.binary_cross_entropy_with_logits(g.x, g.y))
add("loss", "smooth_l1_loss", lambda g: F.smooth_l1_loss(g.x, g.y))
add("loss", "mse_loss", lambda g: F.mse_loss(g.x, g.y))
add("loss", "cosine_similarity", lambda g: F.cosine_similarity(g.x, g.y), matrix=True)
add("loss", "triplet_margin_loss", lambda g: F.triplet_margin_loss(g.x, g.y, g.x * 0.5), matrix=True)

add("random", "uniform", lambda g: torch.rand(g.x.shape), backward=False)
add("random", "normal", lambda g: torch.randn(g.x.shape), backward=False)
add("random", "randint", lambda g: torch.randint(0, 1000, g.x.shape), backward=False)
add("random", "randperm", lambda g: torch.randperm(g.x.numel()), backward=False)
add("random", "bernoulli", lambda g: g.x.bernoulli(), backward=False)
add("random", "categorical", lambda g: g.x.softmax(-1).multinomial(1), matrix=True, backward=False)
add("create", "arange", lambda g: torch.arange(g.x.numel()), backward=False)
add("create", "linspace", lambda g: torch.linspace(0, 1, g.x.numel()), backward=False)
add("create", "zeros_like", lambda g: torch.zeros_like(g.x), backward=False)


def ctc(g):
    steps = max(1, g.x.shape[0] // 16)
    length = steps // 4
    x = torch.cat([g.x, g.y])[: steps * 16].reshape(steps, 16, 100).log_softmax(-1)
    labels = torch.tensor([1 + i * 7 % 99 for i in range(16 * length)], dtype=torch.long)
    return F.ctc_loss(x, labels, torch.full((16,), steps), torch.full((16,), length))


add("loss", "ctc_loss", ctc, matrix=True)


class Given:
    def __init__(self, n, matrix):
        shape = (n // 100, 100) if matrix else (n,)
        self.x, self.y = torch.rand(shape) * 0.8 + 0.1, torch.rand(shape) * 0.8 + 0.1
        self.ids = torch.randint(0, min(100, n // 100), shape) if matrix else None
        self.mask = torch.rand(shape) < 0.5


def quickest(f):
    f()
    least, spent, n = 1e9, 0.0, 0
    while n < 3 or (spent < options.budget and n < 1000):
        start = time.perf_counter()
        f()
        each = time.perf_counter() - start
        least, spent, n = min(least, each), spent + each, n + 1
    return least


def main():
    for family, name, matrix, f, backward in CASES:
        if options.only not in name:
            continue
        for n in (max(100, int(n) // 100 * 100) for n in options.sizes.split(",")):
            g = Given(n, matrix)
            with torch.no_grad():
                line = {"family": family, "op": name, "n": n, "forward_us": 1e6 * quickest(lambda: f(g))}
            if backward:
                g.x.requires_grad_()
                line["both_us"] = 1e6 * quickest(lambda: torch.autograd.grad(f(g).sum(), g.x, allow_unused=True))
            print(json.dumps(line), flush=True)


main()
