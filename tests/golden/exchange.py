"""Moves weights between Grus and PyTorch, Keras and GGUF, both ways, and compares outputs on ragged input and files.

    ./dev build tests/formats/run_layers examples/convert/grus-convert
    KERAS_BACKEND=torch python tests/golden/exchange.py torch keras gguf [--build build] [--count 200] [--seed 1]

Needs torch, keras and h5py, gguf, numpy for the parts that are asked for. Prints a table of what was compared and the
largest difference, and fails where outputs differ by more than 1e-6 or bits that must be equal do not.
"""
import argparse
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

DTYPES = {'F32': np.float32, 'I32': np.int32, 'I64': np.int64}


def write_safetensors(path, arrays):
    header, data = {}, b''
    for name, array in arrays.items():
        kind = next(key for key, dtype in DTYPES.items() if array.dtype == dtype)
        header[name] = {'dtype': kind, 'shape': list(array.shape), 'data_offsets': [len(data), len(data) + array.nbytes]}
        data += np.ascontiguousarray(array).tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop('__metadata__', None)
    return {name: np.frombuffer(data[8 + size + e['data_offsets'][0]:8 + size + e['data_offsets'][1]], DTYPES[e['dtype']]).reshape(e['shape'])
            for name, e in header.items()}


class Table:
    def __init__(self):
        self.rows, self.bad = {}, 0

    def add(self, what, difference, limit=1e-6):
        count, worst = self.rows.get(what, (0, 0.0))
        self.rows[what] = (count + 1, max(worst, difference))
        if not difference <= limit:
            self.bad += 1
            print(f'{what}: {difference:.3g} is more than {limit}', file=sys.stderr)

    def print(self):
        print('| what was compared | cases | largest difference |\n|---|---:|---:|')
        for what, (count, worst) in self.rows.items():
            print(f'| {what} | {count} | {worst:.2g} |')


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'{command}: {done.stderr}')
    return done.stdout


def ragged(rng):
    steps, batch, inputs = rng.randint(2, 9), rng.randint(1, 5), rng.randint(1, 7)
    lengths = [rng.randint(1, steps) for _ in range(batch)]
    lengths[rng.randrange(batch)] = steps
    return steps, batch, inputs, np.array(lengths, np.int64)


# ---- PyTorch

def torch_case(torch, rng):
    """Returns what the program is told, a module, x, and a function of the module."""
    steps, batch, inputs, lengths = ragged(rng)
    kind = rng.choice(['gru', 'lstm', 'rnn', 'gru', 'lstm', 'rnn', 'linear', 'embedding', 'layer_norm', 'conv1d', 'conv2d', 'attention'])
    spec = {'kind': kind}
    x = torch.randn(steps, batch, inputs)
    if kind in ('gru', 'lstm', 'rnn'):
        spec |= {'hidden': rng.randint(1, 9), 'layers': rng.randint(1, 3), 'bidirectional': rng.random() < .5, 'bias': rng.random() < .8,
                 'relu': rng.random() < .5}
        extra = {'nonlinearity': 'relu' if spec['relu'] else 'tanh'} if kind == 'rnn' else {}
        module = getattr(torch.nn, kind.upper())(inputs, spec['hidden'], spec['layers'], bidirectional=spec['bidirectional'],
                                                 bias=spec['bias'], **extra)

        def forward(m):
            pack = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
            return torch.nn.utils.rnn.pad_packed_sequence(m(pack)[0], total_length=steps)[0]
        return spec, module, x, lengths, forward
    if kind == 'linear':
        spec |= {'out': rng.randint(1, 9), 'bias': rng.random() < .5}
        return spec, torch.nn.Linear(inputs, spec['out'], bias=spec['bias']), x, lengths, lambda m: m(x)
    if kind == 'embedding':
        spec |= {'count': rng.randint(1, 20), 'width': rng.randint(1, 9)}
        ids = torch.randint(spec['count'], (steps, batch), dtype=torch.int32)
        return spec, torch.nn.Embedding(spec['count'], spec['width']), ids, lengths, lambda m: m(ids)
    if kind == 'layer_norm':
        x = torch.randn(steps, batch, inputs + 1)
        module = torch.nn.LayerNorm(inputs + 1)
        torch.nn.init.normal_(module.weight), torch.nn.init.normal_(module.bias)
        return spec, module, x, lengths, lambda m: m(x)
    if kind == 'conv1d':
        groups = rng.randint(1, 2)
        spec |= {'out': groups * rng.randint(1, 4), 'kernel': rng.randint(1, 3), 'stride': rng.randint(1, 2), 'padding': rng.randint(0, 2),
                 'dilation': rng.randint(1, 2), 'groups': groups, 'bias': rng.random() < .5}
        x = torch.randn(batch, groups * inputs, 8)
        module = torch.nn.Conv1d(groups * inputs, spec['out'], spec['kernel'], spec['stride'], spec['padding'], spec['dilation'], groups,
                                 spec['bias'])
        return spec, module, x, lengths, lambda m: m(x)
    if kind == 'conv2d':
        spec |= {'out': rng.randint(1, 4), 'kernel': rng.randint(1, 3)}
        x = torch.randn(batch, inputs, 6, 5)
        return spec, torch.nn.Conv2d(inputs, spec['out'], spec['kernel']), x, lengths, lambda m: m(x)
    spec |= {'heads': rng.randint(1, 3)}
    x = torch.randn(steps, batch, 4 * spec['heads'])
    hidden = torch.arange(steps)[None, :] >= torch.tensor(lengths)[:, None]
    return spec, torch.nn.MultiheadAttention(4 * spec['heads'], spec['heads']), x, lengths, lambda m: m(x, x, x, key_padding_mask=hidden)[0]


def compare_torch(table, tools, folder, rng, count):
    import torch
    torch.manual_seed(rng.randrange(10**6))
    for _ in range(count):
        spec, module, x, lengths, forward = torch_case(torch, rng)
        (folder / 'spec.json').write_text(json.dumps(spec))
        write_safetensors(folder / 'in.safetensors', {'x': x.numpy(), 'lengths': lengths})
        files = [folder / 'in.safetensors', folder / 'out.safetensors']
        with torch.no_grad():
            expected = forward(module).numpy()
        ending = rng.choice(['pt', 'safetensors'])
        there = folder / f'there.{ending}'
        if ending == 'pt':
            torch.save(module.state_dict(), there)
        else:
            write_safetensors(there, {name: tensor.numpy() for name, tensor in module.state_dict().items()})
        run(tools['run_layers'], 'torch', folder / 'spec.json', there, *files, folder / 'back.pt')
        got = read_safetensors(folder / 'out.safetensors')['y']
        table.add(f"PyTorch's {spec['kind']} in Grus: outputs", float(np.max(np.abs(got - expected), initial=0)))
        back = torch.load(folder / 'back.pt', weights_only=True)
        state = module.state_dict()
        assert sorted(back) == sorted(state), (sorted(back), sorted(state))
        table.add(f"PyTorch's {spec['kind']} there and back: tensors that differ",
                  float(sum(back[name].numpy().tobytes() != state[name].numpy().tobytes() for name in state)), 0)
        own = folder / f'own.{ending}'
        run(tools['run_layers'], 'torch', folder / 'spec.json', 'none', *files, own)
        new = torch.load(own, weights_only=True) if ending == 'pt' else {
            name: torch.tensor(array) for name, array in read_safetensors(own).items()}
        module.load_state_dict(new)
        with torch.no_grad():
            expected = forward(module).numpy()
        got = read_safetensors(folder / 'out.safetensors')['y']
        table.add(f"Grus' {spec['kind']} in PyTorch: outputs", float(np.max(np.abs(got - expected), initial=0)))


# ---- Keras

def keras_case(keras, rng):
    """Returns a model of masked sequences, its input (B, T) or (B, T, I), and whether weights alone tell the form of its GRUs."""
    layers = keras.layers
    steps, batch, inputs, lengths = ragged(rng)
    words, kinds, told = rng.random() < .5, [], True
    if words:
        ids = np.array([[rng.randint(1, 8) if t < length else 0 for t in range(steps)] for length in lengths], np.int32)
        parts = [keras.Input((None,), dtype='int32'), layers.Embedding(9, rng.randint(1, 6), mask_zero=True)]
        kinds.append('Embedding')
        x = ids
    else:
        x = np.random.default_rng(rng.randrange(10**6)).normal(size=(batch, steps, inputs)).astype(np.float32) + 5
        for row, length in zip(x, lengths):
            row[length:] = 0
        parts = [keras.Input((None, inputs)), layers.Masking()]
    for _ in range(rng.randint(1, 3)):
        kind, units, bias = rng.choice(['GRU', 'GRU', 'LSTM', 'SimpleRNN']), rng.randint(1, 7), rng.random() < .8
        options = {'use_bias': bias, 'return_sequences': True, 'bias_initializer': 'random_normal'}
        if kind == 'GRU':
            options['reset_after'] = rng.random() < .5
            told = told and bias
        if kind == 'LSTM':
            options['unit_forget_bias'] = False
        layer = getattr(layers, kind)(units, **options)
        both = rng.random() < .4
        kinds.append(('Bidirectional ' if both else '') + kind + (f" reset_after={options['reset_after']}" if kind == 'GRU' else ''))
        parts.append(layers.Bidirectional(layer) if both else layer)
    if rng.random() < .5:
        parts.append(layers.LayerNormalization(gamma_initializer='random_normal', beta_initializer='random_normal'))
        kinds.append('LayerNormalization')
    if rng.random() < .4:
        parts.append(layers.Dropout(.5))
    if rng.random() < .5:
        dense = layers.Dense(rng.randint(1, 5), activation=rng.choice(['linear', 'tanh', 'softmax']), use_bias=rng.random() < .7)
        parts.append(layers.TimeDistributed(dense) if rng.random() < .3 else dense)
        kinds.append('Dense')
    if rng.random() < .3:  # no mask goes through a convolution, whose padding must be the same: causal, from real places
        parts.append(layers.Conv1D(rng.randint(1, 4), rng.randint(1, 3), padding='causal', dilation_rate=rng.randint(1, 2),
                                   use_bias=rng.random() < .7, activation=rng.choice(['linear', 'relu'])))
        kinds.append('Conv1D')
    return keras.Sequential(parts), x, lengths, kinds, told


def compare_keras(table, tools, folder, rng, count):
    import os
    import warnings
    os.environ.setdefault('KERAS_BACKEND', 'torch')
    warnings.filterwarnings('ignore')
    import logging
    import keras
    logging.getLogger('absl').setLevel(logging.ERROR)
    keras.utils.set_random_seed(rng.randrange(10**6))
    for _ in range(count):
        model, x, lengths, kinds, told = keras_case(keras, rng)
        expected = np.asarray(keras.ops.convert_to_numpy(model(x)))
        write_safetensors(folder / 'in.safetensors', {'x': np.ascontiguousarray(np.swapaxes(x, 0, 1)), 'lengths': lengths})
        ending = rng.choice(['keras', 'h5'])
        there, back = folder / f'model.{ending}', folder / 'back.weights.h5'
        model.save(there)
        run(tools['run_layers'], 'keras', there, folder / 'in.safetensors', folder / 'out.safetensors', back)
        got = np.swapaxes(read_safetensors(folder / 'out.safetensors')['y'], 0, 1)
        real = np.arange(x.shape[1])[None, :] < lengths[:, None]
        difference = float(np.max(np.abs(got - expected)[real], initial=0))
        for kind in set(kinds):
            table.add(f"Keras' {kind} (.{ending}) in Grus: outputs", difference)
        before = [weight.copy() for weight in model.get_weights()]
        model.set_weights([np.zeros_like(weight) for weight in before])
        model.load_weights(back)
        table.add('Keras there and back by load_weights: tensors that differ',
                  float(sum(a.tobytes() != b.tobytes() for a, b in zip(before, model.get_weights()))), 0)
        compare_written_model(table, tools, folder, keras, model, x, kinds, there)
        # Weights alone, without the model's configuration, through the program and safetensors.
        if told:
            model.save_weights(folder / 'w.weights.h5')
            run(tools['grus-convert'], folder / 'w.weights.h5', folder / 'w.safetensors')
            run(tools['grus-convert'], folder / 'w.safetensors', folder / 'v.weights.h5')
            model.set_weights([np.zeros_like(weight) for weight in before])
            model.load_weights(folder / 'v.weights.h5')
            table.add('Keras weights alone, by grus-convert and safetensors: tensors that differ',
                      float(sum(a.tobytes() != b.tobytes() for a, b in zip(before, model.get_weights()))), 0)
        compare_keras_from_torch(table, tools, folder, rng, keras)


def compare_written_model(table, tools, folder, keras, model, x, kinds, there):
    """A model is written as .keras: what load_model makes of it gives the outputs, on input that nothing masks."""
    model_input = np.maximum(x, 1) if x.dtype == np.int32 else np.where(x == 0, np.float32(1), x)
    run(tools['grus-convert'], there, folder / 'written.keras')
    again = keras.saving.load_model(folder / 'written.keras')
    expected, got = (keras.ops.convert_to_numpy(one(model_input)) for one in (model, again))
    assert expected.shape == got.shape, (expected.shape, got.shape)
    for kind in set(kinds):
        table.add(f"Keras' {kind} written as .keras: outputs", float(np.max(np.abs(got - expected), initial=0)))


def compare_keras_from_torch(table, tools, folder, rng, keras):
    """A module of Grus (and PyTorch) with two biases becomes Keras' weights."""
    import torch
    kind, both, layers = rng.choice(['GRU', 'LSTM']), rng.random() < .5, rng.randint(1, 2)
    steps, batch, inputs, _ = ragged(rng)
    hidden = rng.randint(1, 6)
    spec = {'kind': kind.lower(), 'hidden': hidden, 'layers': layers, 'bidirectional': both, 'bias': True, 'relu': False}
    (folder / 'spec.json').write_text(json.dumps(spec))
    x = np.random.default_rng(rng.randrange(10**6)).normal(size=(steps, batch, inputs)).astype(np.float32)
    write_safetensors(folder / 'in.safetensors', {'x': x, 'lengths': np.full(batch, steps, np.int64)})
    run(tools['run_layers'], 'torch', folder / 'spec.json', 'none', folder / 'in.safetensors', folder / 'out.safetensors', folder / 'own.pt')
    run(tools['grus-convert'], folder / 'own.pt', folder / 'own.weights.h5', '--add', 'rnn.')
    parts = [keras.Input((None, inputs))]
    for _ in range(layers):
        layer = getattr(keras.layers, kind)(hidden, return_sequences=True)
        parts.append(keras.layers.Bidirectional(layer) if both else layer)
    model = keras.Sequential(parts)
    model.load_weights(folder / 'own.weights.h5')
    got = keras.ops.convert_to_numpy(model(np.swapaxes(x, 0, 1)))
    expected = np.swapaxes(read_safetensors(folder / 'out.safetensors')['y'], 0, 1)
    table.add(f"Grus' {kind} in Keras: outputs", float(np.max(np.abs(got - expected))))


# ---- GGUF

def compare_gguf(table, tools, folder, rng, count):
    import gguf
    for _ in range(count):
        draw = np.random.default_rng(rng.randrange(10**6))
        arrays = {f't{i}': (draw.normal(size=shape) * 10.0 ** draw.integers(-3, 3)).astype(np.float32)
                  for i, shape in enumerate([(3, 64), (2, 5, 32), (7, 33), (40,), (), (1, 96)])}
        arrays['zeros'] = np.zeros((2, 32), np.float32)
        arrays['ids'] = draw.integers(-5, 5, size=(4,)).astype(np.int64)
        write_safetensors(folder / 'in.safetensors', arrays)
        for type in ('f32', 'f16', 'q8_0', 'q4_0'):
            run(tools['grus-convert'], folder / 'in.safetensors', folder / 'out.gguf', '--type', type)
            reader = gguf.GGUFReader(folder / 'out.gguf')
            assert reader.fields['general.architecture'].contents() == 'grus'
            read = {tensor.name: tensor for tensor in reader.tensors}
            assert list(read) and set(read) == set(arrays)
            for name, array in arrays.items():
                tensor = read[name]
                kind = gguf.GGMLQuantizationType[type.upper()]
                blocks = array.ndim > 1 and array.dtype == np.float32 and (type == 'f16' or array.shape[-1] % 32 == 0)
                assert list(reversed(tensor.shape.tolist())) == (list(array.shape) or [1]), (name, tensor.shape, array.shape)
                if array.dtype == np.int64:
                    assert tensor.tensor_type == gguf.GGMLQuantizationType.I64
                    table.add('GGUF: integers that differ', float(np.sum(np.asarray(tensor.data) != array)), 0)
                    continue
                assert tensor.tensor_type == (kind if blocks else gguf.GGMLQuantizationType.F32), (name, tensor.tensor_type)
                expected = gguf.quants.quantize(array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1), tensor.tensor_type)
                table.add(f"GGUF {type}: bytes that differ from its own package's",
                          float(np.sum(np.asarray(tensor.data).view(np.uint8).ravel() != expected.view(np.uint8).ravel())), 0)
                got = gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type).reshape(array.shape)
                scale = np.max(np.abs(array), initial=1e-30)
                table.add(f'GGUF {type}: error over the largest number, read back', float(np.max(np.abs(got - array), initial=0) / scale),
                          {'f32': 0, 'f16': 5e-4, 'q8_0': 6e-3, 'q4_0': 0.14}[type])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('parts', nargs='+', choices=['torch', 'keras', 'gguf'])
    parser.add_argument('--build', type=Path, default=Path(__file__).parents[2] / 'build')
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    tools = {'run_layers': options.build / 'tests/formats/run_layers', 'grus-convert': options.build / 'examples/convert/grus-convert'}
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        for part in options.parts:
            globals()[f'compare_{part}'](table, tools, Path(folder), random.Random(options.seed), options.count)
    table.print()
    print(f'{table.bad} differ' if table.bad else 'all agree')
    return 1 if table.bad else 0


if __name__ == '__main__':
    sys.exit(main())
