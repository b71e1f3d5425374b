#!/usr/bin/env python3
"""Golden values from PyTorch, in f64: python3 make_torch.py [FOLDER] (needs torch, safetensors).

Writes recurrent, lstm, attention, loss, optimizer, translator and linear_loss .safetensors beside itself. A file holds several cases: tensors are called
"CASE/NAME", and the metadata says of each case what it is, as JSON.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)


class Writer:
    def __init__(self, name):
        self.path, self.tensors, self.metadata = FOLDER / f"{name}.safetensors", {}, {"torch": torch.__version__}

    def case(self, name, settings, tensors):
        self.metadata[name] = json.dumps(settings)
        for key, value in tensors.items():
            self.tensors[f"{name}/{key}"] = value.detach().clone().contiguous()

    def close(self):
        data = save(self.tensors, self.metadata)
        length = int.from_bytes(data[:8], "little")
        header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()  # the library's order is random
        header += b" " * (-len(header) % 8)
        self.path.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
        print(self.path.name, self.path.stat().st_size, "bytes")


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


def grads_of(loss, tensors):
    found = torch.autograd.grad(loss, list(tensors.values()))
    return {f"d/{name}": g for name, g in zip(tensors, found)}


def layers_of(file, cases):
    out = Writer(file)
    T, B, I, H = 5, 4, 3, 4
    for name, c in cases.items():
        options = dict(num_layers=c["layers"], bidirectional=c["bidirectional"], bias=c.get("bias", True))
        modules = {"GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}
        m = modules[c["kind"]](I, H, **options) if c["kind"] in modules else torch.nn.RNN(I, H, nonlinearity=c["kind"], **options)
        D = 2 if c["bidirectional"] else 1
        x = leaf(T, B, I)
        states = ["h", "c"] if c["kind"] == "LSTM" else ["h"]
        first = {f"{s}0": leaf(c["layers"] * D, B, H) for s in states} if c["h0"] else {}
        given = None if not first else tuple(first.values()) if len(states) > 1 else first["h0"]
        if c["lengths"]:
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(c["lengths"]), enforce_sorted=False)
            y, last = m(packed, given)
            y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=T)
        else:
            y, last = m(x, given)
        results = {"y": y, **dict(zip(states, last if len(states) > 1 else [last]))}
        seeds = {f"w{key}": torch.randn_like(value) for key, value in results.items()}
        inputs = {"x": x, **first, **dict(m.named_parameters())}
        loss = sum((value * seeds[f"w{key}"]).sum() for key, value in results.items())
        out.case(name, dict(c, input=I, hidden=H, bias=options["bias"]), {**inputs, **results, **seeds, **grads_of(loss, inputs)})
    out.close()


ragged = [2, 5, 3, 5]


def recurrent():
    layers_of("recurrent", {
        "gru": dict(kind="GRU", layers=1, bidirectional=False, lengths=None, h0=False),
        "gru_h0": dict(kind="GRU", layers=1, bidirectional=False, lengths=None, h0=True),
        "gru_no_bias": dict(kind="GRU", layers=1, bidirectional=False, lengths=ragged, h0=True, bias=False),
        "gru_two_layers": dict(kind="GRU", layers=2, bidirectional=False, lengths=ragged, h0=True),
        "gru_both_directions": dict(kind="GRU", layers=1, bidirectional=True, lengths=ragged, h0=False),
        "gru_three_layers_both_directions": dict(kind="GRU", layers=3, bidirectional=True, lengths=ragged, h0=True),
        "rnn_tanh": dict(kind="tanh", layers=2, bidirectional=True, lengths=ragged, h0=True),
        "rnn_relu": dict(kind="relu", layers=1, bidirectional=False, lengths=None, h0=False),
    })


def lstm():
    layers_of("lstm", {
        "lstm": dict(kind="LSTM", layers=1, bidirectional=False, lengths=None, h0=False),
        "lstm_no_bias": dict(kind="LSTM", layers=1, bidirectional=False, lengths=[1, 5, 3, 5], h0=True, bias=False),
        "lstm_two_layers": dict(kind="LSTM", layers=2, bidirectional=False, lengths=ragged, h0=True),
        "lstm_both_directions": dict(kind="LSTM", layers=1, bidirectional=True, lengths=ragged, h0=False),
        "lstm_three_layers_both_directions": dict(kind="LSTM", layers=3, bidirectional=True, lengths=[1, 5, 3, 5], h0=True),
    })


def attention():
    out = Writer("attention")
    S, B, Q, A = 5, 3, 4, 6
    lengths = torch.tensor([5, 2, 4])
    for score in ["additive", "dot", "general"]:
        C = Q if score == "dot" else 5
        query, states = leaf(B, Q), leaf(S, B, C)
        parameters = {}
        if score == "additive":
            parameters = {"query.weight": leaf(A, Q), "query.bias": leaf(A), "key.weight": leaf(A, C), "v": leaf(A)}
            projected = query @ parameters["query.weight"].t() + parameters["query.bias"]
            e = torch.tanh(projected + states @ parameters["key.weight"].t()) @ parameters["v"]  # (S, B)
        elif score == "general":
            parameters = {"key.weight": leaf(Q, C)}
            e = ((states @ parameters["key.weight"].t()) * query).sum(-1)
        else:
            e = (states * query).sum(-1)
        mask = torch.arange(S)[:, None] < lengths
        weights = F.softmax(e.masked_fill(~mask, -torch.inf), 0).t()  # (B, S)
        context = torch.einsum("bs,sbc->bc", weights, states)
        wc = torch.randn_like(context)
        inputs = {"query": query, "states": states, **parameters}
        out.case(score, dict(score=score, query=Q, memory=C, hidden=A, lengths=lengths.tolist()),
                 {**inputs, "context": context, "weights": weights, "wc": wc, **grads_of((context * wc).sum(), inputs)})
    out.close()


def loss():
    out = Writer("loss")
    N, V = 7, 5
    targets = torch.tensor([0, 4, 2, 2, 1, 3, 2])
    for name, c in {
        "plain": {},
        "sum": dict(reduction="sum"),
        "smoothing": dict(label_smoothing=0.1),
        "ignore": dict(ignore_index=2),
        "ignore_smoothing": dict(ignore_index=2, label_smoothing=0.2),
        "weight": dict(weight=True),
        "weight_smoothing_ignore": dict(weight=True, label_smoothing=0.1, ignore_index=3),
    }.items():
        logits = leaf(N, V)
        weight = torch.rand(V) + 0.5
        options = {k: v for k, v in c.items() if k != "weight"}
        value = F.cross_entropy(logits, targets, weight=weight if c.get("weight") else None, **options)
        out.case(name, c, {"logits": logits, "targets": targets, "weight": weight, "loss": value,
                           **grads_of(value, {"logits": logits})})
    out.close()


def optimizers():
    out = Writer("optimizer")
    steps = 10
    for name, make, c in [
        ("sgd", torch.optim.SGD, dict(lr=0.1)),
        ("sgd_momentum", torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.01)),
        ("sgd_nesterov", torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
        ("adam", torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.98), eps=1e-9)),
        ("adam_decay", torch.optim.Adam, dict(lr=0.01, weight_decay=0.1)),
        ("adamw", torch.optim.AdamW, dict(lr=0.01, weight_decay=0.1)),
        ("adadelta", torch.optim.Adadelta, dict(lr=1.0, rho=0.95, eps=1e-6)),
    ]:
        w = torch.nn.Parameter(torch.randn(3, 7))
        start = w.detach().clone()
        gradients = torch.randn(steps, 3, 7)
        optimizer = make([w], **c)
        values = []
        for g in gradients:
            w.grad = g.clone()
            optimizer.step()
            values.append(w.detach().clone())
        out.case(name, c, {"start": start, "gradients": gradients, "values": torch.stack(values)})
    out.close()


class Translator(torch.nn.Module):
    """Conditional attention decoder, the embedding tied to the output layer; cells as in examples/translate."""

    def __init__(self, V, E, H, A):
        super().__init__()
        self.embedding = torch.nn.Embedding(V, E)
        self.encoder = torch.nn.GRU(E, H // 2, bidirectional=True)
        self.initial = torch.nn.Linear(H, H)
        self.first, self.second = torch.nn.GRUCell(E, H), torch.nn.GRUCell(H, H)
        self.query, self.key = torch.nn.Linear(H, A), torch.nn.Linear(H, A, bias=False)
        self.v = torch.nn.Parameter(torch.randn(A))
        self.readout = torch.nn.Linear(2 * H + E, E)
        self.output_bias = torch.nn.Parameter(torch.randn(V))

    def forward(self, source, lengths, inputs):
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.embedding(source), lengths, enforce_sorted=False)
        states, _ = torch.nn.utils.rnn.pad_packed_sequence(self.encoder(packed)[0], total_length=len(source))
        mask = torch.arange(len(source))[:, None] < lengths  # (S, B)
        h = torch.tanh(self.initial(states.sum(0) / lengths[:, None]))
        keys, logits = self.key(states), []
        for word in self.embedding(inputs):
            h1 = self.first(word, h)
            scores = (torch.tanh(keys + self.query(h1)) @ self.v).masked_fill(~mask, -torch.inf)
            context = (F.softmax(scores, 0)[..., None] * states).sum(0)
            h = self.second(context, h1)
            read = torch.tanh(self.readout(torch.cat([h, word, context], -1)))
            logits.append(read @ self.embedding.weight.t() + self.output_bias)
        return torch.stack(logits)


def translator():
    out = Writer("translator")
    sizes = dict(V=11, E=4, H=6, A=5)
    S, T, B, steps = 5, 4, 3, 10
    model = Translator(**sizes)
    source, target = torch.randint(0, sizes["V"], (S, B)), torch.randint(0, sizes["V"], (T, B))
    lengths, target_lengths = torch.tensor([3, 5, 1]), torch.tensor([4, 2, 3])
    inputs = torch.cat([torch.zeros(1, B, dtype=torch.long), target[:-1]])
    start = {f"start/{name}": p.detach().clone() for name, p in model.named_parameters()}
    options = dict(lr=0.01, betas=(0.9, 0.98), eps=1e-9)
    optimizer = torch.optim.Adam(model.parameters(), **options)
    real = torch.arange(T)[:, None] < target_lengths
    losses, norms = [], []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(source, lengths, inputs)[real], target[real], label_smoothing=0.1)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5))
        optimizer.step()
        losses.append(loss.detach())
    ends = {f"end/{name}": p for name, p in model.named_parameters()}
    out.case("ten_adam_steps",
             dict(**sizes, **options, label_smoothing=0.1, clip=0.5, lengths=lengths.tolist(), target_lengths=target_lengths.tolist()),
             {"source": source, "inputs": inputs, "target": target, "losses": torch.stack(losses), "norms": torch.stack(norms),
              **start, **ends})
    out.close()


def linear_loss():
    """A linear layer and its cross-entropy, with gradients of the gradient's square too."""
    out = Writer("linear_loss")
    N, K, V = 7, 3, 5
    targets = torch.tensor([0, 4, 2, 2, 1, 3, 2])
    for name, c in {
        "plain": {},
        "weight": dict(weight=True),
        "smoothing_ignore": dict(label_smoothing=0.1, ignore_index=2),
        "weight_smoothing_ignore": dict(weight=True, label_smoothing=0.1, ignore_index=3),
    }.items():
        inputs = {"x": leaf(N, K), "weight": leaf(V, K), "bias": leaf(V)}
        classes = torch.rand(V) + 0.5
        options = {k: v for k, v in c.items() if k != "weight"}
        value = F.cross_entropy(F.linear(*inputs.values()), targets, weight=classes if c.get("weight") else None, **options)
        first = torch.autograd.grad(value, list(inputs.values()), create_graph=True)
        second = torch.autograd.grad(sum((g * g).sum() for g in first), list(inputs.values()))
        out.case(name, c, {**inputs, "targets": targets, "classes": classes, "loss": value,
                           **{f"d/{key}": g for key, g in zip(inputs, first)},
                           **{f"dd/{key}": g for key, g in zip(inputs, second)}})
    out.close()


if __name__ == "__main__":
    recurrent()
    attention()
    loss()
    optimizers()
    translator()
    lstm()
    linear_loss()
