#!/usr/bin/env python3
"""Golden values from PyTorch, in f64, of reversible instance normalisation and the GRU over segments: python3 make_forecast.py [FOLDER]
(needs torch, safetensors).

Writes forecast.safetensors beside itself, in the form of make_torch.py. The equations are those of Kim et al. 2022 and Lin et al. 2023
(arXiv 2308.11200), written out here.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from make_torch import Writer, grads_of

torch.manual_seed(3)
B, L, C, H, S, D, K = 2, 12, 3, 7, 4, 6, 2


class Norm(nn.Module):
    def __init__(self, last, scale, eps=1e-5):
        super().__init__()
        self.last, self.scale, self.eps = last, scale, eps
        self.weight = nn.Parameter(torch.randn(C) + 2)
        self.bias = nn.Parameter(torch.randn(C))

    def forward(self, x):
        self.center = x[:, -1:] if self.last else x.mean(1, keepdim=True)
        self.spread = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + self.eps) if self.scale else 1
        return (x - self.center) / self.spread * self.weight + self.bias

    def inverse(self, y):
        return (y - self.bias) / (self.weight + self.eps**2) * self.spread + self.center


class SegmentGru(nn.Module):
    def __init__(self, last, scale, direct, full):
        super().__init__()
        self.direct, self.m = direct, -(-H // S)
        self.norm = Norm(last, scale)
        self.embed = nn.Linear(S, D)
        self.gru = nn.GRU(D, D)
        self.output = nn.Linear(D, S)
        if full:
            self.known_embed = nn.Linear(S, D, bias=False)
            self.calendar_embed = nn.Linear(K, D, bias=False)
            self.linear_part = nn.Linear(L, H, bias=False)
        if direct:
            self.place = nn.Parameter(torch.randn(self.m, D // 2))
            self.column = nn.Parameter(torch.randn(C, D - D // 2))

    def forward(self, past, calendar=None, known=None):
        n, m = L // S, self.m
        x = self.norm(past)
        # One sequence a column: (B, C, n, S)
        z = x.transpose(1, 2).reshape(B, C, n, S)
        e = F.relu(self.embed(z))
        dates = self.calendar_embed(calendar[:, ::S])[:, None] if calendar is not None else torch.zeros(B, 1, n + m, D)
        e = e + dates[:, :, :n]
        if known is not None:
            e = e + self.known_embed(known.transpose(1, 2).reshape(B, C, n, S))
        _, h = self.gru(e.reshape(B * C, n, D).transpose(0, 1))
        if self.direct:
            pieces = []
            for j in range(m):
                q = torch.cat([self.place[j].expand(C, -1), self.column], 1).expand(B, C, D) + dates[:, :, n + j]
                _, state = self.gru(q.reshape(1, B * C, D), h)
                pieces.append(self.output(state[0]))
        else:
            pieces = []
            for j in range(m):
                y = self.output(h[0])
                pieces.append(y)
                x_next = F.relu(self.embed(y)).reshape(B, C, D) + dates[:, :, n + j]
                _, h = self.gru(x_next.reshape(1, B * C, D), h)
        y = torch.cat(pieces, 1).reshape(B, C, m * S).transpose(1, 2)[:, :H]
        if hasattr(self, "linear_part"):
            last = x[:, -1:]
            y = y + last + self.linear_part((x - last).transpose(1, 2)).transpose(1, 2)
        return self.norm.inverse(y)


def main():
    out = Writer("forecast")
    for last in (False, True):
        for scale in (False, True):
            for direct in (False, True):
                for full in (False, True):
                    net = SegmentGru(last, scale, direct, full).double()
                    past = torch.randn(B, L, C, dtype=torch.double)
                    more = {}
                    if full:
                        more = {"calendar": torch.randn(B, L + H, K, dtype=torch.double),
                                "known": (torch.rand(B, L, C) > 0.3).double()}
                    y = net(past, **more)
                    w = torch.randn_like(y)
                    leaves = dict(net.named_parameters())
                    name = f"segment_gru_{int(last)}{int(scale)}{int(direct)}{int(full)}"
                    settings = {"last": last, "scale": scale, "direct": direct, "full": full}
                    out.case(name, settings, {**leaves, "past": past, **more, "y": y, "wy": w, **grads_of((y * w).sum(), leaves)})
    out.close()


if __name__ == "__main__":
    torch.set_default_dtype(torch.double)
    main()
