#!/usr/bin/env python3
"""Writes cmudict.txt.gz: 6,000 words of 3 to 7 letters with all their pronunciations, chosen by the order of checksums.

make_excerpt.py CMUDICT OUT    CMUDICT: cmudict.dict of github.com/cmusphinx/cmudict, plain or gzip
"""
import gzip
import hashlib
import re
import sys


def main():
    raw = open(sys.argv[1], 'rb').read()
    text = (gzip.decompress(raw) if raw[:2] == b'\x1f\x8b' else raw).decode()
    words = {}
    for line in text.splitlines():
        word, *phones = line.split('#')[0].split()
        plain = re.sub(r'\(\d+\)$', '', word)
        if re.fullmatch('[a-z]{3,7}', plain):
            words.setdefault(plain, []).append(' '.join([word] + phones))
    chosen = sorted(words, key=lambda word: hashlib.sha256(word.encode()).hexdigest())[:6000]
    lines = [line for word in sorted(chosen) for line in words[word]]
    with open(sys.argv[2], 'wb') as out, gzip.GzipFile('', 'wb', 9, out, mtime=0) as packed:
        packed.write(('\n'.join(lines) + '\n').encode())


main()
