"""One body, two heads, as two_heads.cpp has them, in PyTorch: python two_heads.py FILE FOLDER"""
import csv, os, sys

import torch
from torch import nn

torch.manual_seed(1)
with open(sys.argv[1]) as file:
    table = list(csv.DictReader(file))
inputs = [name for name in table[0] if name not in ('class', 'value')]
classes = sorted({row['class'] for row in table})
rows = torch.tensor([[float(row[name]) for name in inputs] for row in table])
kinds = torch.tensor([classes.index(row['class']) for row in table])
values = torch.tensor([float(row['value']) for row in table])
order = torch.randperm(len(table))
seen, held = order[:round(0.8 * len(table))], order[round(0.8 * len(table)):]


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(len(inputs), 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.kind = nn.Linear(32, len(classes))
        self.value = nn.Linear(32, 1)

    def forward(self, x):
        shared = self.body(x)
        return self.kind(shared), self.value(shared).squeeze(1)


model = TwoHeads()
heads = list(model.kind.parameters()) + list(model.value.parameters())
optimizer = torch.optim.Adam([{'params': model.body.parameters(), 'lr': 5e-4}, {'params': heads, 'lr': 5e-3}])
state, folder = {'epoch': 0, 'best': -1.0}, sys.argv[2]
os.makedirs(folder, exist_ok=True)
if os.path.exists(f'{folder}/state.pt'):
    saved = torch.load(f'{folder}/state.pt')
    state.update(saved['state'])
    model.load_state_dict(saved['model'])
    optimizer.load_state_dict(saved['optimizer'])
while state['epoch'] < 12:
    for parameter in model.body.parameters():
        parameter.requires_grad = state['epoch'] >= 2
    shuffled = seen[torch.randperm(len(seen), generator=torch.Generator().manual_seed(state['epoch']))]
    for which in shuffled.split(32):
        scores, value = model(rows[which])
        loss = nn.functional.cross_entropy(scores, kinds[which]) + 0.5 * nn.functional.mse_loss(value, values[which])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores, value = model(rows[held])
    accuracy = (scores.argmax(1) == kinds[held]).float().mean().item()
    error = (value - values[held]).abs().mean().item()
    state['epoch'] += 1
    print(f'epoch {state["epoch"]}: loss {loss.item():.3f}, accuracy {accuracy:.3f}, mae {error:.3f}')
    if accuracy > state['best']:
        state['best'] = accuracy
        torch.save(model.state_dict(), f'{folder}/best.new')
        os.replace(f'{folder}/best.new', f'{folder}/best.pt')
    torch.save({'state': state, 'model': model.state_dict(), 'optimizer': optimizer.state_dict()}, f'{folder}/state.new')
    os.replace(f'{folder}/state.new', f'{folder}/state.pt')
model.load_state_dict(torch.load(f'{folder}/best.pt'))
print(f'accuracy {state["best"]:.3f}')
