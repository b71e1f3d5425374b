#!/usr/bin/env python3
"""Kills trainings of the programs that replace an older model, and goes on with them: each must end with the weights of a run
never stopped, and after every kill the folder must hold a model of use, the old one as long as it stands aside.

programs.py FOLDER [--seed N] [--only NAME ...]     FOLDER: `examples` of the build

A training gets KILL at the moment at which the old model stands aside, and at moments that are drawn.
"""
import collections
import json
import math
import os
import random
import signal
import subprocess
import time
import wave

from killing import Failure, arguments, in_folder, kill_one

KILLS = 2  # at moments that are drawn
LETTERS = 'abcdefghij'


def text(draw, path):
    with open(path, 'w', encoding='utf-8') as file:
        for _ in range(150):
            file.write(' '.join(draw.choice(LETTERS) * draw.randint(1, 3) for _ in range(draw.randint(2, 6))) + '\n')
    return path


def labelled(draw, path):
    with open(path, 'w', encoding='utf-8') as file:
        for _ in range(200):
            label = draw.choice(['vowels', 'consonants'])
            words = [draw.choice('aeiou' if label == 'vowels' else 'bcdfg') * 2 for _ in range(draw.randint(2, 6))]
            file.write(f'{label} {" ".join(words)}\n')
    return path


def table(draw, path):
    path += '.csv'
    with open(path, 'w', encoding='utf-8') as file:
        file.write('a,b\n')
        for i in range(300):
            file.write(f'{math.sin(i / 2) + draw.gauss(0, 0.1):.3f},{math.cos(i / 2):.3f}\n')
    return path


def chorales(draw, path):
    def piece():
        return [sorted(draw.sample(range(48, 72), draw.randint(0, 3))) for _ in range(12)]
    path += '.json'
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'train': [piece() for _ in range(40)], 'valid': [piece(), piece()], 'test': [piece()]}, file)
    return path


def dictionary(draw, path):
    with open(path, 'w', encoding='utf-8') as file:
        for a in LETTERS:
            for b in LETTERS:
                file.write(f'{a}{b} {a.upper()}H {b.upper()}H\n')
    return path


def recordings(draw, path):
    os.mkdir(path)
    for number in range(24):
        word = ('low', 'high')[number % 2]
        with wave.open(os.path.join(path, f'{word}_{"abc"[number % 3]}{number}.wav'), 'wb') as file:
            file.setparams((1, 2, 8000, 0, 'NONE', ''))
            pitch = (300 if word == 'low' else 900) * draw.uniform(0.9, 1.1)
            samples = (int(9000 * math.sin(2 * math.pi * pitch * t / 8000) + draw.gauss(0, 300)) for t in range(2400))
            file.writeframes(b''.join(sample.to_bytes(2, 'little', signed=True) for sample in samples))
    return path


# A program, and what it learns from where that is not one kind of data; what it reads, its flags, {} for the data, and the command that uses its model.
PROGRAMS = {
    'add': (None, '--digits 2 --pairs 300 --held 20 --hidden 16 --emb 8', 'run 12+34'),
    'classify': (labelled, '--train {} --emb 8 --hidden 8 --min-count 1 --batch 8 --subwords 4', 'run aa bb'),
    'compose': (chorales, '--train {} --hidden 16 --batch 2', 'eval --data {} --part test'),
    'encode': (text, '--text {} --emb 8 --hidden 8 --latent 4 --batch 8 --warmup 0', 'run aa'),
    'encode series': (table, '--series {} --window 8 --hidden 8 --latent 4 --warmup 0', 'run'),
    'forecast': (table, '--data {} --window 16 --horizon 4 --hidden 8', 'run'),
    'listen': (recordings, '--train {} --valid-files *_c* --hidden 8 --bands 8 --batch 4 --hop 0.03 --window 0.03 --layers 1',
               'run {}/high_b1.wav'),
    'pronounce': (dictionary, '--dictionary {} --emb 8 --hidden 8 --batch 5 --hold-valid 0.2 --hold-test 0.2 --warmup 0', 'run ab'),
    'write': (text, '--train {} --emb 8 --hidden 8 --layers 1 --batch 2 --window 8 --warmup 1', 'run --length 9'),
}
COMMON = ['--threads', '1', '--patience', '0', '--schedule', 'constant', '--save-every', '5', '--epochs']


def bytes_of(path):
    with open(path, 'rb') as file:
        return file.read()


class Training:
    def __init__(self, program, name, work, draw):
        make, flags, use = PROGRAMS[name]
        data = make(draw, os.path.join(work, f'{name}-data'.replace(' ', '-'))) if make else ''
        self.program, self.out = program, os.path.join(work, name.replace(' ', '-'))
        self.flags, self.use = flags.replace('{}', data).split(), use.replace('{}', data).split()

    def command(self, out, epochs=3, *more):
        return [self.program, 'train', *self.flags, *COMMON, str(epochs), '--out', out, *more]

    def run(self, command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f'{" ".join(command)} exits {done.returncode}: {done.stderr}')
        return done.stdout

    def said(self):
        return self.run([self.program, *self.use, '--model', self.out, '--threads', '1'])

    def next_command(self, old_config):
        """Replaces the old model, or goes on once the new run has begun."""
        config = os.path.join(self.out, 'config.json')
        begun = os.path.exists(config) and bytes_of(config) != old_config
        return self.command(self.out, 3, '--resume' if begun else '--overwrite')

    def stands_aside(self):
        return os.path.exists(os.path.join(self.out, 'replaced'))

    def kill_at_once(self):
        """Kills the training when the old model stands aside."""
        process = subprocess.Popen(self.command(self.out, 3, '--overwrite'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.stands_aside():
            if process.poll() is not None:
                raise Failure(f'{" ".join(process.args)}: ended with {process.returncode}, and no model ever stood aside')
            time.sleep(0.0005)
        process.kill()
        process.wait()

    def check_usable(self, old):
        aside = self.stands_aside()
        said = self.said()
        if aside and said != old:
            raise Failure(f'{self.out}: the old model, which stands aside, says {said!r}, not {old!r}')
        return aside


def check(program, name, work, draw, counts):
    training = Training(program, name, work, draw)
    straight = training.out + '-straight'
    started = time.monotonic()
    training.run(training.command(straight))
    most = 0.8 * (time.monotonic() - started)
    training.run(training.command(training.out, 1, '--seed', '9'))
    old, old_config = training.said(), bytes_of(os.path.join(training.out, 'config.json'))
    training.kill_at_once()
    counts['old models'] += training.check_usable(old)
    for _ in range(KILLS):
        if kill_one(training.next_command(old_config), most, draw, counts, [signal.SIGKILL]):
            break
        training.check_usable(old)
    else:
        training.run(training.next_command(old_config))
    for file in ('model.safetensors', 'metrics.jsonl'):
        if bytes_of(os.path.join(straight, file)) != bytes_of(os.path.join(training.out, file)):
            raise Failure(f'{training.out}/{file} is not that of a run never stopped')
    left = [file for file in os.listdir(training.out) if file in ('replaced', '.replaced')]
    if left:
        raise Failure(f'{training.out}: left behind: {left}')


def main():
    parser = arguments(__doc__, 'folder')
    parser.add_argument('--only', nargs='+', help='these programs alone')
    options = parser.parse_args()
    names = [name for name in PROGRAMS if not options.only or name.split()[0] in options.only]
    draw, counts = random.Random(options.seed), collections.Counter()

    def work(folder):
        for name in names:
            program = name.split()[0]
            check(os.path.join(options.folder, program, program), name, folder, draw, counts)
        print(f'{len(names)} programs equal to ones never stopped; {counts["old models"]} old models said what they had said after '
              f'a kill at once, {counts["SIGKILL"]} kills later, seed {options.seed}')

    in_folder('grus-programs-', work)


if __name__ == '__main__':
    main()
