#!/usr/bin/env python3
"""Kills runs of fit() at random moments and goes on with them: each must leave the files of one that was never stopped.

fit_kill.py PROGRAM [--seconds N] [--seed N]     PROGRAM: the built `fit_run`
"""
import os
import shutil
import subprocess
import time

from killing import MOST_SIGNALS, Failure, files_of, kill_one, rounds


def training(program, work, _, draw, counts):
    plan = [str(draw.choice(values)) for values in ([1, 2], [0, 1, 7], [0, 20], [1, 4], [0, 0.9], [0, 3])]
    straight, killed = (os.path.join(work, name) for name in ('straight', 'killed'))
    started = time.monotonic()
    subprocess.run([program, straight, *plan], check=True)
    most = 0.7 * (time.monotonic() - started)
    command = [program, killed, *plan]
    for _ in range(MOST_SIGNALS):
        if kill_one(command, most, draw, counts):
            break
    subprocess.run(command, check=True)
    whole, resumed = files_of(straight), files_of(killed)
    if whole != resumed:
        names = sorted(set(whole) | set(resumed))
        wrong = [name for name in names if whole.get(name) != resumed.get(name)]
        raise Failure(f'{" ".join(command)}: not those of a run never stopped: {wrong}')
    for folder in (straight, killed):
        shutil.rmtree(folder)


if __name__ == '__main__':
    rounds(__doc__, 'grus-fit-kill-', training)
