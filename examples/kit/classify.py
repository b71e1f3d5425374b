"""Text to class, as classify.cpp does it, in PyTorch: python classify.py FILE FOLDER"""
import collections, csv, os, re, signal, sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

torch.manual_seed(1)
with open(sys.argv[1]) as file:
    table = list(csv.DictReader(file))
classes = sorted({row['label'] for row in table})
texts = [re.sub(r'[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\t\n]', ' ', row['text'].lower()).split() for row in table]
counts = collections.Counter(word for text in texts for word in text)
ids = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(4998))}
examples = [(torch.tensor([ids.get(word, 1) for word in text]), classes.index(row['label'])) for text, row in zip(texts, table)]
seen, held = [], []
for label in range(len(classes)):
    rows = [e for e in examples if e[1] == label]
    order = torch.randperm(len(rows)).tolist()
    cut = round(0.8 * len(rows))
    seen += [rows[i] for i in order[:cut]]
    held += [rows[i] for i in order[cut:]]


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(ids) + 2, 32)
        self.gru = nn.GRU(32, 32)
        self.output = nn.Linear(32, len(classes))

    def forward(self, batch):
        packed = pack_sequence([text for text, _ in batch], enforce_sorted=False)
        _, last = self.gru(packed._replace(data=self.embedding(packed.data)))
        return self.output(last[0])


model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
state = {'epoch': 0, 'position': 0, 'step': 0, 'best': -1.0, 'epoch_of_best': 0}
folder, stopped = sys.argv[2], []
os.makedirs(folder, exist_ok=True)
signal.signal(signal.SIGINT, lambda *_: stopped.append(True))


def save():
    torch.save({'state': state, 'model': model.state_dict(), 'optimizer': optimizer.state_dict(),
                'rng': torch.get_rng_state()}, f'{folder}/state.new')
    os.replace(f'{folder}/state.new', f'{folder}/state.pt')


if os.path.exists(f'{folder}/state.pt'):
    saved = torch.load(f'{folder}/state.pt')
    state.update(saved['state'])
    model.load_state_dict(saved['model'])
    optimizer.load_state_dict(saved['optimizer'])
    torch.set_rng_state(saved['rng'])
while state['epoch'] < 8 and state['epoch'] - state['epoch_of_best'] < 3:
    model.train()
    order = torch.randperm(len(seen), generator=torch.Generator().manual_seed(state['epoch'])).tolist()
    batches = []
    for first in range(0, len(order), 1000):  # of like lengths, as pack_sequence pays for unequal ones
        bucket = sorted(order[first:first + 1000], key=lambda i: len(seen[i][0]))
        batches += [bucket[i:i + 32] for i in range(0, len(bucket), 32)]
    batches = [batches[i] for i in torch.randperm(len(batches), generator=torch.Generator().manual_seed(state['epoch']))]
    for which in batches[state['position']:]:
        batch = [seen[i] for i in which]
        loss = nn.functional.cross_entropy(model(batch), torch.tensor([label for _, label in batch]))
        if not torch.isfinite(loss):
            sys.exit(f'step {state["step"]}: the loss is not finite')
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        state['step'] += 1
        state['position'] += 1
        if state['step'] % 20 == 0 or stopped:
            save()
        if stopped:
            sys.exit(3)
    model.eval()
    with torch.no_grad():
        right = sum((model(held[i:i + 256]).argmax(1) == torch.tensor([label for _, label in held[i:i + 256]])).sum().item()
                    for i in range(0, len(held), 256))
    state['epoch'], state['position'] = state['epoch'] + 1, 0
    if right / len(held) > state['best']:
        state['best'], state['epoch_of_best'] = right / len(held), state['epoch']
        torch.save(model.state_dict(), f'{folder}/best.new')
        os.replace(f'{folder}/best.new', f'{folder}/best.pt')
    print(f'epoch {state["epoch"]}: loss {loss.item():.3f}, accuracy {right / len(held):.3f}')
    save()
model.load_state_dict(torch.load(f'{folder}/best.pt'))
print(f'accuracy {state["best"]:.3f}')
