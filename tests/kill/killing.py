"""What scripts that kill trainings share: signals, one kill, and rounds of trainings until the time is over."""
import argparse
import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
MOST_SIGNALS = 12  # of one training, which then runs to its end
STOPPED = 3        # the exit code of a run that saved all on request


class Failure(Exception):
    pass


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


def kill_one(command, most, draw, counts, signals=tuple(SIGNALS)):
    """Runs the command and ends it by one of the signals after at most so many seconds; returns whether it ended by itself."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    chosen = draw.choice(signals)
    try:
        process.wait(draw.uniform(0, most))
    except subprocess.TimeoutExpired:
        process.send_signal(chosen)
    _, error = process.communicate()
    if process.returncode == 0:
        return True
    if process.returncode not in (-chosen, STOPPED):
        raise Failure(f'{" ".join(command)} exits {process.returncode}: {error.decode()}')
    counts[chosen.name] += 1
    return False


def arguments(document, place):
    """The parser of a script's arguments: where its programs are, and the seed of all it draws."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(place)
    parser.add_argument('--seed', type=int, default=1, help='of all that is drawn (1)')
    return parser


def in_folder(prefix, work):
    """Calls work(folder) with a new folder, which stays when a Failure ends it."""
    folder = tempfile.mkdtemp(prefix=prefix)
    try:
        work(folder)
    except Failure as failure:
        print(f'failed: {failure}\nthe folders are kept in {folder}')
        sys.exit(1)
    shutil.rmtree(folder)


def rounds(document, prefix, training):
    """The main function of a script: calls training(program, folder, number, draw, counts) until --seconds are over."""
    parser = arguments(document, 'program')
    parser.add_argument('--seconds', type=float, default=600, help='begin no further training after them (600)')
    options = parser.parse_args()
    draw, counts = random.Random(options.seed), collections.Counter()

    def work(folder):
        started, number = time.monotonic(), 0
        try:
            while time.monotonic() - started < options.seconds:
                training(options.program, folder, number, draw, counts)
                number += 1
        finally:
            sent = ', '.join(f'{counts[s.name]} {s.name}' for s in SIGNALS)
            print(f'{number} trainings equal to one never stopped after {sum(counts[s.name] for s in SIGNALS)} signals '
                  f'({sent}), seed {options.seed}')

    in_folder(prefix, work)
