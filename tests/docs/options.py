#!/usr/bin/env python3
"""The options of `translate` in its README are those of its --help, with their defaults.

options.py PROGRAM README [--write]     --write: puts them there
"""
import os
import re
import subprocess
import sys

BEGIN, END = '<!-- options: written by tests/docs/options.py -->\n', '<!-- end of options -->\n'
ARCHITECTURES = ['bahdanau', 'rnn-encdec', 'sutskever', 'mindspore-gru', 'ascend-gru', 'keras-listing', 'pytorch-listing']
USES = ['run', 'eval', 'score', 'shortlist', 'serve', 'attend', 'compare']


os.environ.pop('GRUS_DEVICE', None)  # it is a default


def options_of(program, *command):
    """(flag, default, help, group) of each option."""
    text = subprocess.run([program, *command, '--help'], capture_output=True, text=True, check=True).stdout.splitlines()
    found, group = [], ''
    for at, line in enumerate(text):
        if re.fullmatch(r'\w+:', line):
            group = line[:-1]
        match = re.match(r'  (?:-\w,)?(--[\w-]+)', line)
        if not match or match[1] == '--help':
            continue
        left, _, words = re.sub(r'(?<=\S) {2,}', '\t', line.strip(), count=1).partition('\t')
        default = re.search(r'=(\S*)', left)
        needed = 'required' if 'REQUIRED' in left else ''
        words = words or text[at + 1].strip()
        found.append((match[1], f'`{default[1]}`' if default and default[1] else needed, words.replace('|', '\\|'), group))
    return found


def defaults(program, flag, own):
    """The default of each architecture, where they differ."""
    others = {name: dict((o[0], o[1]) for o in options)[flag] for name, options in own.items()}
    first = others[ARCHITECTURES[0]]
    more = [f'{name} {value}' for name, value in others.items() if value != first and flag != '--arch']
    return '; '.join([first] + more)


def page(program):
    own = {name: options_of(program, 'train', '--arch', name) for name in ARCHITECTURES}
    lines = ['`train`, where an architecture has a default of its own it is named:\n', '| option | default | |', '|---|---|---|']
    for flag, _, words, _ in own[ARCHITECTURES[0]]:
        lines.append(f'| `{flag}` | {defaults(program, flag, own)} | {words} |')
    plain = {o[0]: o[1] for o in own['bahdanau']}
    demo = [f'`{o[0]}` {o[1]}' for o in options_of(program, 'demo') if plain[o[0]] != o[1]]
    lines += ['', '`demo` takes those of `train` but for `--paper` and `--config`; its defaults are others for ' + ', '.join(demo) + '.', '',
              'What uses a model:\n', '| option | default | of | |', '|---|---|---|---|']
    rows = {}
    for command in USES:
        for flag, default, words, _ in options_of(program, command):
            rows.setdefault((flag, default, words), []).append(command)
    for (flag, default, words), commands in rows.items():
        lines.append(f'| `{flag}` | {default} | {", ".join(commands)} | {words} |')
    return '\n'.join(lines) + '\n'


def main():
    program, readme = sys.argv[1:3]
    with open(readme, encoding='utf-8') as file:
        text = file.read()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    wanted = head + BEGIN + page(program) + END + tail
    if sys.argv[3:] == ['--write']:
        with open(readme, 'w', encoding='utf-8') as file:
            file.write(wanted)
    elif text != wanted:
        print(f'failed: the options in {readme} are not those of --help; ./dev docs writes them')
        sys.exit(1)


if __name__ == '__main__':
    main()
