"""Writes state_dict.pt, a checkpoint with all that a state dict may hold, or compares a file of ours with it.

    python make_state_dict.py write FOLDER     state_dict.pt, code.pt
    python make_state_dict.py check FILE       FILE of ours holds what state_dict.pt holds
"""
import sys
from pathlib import Path

import torch


class Code:
    def __reduce__(self):
        return (print, ('run!',))


def state():
    torch.manual_seed(1)
    gru = torch.nn.GRU(2, 3, bidirectional=True)
    table = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    kinds = {name: torch.tensor([0, 1, 100]).to(getattr(torch, name))
             for name in ('float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8')}
    return {'epoch': 3, 'name': 'golden', 'lr': 1e-3, 'model': gru.state_dict(), 'kinds': kinds,
            'flags': torch.tensor([True, False]),
            'views': [table, table.t(), table[1:, 1:3], table[2], torch.tensor(5.0).expand(2, 2)[:1, :1]],
            'parameter': torch.nn.Parameter(torch.ones(2)), 'empty': torch.zeros(0, 4), 'scalar': torch.tensor(2.5)}


def flat(value, name=''):
    if isinstance(value, torch.Tensor):
        yield name, value.detach()
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from flat(inner, f'{name}.{key}' if name else str(key))


def main():
    if sys.argv[1] == 'write':
        torch.save(state(), Path(sys.argv[2]) / 'state_dict.pt')
        torch.save({'w': torch.ones(1), 'x': Code()}, Path(sys.argv[2]) / 'code.pt')
        return
    wider = {torch.float16: torch.float32, torch.int8: torch.int32, torch.int16: torch.int32}
    got, expected = torch.load(sys.argv[2], weights_only=True), dict(flat(state()))
    assert list(got) == list(expected), (list(got), list(expected))
    for name, tensor in expected.items():
        tensor = tensor.to(wider.get(tensor.dtype, tensor.dtype))
        assert got[name].dtype == tensor.dtype and torch.equal(got[name], tensor), name
    print(f'{len(got)} tensors are equal')


main()
