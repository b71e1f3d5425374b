#!/usr/bin/env python3
"""Values and gradients of ops on tensors, as PyTorch has them, in f64: python3 make_ops.py [FOLDER] (needs torch, safetensors).

Writes ops.safetensors beside itself. A case is a call: "op/what". It holds the inputs (x, a, b, ...), the outputs y0, y1, ..., and the gradients d/x
of the sum of w0 y0 + w1 y1 + ... . tests/ops/golden.cpp makes the same calls.
"""

import torch
import torch.nn.functional as F
from make_torch import Writer

inf, nan = torch.inf, torch.nan
CASES = {}


def case(name, f, **inputs):
    CASES[name] = (f, {k: v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=torch.float64) for k, v in inputs.items()})


def randn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


zeros = torch.tensor([[2.0, 0, 3, -1], [0, 5, 0, 2], [1, 2, 3, 4]])
ties = torch.tensor([[3.0, 1, 3, nan, -0.0, 0.0, 1], [inf, -inf, 2, 2, nan, inf, 2]])
matrix = randn(3, 4)

case("leaky_relu", lambda x: F.leaky_relu(x, 0.2), x=randn(3, 4))
case("elu", lambda x: F.elu(x, 1.5), x=randn(3, 4))
case("gelu", lambda x: F.gelu(x), x=randn(3, 4))
case("prelu", lambda x, a: F.prelu(x, a), x=randn(3, 4), a=randn(4))

case("prod", lambda x: x.prod(), x=zeros)
case("prod/axis", lambda x: x.prod(1), x=zeros)
case("var", lambda x: x.var(), x=matrix)
case("var/axis", lambda x: x.var(0, correction=0, keepdim=True), x=matrix)
case("var/special", lambda x: x.var(1), x=[[1, inf], [nan, 1], [2, 2]])
case("std", lambda x: x.std(1), x=matrix)
case("std/constant", lambda x: x.std(1), x=[[2, 2, 2], [1, 2, 3]])
for p in [1, 2, inf]:
    case(f"norm/{p}", lambda x, p=p: x.norm(p, 1), x=zeros)
    case(f"norm/{p} of all", lambda x, p=p: x.norm(p), x=matrix)
case("norm/zero", lambda x: x.norm(2, 1), x=[[0, 0], [3, 4]])
case("norm/special", lambda x: x.norm(2, 1), x=[[inf, 1], [nan, 1]])
case("any", lambda x: x.any(1), x=[[0, 0], [0, nan], [1, 2]])
case("all", lambda x: x.all(1), x=[[0, 1], [3, nan], [1, 2]])
case("logsumexp", lambda x: x.logsumexp(1), x=zeros)

case("cumsum", lambda x: x.cumsum(1), x=matrix)
case("cumsum/special", lambda x: x.cumsum(0), x=[1, inf, -2, -inf, 3])
case("cumprod", lambda x: x.cumprod(1), x=zeros)
case("cumprod/axis 0", lambda x: x.cumprod(0), x=zeros)
case("cumsum/scalar", lambda x: x.cumsum(0), x=3.0)
case("cumprod/scalar", lambda x: x.cumprod(0), x=3.0)
for what, down in {"sort": False, "sort/descending": True}.items():
    case(what, lambda x, down=down: torch.sort(x, dim=-1, descending=down, stable=True), x=ties)
case("sort/axis 0", lambda x: torch.sort(x, dim=0, stable=True), x=matrix)
case("sort/scalar", lambda x: torch.sort(x, dim=0, stable=True), x=3.0)
case("flip", lambda x: x.flip([1]), x=matrix)

for k in [-2, 0, 1, 9]:
    case(f"triu/{k}", lambda x, k=k: x.triu(k), x=matrix)
    case(f"tril/{k}", lambda x, k=k: x.tril(k), x=matrix)
for k in [-1, 0, 2, 4]:
    case(f"diagonal/{k}", lambda x, k=k: x.diagonal(k), x=matrix)
case("diagonal/axes", lambda x: x.diagonal(1, 2, 0), x=randn(3, 2, 4))
case("roll", lambda x: x.roll(3, 1), x=matrix)
case("roll/back", lambda x: x.roll(-7, 0), x=matrix)
case("unfold", lambda x: x.unfold(1, 3, 2), x=randn(2, 8, 2))
case("unfold/wide", lambda x: x.unfold(-1, 5, 1), x=randn(2, 7))
case("masked_select", lambda x, mask: x.masked_select(mask > 0), x=matrix, mask=randn(4))
case("nonzero", lambda x: x.nonzero(), x=zeros)
case("nonzero/scalar", lambda x: x.nonzero(), x=3.0)
ids = torch.tensor([[2, 0], [1, 0]])
case("index_put", lambda x, a: x.index_put((torch.tensor([2, 0]),), a), x=matrix, a=randn(2, 4))
case("index_put/add", lambda x, a, ids: x.index_put((ids, torch.tensor([3, 1])), a, accumulate=True), x=matrix, a=randn(2, 2), ids=ids)
case("arange", lambda: torch.arange(1, -2.5, -0.3, dtype=torch.float64))
case("linspace", lambda: torch.linspace(-1, 3, 7, dtype=torch.float64))
case("linspace/one", lambda: torch.linspace(-1, 3, 1, dtype=torch.float64))
case("eye", lambda: torch.eye(2, 4, dtype=torch.float64))

EQUATIONS = ["ik,kj->ij", "bik,bkj->bij", "bik,bjk->bij", "ik,jk", "bhid,bhjd->bhij", "i,j->ij", "bi,bi->b", "bi,bi->i", "ij,ij->", "ijk,kl->lji",
             "ki,kj->ij", "...i,ij->...j", "b...i,...i->b...", "ii,ik->ik", "iij,k->j", "ab,cd->abcd", "a b , b -> a", "...ij,...jk"]
SIZES = dict(zip("abcdhijklmn", [2, 3, 2, 4, 2, 3, 4, 5, 2, 3, 4]))
for equation in EQUATIONS:
    terms = equation.split("->")[0].replace(" ", "").split(",")
    shape = lambda term: [SIZES[c] for c in term.replace("...", "cd")]
    a, b = (randn(*shape(term)) for term in terms)
    case(f"einsum/{equation}", lambda a, b, e=equation: torch.einsum(e, a, b), a=a, b=b)
for equation in ["ij->ji", "ii->i", "ii", "ijj->ji", "...ij->...", "ij", "ba", "...i->i..."]:
    case(f"einsum/{equation}", lambda a, e=equation: torch.einsum(e, a), a=randn(*shape(equation.split("->")[0])))

x, t, w = randn(3, 4), torch.rand(3, 4).double(), torch.rand(4).double() + 0.5
for r in ["mean", "sum", "none"]:
    case(f"kl_div/{r}", lambda x, t, r=r: F.kl_div(x, t, reduction=r), x=x, t=t)
    case(f"binary_cross_entropy/{r}", lambda x, t, r=r: F.binary_cross_entropy(x, t, reduction=r), x=torch.rand(3, 4).double(), t=t)
    case(f"smooth_l1_loss/{r}", lambda x, t, r=r: F.smooth_l1_loss(x, t, reduction=r, beta=0.7), x=x, t=t)
case("kl_div/zero", lambda x, t: F.kl_div(x, t.detach(), reduction="batchmean"), x=x, t=t * (t > 0.5))
case("kl_div/log", lambda x, t: F.kl_div(x, t, reduction="batchmean", log_target=True), x=x, t=t.log())
case("smooth_l1_loss/beta 0", lambda x, t: F.smooth_l1_loss(x, t, beta=0.0), x=x, t=t)
case("binary_cross_entropy/ends", lambda x, t: F.binary_cross_entropy(x, t, reduction="none"), x=[0, 1, 0, 1], t=[0, 1, 1, 0])
case("binary_cross_entropy/weight", lambda x, t, w: F.binary_cross_entropy(x, t, w.detach().expand(3, 4)), x=torch.rand(3, 4).double(), t=t, w=w)
case("bce_with_logits/weights", lambda x, t, w: F.binary_cross_entropy_with_logits(x * 30, t, w.detach().expand(3, 4), pos_weight=w.detach().flip(0)), x=x, t=t, w=w)
case("cosine_similarity", lambda a, b: F.cosine_similarity(a, b, dim=-1), a=randn(3, 4), b=randn(3, 4))
case("cosine_similarity/axis 0", lambda a, b: F.cosine_similarity(a, b, dim=0), a=randn(3, 4), b=randn(3, 1))
case("cosine_similarity/zero", lambda a, b: F.cosine_similarity(a, b, dim=-1), a=[[0, 0], [1, 2]], b=[[1, 2], [1, 2]])
labels = torch.tensor([1.0, -1, -1])
for margin in [0, 0.3]:
    case(f"cosine_embedding_loss/{margin}", lambda a, b, t, m=margin: F.cosine_embedding_loss(a, b, t, margin=m, reduction="none"), a=randn(3, 4), b=randn(3, 4), t=labels)
for p in [1, 2]:
    for swap in [False, True]:
        case(f"triplet_margin_loss/{p}{' swap' if swap else ''}",
             lambda a, b, c, p=p, s=swap: F.triplet_margin_loss(a, b, c, margin=1.5, p=p, swap=s, reduction="none"), a=randn(3, 4), b=randn(3, 4), c=randn(3, 4))

T, B, C = 7, 5, 4
targets = torch.tensor([[1, 1, 2], [3, 2, 3], [1, 0, 0], [2, 0, 0], [1, 1, 1]])
lengths, steps = torch.tensor([3, 3, 1, 0, 3]), torch.tensor([7, 5, 2, 4, 3])
for r in ["mean", "sum", "none"]:
    case(f"ctc_loss/{r}", lambda x, r=r: F.ctc_loss(x.log_softmax(-1), targets, steps, lengths, reduction=r, zero_infinity=True), x=randn(T, B, C))
case("ctc_loss/infinite", lambda x: F.ctc_loss(x.log_softmax(-1), targets, steps, lengths, reduction="none").detach(), x=randn(T, B, C))
flat = torch.tensor([1, 1, 2, 3, 2, 3, 1, 2])
case("ctc_loss/flat", lambda x: F.ctc_loss(x.log_softmax(-1), flat, torch.tensor([7, 5, 2, 4, 6]), torch.tensor([3, 3, 1, 0, 1]), reduction="none"), x=randn(T, B, C))
case("ctc_loss/blank", lambda x: F.ctc_loss(x.log_softmax(-1), targets[:2] - 1, torch.tensor([7, 6]), torch.tensor([3, 2]), blank=3), x=randn(T, 2, C))


def main():
    out = Writer("ops")
    for name, (f, inputs) in CASES.items():
        leaves = {k: v.clone().requires_grad_() if v.is_floating_point() else v for k, v in inputs.items()}
        y = f(**leaves)
        ys = [y] if isinstance(y, torch.Tensor) else list(y)
        tensors = dict(inputs)
        total = 0
        for i, each in enumerate(ys):
            tensors[f"y{i}"] = each.long() if each.dtype == torch.bool else each
            if each.requires_grad:
                w = torch.linspace(0.5, 1.5, each.numel(), dtype=torch.float64).reshape(each.shape)
                tensors[f"w{i}"] = w
                total = total + (each * w).sum()
        if isinstance(total, torch.Tensor):
            asked = {k: v for k, v in leaves.items() if v.requires_grad}
            for k, g in zip(asked, torch.autograd.grad(total, list(asked.values()), allow_unused=True)):
                if g is not None:
                    tensors[f"d/{k}"] = g
        out.case(name, {}, tensors)
    out.close()


main()
