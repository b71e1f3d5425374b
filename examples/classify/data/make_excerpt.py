#!/usr/bin/env python3
"""Writes names.tsv.gz: at most 120 names of each language, chosen by the order of their checksums.

make_excerpt.py FOLDER OUT    FOLDER: LANGUAGE.txt files of github.com/spro/practical-pytorch, data/names
"""
import gzip
import hashlib
import pathlib
import sys


def main():
    rows = []
    for file in sorted(pathlib.Path(sys.argv[1]).glob('*.txt')):
        names = sorted({line.strip() for line in file.read_text(encoding='utf-8').splitlines() if line.strip()},
                       key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        rows += [f'{file.stem}\t{name}' for name in names[:120]]
    text = 'label\ttext\n' + '\n'.join(rows) + '\n'
    with open(sys.argv[2], 'wb') as out, gzip.GzipFile('', 'wb', 9, out, mtime=0) as packed:
        packed.write(text.encode())


main()
