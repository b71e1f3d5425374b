#!/usr/bin/env python3
"""Golden values from PyTorch, in f64, of autoencoders of windows and of the divergence of their codes: python3 make_autoencoders.py
[FOLDER] (needs torch, safetensors).

Writes autoencoders.safetensors beside itself, in the form of make_torch.py. The divergence is torch.distributions'.
"""

import torch
import torch.nn as nn
from make_torch import Writer, grads_of

torch.manual_seed(5)
B, L, C, H, Z = 3, 6, 2, 4, 3


class Latent(nn.Module):
    def __init__(self, variational):
        super().__init__()
        self.mean = nn.Linear(H, Z)
        if variational:
            self.log_variance = nn.Linear(H, Z)


class WindowAutoencoder(nn.Module):
    def __init__(self, lstm, layers, variational):
        super().__init__()
        self.lstm, self.layers = lstm, layers
        kind = nn.LSTM if lstm else nn.GRU
        self.latent = Latent(variational)
        self.start = nn.Linear(Z, layers * H * (2 if lstm else 1))
        self.output = nn.Linear(H, C)
        self.encoder = kind(C, H, layers)
        self.decoder = kind(Z, H, layers)

    def forward(self, x):
        _, last = self.encoder(x.transpose(0, 1))
        h = (last[0] if self.lstm else last)[-1]
        z = self.latent.mean(h)
        kl = torch.zeros(B)
        if hasattr(self.latent, "log_variance"):
            q = torch.distributions.Normal(z, torch.exp(self.latent.log_variance(h) / 2))
            kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
        rows = torch.tanh(self.start(z)).reshape(B, -1, H).transpose(0, 1).contiguous()
        first = (rows[: self.layers], rows[self.layers :]) if self.lstm else rows
        s, _ = self.decoder(z.expand(L, B, Z), first)
        return self.output(s).flip(0).transpose(0, 1), kl


def main():
    out = Writer("autoencoders")
    for lstm in (False, True):
        for layers in (1, 2):
            for variational in (False, True):
                net = WindowAutoencoder(lstm, layers, variational).double()
                x = torch.randn(B, L, C)
                y, kl = net(x)
                w, wk = torch.randn_like(y), torch.randn(B) * variational
                leaves = dict(net.named_parameters())
                name = f"window_{'lstm' if lstm else 'gru'}_{layers}_{int(variational)}"
                settings = {"lstm": lstm, "layers": layers, "variational": variational}
                grads = grads_of((y * w).sum() + (kl * wk).sum(), leaves)
                out.case(name, settings, {**leaves, "x": x, "y": y, "kl": kl, "wy": w, "wkl": wk, **grads})
    out.close()


if __name__ == "__main__":
    torch.set_default_dtype(torch.double)
    main()
