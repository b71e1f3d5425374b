#!/usr/bin/env python3
"""Kills the programs of examples/kit at random moments and goes on with them: each must leave the weights of a run never stopped.

kit.py FOLDER [--seed N]     FOLDER: where the programs were built
"""
import collections
import math
import os
import random
import subprocess
import time

from killing import Failure, arguments, files_of, in_folder, kill_one

SIGNALS_SENT = 3  # to each program, before it may end


def texts(draw):
    words = {'bread': 'bake flour oven warm crust'.split(), 'boats': 'sail wind harbour mast deck'.split(),
             'birds': 'wing nest feather song branch'.split()}
    common = 'the a of and with under over near'.split()
    for _ in range(600):
        label = draw.choice(sorted(words))
        text = [draw.choice(common) for _ in range(draw.randint(2, 9))]
        text[draw.randrange(len(text))] = draw.choice(words[label])
        yield [label, ' '.join(text)]


def series(draw):
    for i in range(500):
        yield [f'{math.sin(2 * math.pi * i / 12 + k) + 0.01 * i + draw.gauss(0, 0.1):.4f}' for k in range(3)]


def surface(draw):
    for _ in range(600):
        a, b = draw.uniform(-1, 1), draw.uniform(-1, 1)
        yield [f'{x:.4f}' for x in (a, b, a * b, a - b, a * a, math.sin(2 * b))]


def classes_and_values(draw):
    for _ in range(600):
        x = [draw.uniform(-1, 1) for _ in range(4)]
        yield [*(f'{value:.4f}' for value in x), 'in' if math.hypot(*x[:2]) < 0.7 else 'out', f'{x[2] - x[3] * x[0]:.4f}']


# A program's table, the figure that it prints last and the number that this must be below, or above where it is negative.
PROGRAMS = {'classify': (['label', 'text'], texts, -0.9), 'forecast': (['x', 'y', 'z'], series, 0.5),
            'autoencode': (list('abcdef'), surface, 0.6),
            'two_heads': (['a', 'b', 'c', 'd', 'class', 'value'], classes_and_values, 0.3)}


def check(program, name, work, draw, counts):
    columns, rows, limit = PROGRAMS[name]
    table, straight, killed = (os.path.join(work, f'{name}.{kind}') for kind in ('csv', 'straight', 'killed'))
    with open(table, 'w') as file:
        file.writelines(','.join(row) + '\n' for row in [columns, *rows(draw)])
    started = time.monotonic()
    printed = subprocess.run([program, table, straight], check=True, capture_output=True, text=True).stdout
    most = 0.7 * (time.monotonic() - started)
    figure = next(float(word) for word in reversed(printed.split()) if word[0].isdigit())
    if figure > limit if limit > 0 else figure < -limit:
        raise Failure(f'{name} printed: {printed}')
    command = [program, table, killed]
    for _ in range(SIGNALS_SENT):
        if kill_one(command, most, draw, counts):
            break
    subprocess.run(command, check=True, capture_output=True)
    if files_of(straight) != files_of(killed):
        raise Failure(f'{name}: the files of {killed} are not those of {straight}')


def main():
    options = arguments(__doc__, 'folder').parse_args()
    draw, counts = random.Random(options.seed), collections.Counter()

    def work(folder):
        for name in PROGRAMS:
            check(os.path.join(options.folder, 'kit_' + name), name, folder, draw, counts)
        print(f'{len(PROGRAMS)} programs equal to ones never stopped after {sum(counts.values())} signals, seed {options.seed}')

    in_folder('grus-kit-', work)


if __name__ == '__main__':
    main()
