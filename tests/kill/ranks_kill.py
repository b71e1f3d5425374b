#!/usr/bin/env python3
"""Kills single ranks of runs of fit() at random moments and goes on with another number of ranks: each run must leave the
files of one rank that was never stopped, and all ranks must end within ten seconds, with one sentence.

ranks_kill.py PROGRAM [--seconds N] [--seed N]     PROGRAM: the built `fit_run`; mpirun is Open MPI's
"""
import os
import shutil
import signal
import subprocess
import sys
import time

from killing import Failure, files_of, rounds

MOST_KILLS = 6
MOST_SECONDS_BEFORE = 6  # a signal; starting takes about one
MOST_SECONDS_TO_END = 10
MPIRUN = ['mpirun', '--oversubscribe', '--allow-run-as-root', '--bind-to', 'none']


def ranks_of(launcher):
    """The processes that mpirun has started."""
    try:
        with open(f'/proc/{launcher}/task/{launcher}/children', encoding='utf-8') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def is_there(process):
    try:
        with open(f'/proc/{process}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


def launch(command, size, keeps_ranks):
    # --enable-recovery leaves the other ranks alone when one is gone, so that they must notice it themselves.
    flags = ['--enable-recovery'] if keeps_ranks else []
    return subprocess.Popen([*MPIRUN, *flags, '-n', str(size), *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env={**os.environ, 'GRUS_NUM_THREADS': '1'})


def holder_of(folder):
    """The process that holds the folder of a run, or 0."""
    try:
        with open(os.path.join(folder, '.lock'), encoding='utf-8') as file:
            return int(file.read() or 0)
    except (OSError, ValueError):
        return 0


def wait_for_training(process, folder):
    """While ranks look for one another, only the launcher sees to them."""
    while process.poll() is None and holder_of(folder) not in ranks_of(process.pid):
        time.sleep(0.05)


def kill_a_rank(command, most, draw, counts):
    """Kills a rank, or asks all to stop; returns whether the run ended by itself."""
    size, keeps_ranks, kind = draw.choice([2, 3, 4]), draw.random() < 0.5, draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
    process = launch(command, size, keeps_ranks)
    if keeps_ranks:
        wait_for_training(process, command[1])
    try:
        process.wait(draw.uniform(0, most))
    except subprocess.TimeoutExpired:
        pass
    ranks = ranks_of(process.pid)
    chosen = draw.randrange(len(ranks)) if ranks else 0
    began = time.monotonic()
    if process.poll() == 0:
        return True
    if ranks:
        os.kill(ranks[chosen], kind)
    _, error = process.communicate()
    took = time.monotonic() - began
    if took > MOST_SECONDS_TO_END or any(is_there(rank) for rank in ranks):
        raise Failure(f'{" ".join(command)}: {size} ranks needed {took:.1f} s to end after {kind.name} of rank {chosen}')
    said = [line for line in error.decode().splitlines() if line.startswith(os.path.basename(command[0]) + ': ')]
    if len(said) > 1:
        raise Failure(f'{" ".join(command)}: more than one sentence: {said}')
    counts[kind.name] += 1
    print(f'{kind.name} of rank {chosen} of {size}{" (the launcher keeps the others)" if keeps_ranks else ""}: {took:.1f} s, '
          f'{said[0] if said else "nothing said"}', flush=True)
    return False


def training(program, work, _, draw, counts):
    plan = [str(draw.choice(values)) for values in ([1, 2], [1, 7], [0, 20], [1, 4], [0, 0.9])] + ['8', '40']
    straight, killed = (os.path.join(work, name) for name in ('straight', 'killed'))
    subprocess.run([program, straight, *plan], check=True, env={**os.environ, 'GRUS_NUM_THREADS': '1'})
    command = [program, killed, *plan]
    for _ in range(MOST_KILLS):
        if kill_a_rank(command, MOST_SECONDS_BEFORE, draw, counts):
            break
    size = draw.choice([1, 2, 3, 4])
    process = launch(command, size, False)
    _, error = process.communicate()
    if process.returncode != 0:
        raise Failure(f'{" ".join(command)} with {size} ranks exits {process.returncode}: {error.decode()}')
    whole, resumed = files_of(straight), files_of(killed)
    if whole != resumed:
        wrong = [name for name in sorted(set(whole) | set(resumed)) if whole.get(name) != resumed.get(name)]
        raise Failure(f'{" ".join(command)}: not those of one rank never stopped: {wrong}')
    for folder in (straight, killed):
        shutil.rmtree(folder)


if __name__ == '__main__':
    module = os.path.join(os.environ.get('GRUS_BACKEND_PATH', ''), 'libgrus-mpi.so')
    version = subprocess.run(['mpirun', '--version'], capture_output=True, text=True).stdout if shutil.which('mpirun') else ''
    if 'Open MPI' not in version or ('GRUS_BACKEND_PATH' in os.environ and not os.path.exists(module)):
        print('skipped: need Open MPI, and a build with it')
        sys.exit(77)
    rounds(__doc__, 'grus-ranks-kill-', training)
