#!/usr/bin/env python3
"""Kills runs of fit() at random moments and goes on with them: each must leave the files of one that was never stopped.

fit_kill.py PROGRAM [--seconds N] [--seed N]     PROGRAM: the built `fit_run`
"""
import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from kill import MOST_SIGNALS, SIGNALS, STOPPED, Failure


def files_of(folder):
    """The bytes of all files but the state, which counts seconds."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            if name == 'state.safetensors':
                continue
            path = os.path.join(place, name)
            with open(path, 'rb') as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def kill_one(command, after, chosen):
    """Runs the command, ends it after a while; returns whether it ended by itself."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(chosen)
    _, error = process.communicate()
    if process.returncode not in (0, -chosen, STOPPED):
        raise Failure(f'{" ".join(command)} exits {process.returncode}: {error.decode()}')
    return process.returncode == 0


def training(program, work, draw, counts):
    plan = [str(draw.choice(values)) for values in ([1, 2], [0, 1, 7], [0, 20], [1, 4], [0, 0.9])]
    straight, killed = (os.path.join(work, name) for name in ('straight', 'killed'))
    started = time.monotonic()
    subprocess.run([program, straight, *plan], check=True)
    most = 0.7 * (time.monotonic() - started)
    command = [program, killed, *plan]
    for _ in range(MOST_SIGNALS):
        chosen = draw.choice(SIGNALS)
        if kill_one(command, draw.uniform(0, most), chosen):
            break
        counts[chosen.name] += 1
    subprocess.run(command, check=True)
    whole, resumed = files_of(straight), files_of(killed)
    if whole != resumed:
        names = sorted(set(whole) | set(resumed))
        wrong = [name for name in names if whole.get(name) != resumed.get(name)]
        raise Failure(f'{" ".join(command)}: not those of a run never stopped: {wrong}')
    for folder in (straight, killed):
        shutil.rmtree(folder)
    counts['trainings'] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--seconds', type=float, default=600, help='begin no further training after them (600)')
    parser.add_argument('--seed', type=int, default=1, help='of plans and moments (1)')
    options = parser.parse_args()
    work, draw, counts = tempfile.mkdtemp(prefix='grus-fit-kill-'), random.Random(options.seed), collections.Counter()
    started, failed = time.monotonic(), None
    try:
        while time.monotonic() - started < options.seconds:
            training(options.program, work, draw, counts)
    except Failure as failure:
        failed = failure
    sent = ', '.join(f'{counts[s.name]} {s.name}' for s in SIGNALS)
    print(f'{counts["trainings"]} trainings equal to one never stopped after {sum(counts[s.name] for s in SIGNALS)} signals '
          f'({sent}), seed {options.seed}')
    if failed:
        print(f'failed: {failed}\nthe folders are kept in {work}')
        sys.exit(1)
    shutil.rmtree(work)


if __name__ == '__main__':
    main()
