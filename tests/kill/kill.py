#!/usr/bin/env python3
"""Kills trainings at random moments and goes on with them: each must end as one that was never stopped, bit for bit.

kill.py PROGRAM [--seconds N] [--seed N]     PROGRAM: the built `translate`; ./dev kill builds and runs it

A training gets KILL, TERM or INT up to a dozen times, is resumed after each, and may replace an older model. After every
signal the folder must hold a model that translates as soon as it has held one: the old one or the new one.
"""
import os
import shutil
import subprocess
import time

from killing import MOST_SIGNALS, Failure, kill_one, rounds

LINE = 'a b c\n'


def pairs(count):
    """Lines "a b c<TAB>C B A"."""
    lines = []
    for n in range(count):
        words = [chr(ord('a') + (7 * n + 3 * i) % 10) for i in range(1 + n % 4)]
        lines.append(' '.join(words) + '\t' + ' '.join(reversed(words)).upper() + '\n')
    return ''.join(lines)


class Killer:
    def __init__(self, program, work, draw, counts):
        self.program, self.work, self.random, self.counts = program, work, draw, counts
        self.text, self.valid = (os.path.join(work, name) for name in ('train.tsv', 'valid.tsv'))
        for path, count in ((self.text, 1500), (self.valid, 8)):  # most of the time goes into steps
            with open(path, 'w', encoding='utf-8') as file:
                file.write(pairs(count))

    def flags(self, plan, out):
        return ['train', '--train', self.text, '--valid', self.valid, '--out', out, '--tokenizer', 'space', '--emb', '12',
                '--hidden', '12', '--dropout', '0.1', '--batch-tokens', '40', '--epochs', '3', '--patience',
                '0', '--warmup', '3', '--beam', '1', '--threads', '1'] + plan['flags']

    def draw_plan(self):
        draw = self.random.choice
        arch = draw(['bahdanau', 'rnn-encdec', 'sutskever'])
        flags = ['--arch', arch, '--save-every', draw(['0', '1', '4']), '--seed', str(draw([1, 2])), '--average',
                 draw(['0', '0.9']), '--metrics', draw(['bleu', 'chrf,perplexity', 'perplexity']), '--validate-every',
                 draw(['0', '5']), '--keep', draw(['0', '2']), '--teacher-forcing', draw(['1', '0.5'])]
        return {'flags': flags, 'overwrite': draw([True, False])}

    def run(self, arguments):
        return subprocess.run([self.program, *arguments], input=LINE, capture_output=True, text=True, check=False)

    def train(self, plan, out):
        result = self.run(self.flags(plan, out))
        if result.returncode != 0:
            raise Failure(f'the training that nobody stops exits {result.returncode}: {result.stderr}')

    def check_usable(self, out, must):
        """Whether the folder translates; a Failure when it must and does not."""
        result = self.run(['run', '--model', out])
        if result.returncode == 0 and result.stdout.count('\n') == 1:
            return True
        if must:
            raise Failure(f'{out}: a usable model was there before the signal: {result.stderr}')
        return False

    def begun(self, out, old_config):
        """Whether the new run is what --resume goes on with."""
        path = os.path.join(out, 'config.json')
        if not os.path.exists(path):
            return False
        with open(path, 'rb') as file:
            return file.read() != old_config

    def training(self, number):
        plan = self.draw_plan()
        straight, out = (os.path.join(self.work, f'{name}{number}') for name in ('straight', 'killed'))
        started = time.monotonic()
        self.train(plan, straight)
        most = 0.7 * (time.monotonic() - started)
        command, old_config, usable = self.flags(plan, out), b'', False
        if plan['overwrite']:
            self.train({**plan, 'flags': plan['flags'] + ['--seed', '9', '--epochs', '1']}, out)
            with open(os.path.join(out, 'config.json'), 'rb') as file:
                old_config = file.read()
            command, usable = command + ['--overwrite'], True
        for signals in range(MOST_SIGNALS + 1):
            again = ['--resume'] if self.begun(out, old_config) else []
            if signals == MOST_SIGNALS:
                result = self.run(command + again)
                if result.returncode != 0:
                    raise Failure(f'{" ".join(command + again)} exits {result.returncode}: {result.stderr}')
                break
            if kill_one([self.program, *command, *again], most, self.random, self.counts):
                break
            usable = self.check_usable(out, usable)
        self.compare(straight, out, command)
        for folder in (straight, out):
            shutil.rmtree(folder)

    def compare(self, straight, out, command):
        for name in ('model.safetensors', 'source.vocab', 'pieces.vocab'):
            texts = []
            for folder in (straight, out):
                path = os.path.join(folder, name)
                texts.append(open(path, 'rb').read() if os.path.exists(path) else None)
            if texts[0] != texts[1]:
                raise Failure(f'{out}/{name} is not that of a run never stopped: {" ".join(command)}')
        left = [name for name in os.listdir(out) if name in ('replaced', '.replaced')]
        if left:
            raise Failure(f'{out}: left behind: {left}')


def training(program, work, number, draw, counts):
    Killer(program, work, draw, counts).training(number)


if __name__ == '__main__':
    rounds(__doc__, 'grus-kill-', training)
