#!/usr/bin/env python3
"""Makes the English-French excerpt that the demo trains on, from the public file fra.txt (plain or gzip).

  python3 make_excerpt.py FRA_TXT            writes train.tsv.gz, valid.tsv.gz, test.tsv.gz beside this script
  python3 make_excerpt.py FRA_TXT --check    compares them with what it would write

The rule, all of it applied before the split:
  1. Both sides are lower-cased and cut into words and punctuation; the 600 most frequent English and the 1,500 most frequent French words
     of the whole file are counted (a pair is a count).
  2. Kept are the pairs of 2 to 8 English and 1 to 10 French words, all among these, with no signs but , . ! ? and "...".
  3. Of an English sentence at most two French sides are kept; then English sentences are taken until there are 20,000 pairs.
The split is by English words, punctuation left out, so that no English sentence is in two parts, not even with another full stop:
500 sentences for test, 500 for validation, the rest for training. Test and validation list all French sides that the whole file has for
the sentence. Wherever something is chosen or ordered, the sha256 of the text decides, not its place in the file.
"""

import argparse
import collections
import gzip
import hashlib
import io
import pathlib
import re
import sys
import unicodedata

ENGLISH_WORDS, FRENCH_WORDS, PAIRS, HELD_OUT = 600, 1500, 20000, 500
SIGNS = {",", ".", "!", "?", "..."}
# A word (- and numbers' . , inside it; an apostrophe before a letter ends it), dots, any other sign.
PIECE = re.compile(r"[^\W_]+(?:-[^\W_]+|(?<=\d)[.,]\d[^\W_]*)*(?:'(?=[^\W\d_]))?|\.+|[^\w\s]|_")


def is_word(piece):
    return piece[0].isalnum()


def words(sentence):
    return tuple(p for p in sentence if is_word(p))


def pieces(text):
    text = unicodedata.normalize("NFC", text.lower()).replace("\u2019", "'")
    return tuple(PIECE.findall(text))


def join(sentence):
    """Plain text again: no space before punctuation or after an apostrophe."""
    text = ""
    for piece in sentence:
        space = text and not text.endswith("'") and (is_word(piece) or piece[0] not in ",.!?;:")
        text += " " * bool(space) + piece
    return text


def rank(*parts):
    return hashlib.sha256("\t".join(parts).encode()).hexdigest()


def read(path):
    raw = pathlib.Path(path).read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    return [tuple(map(pieces, line.split("\t")[:2])) for line in text.splitlines()]


def most_frequent(sentences, count):
    counts = collections.Counter(w for s in sentences for w in words(s))
    return set(sorted(counts, key=lambda w: (-counts[w], w))[:count])


def excerpt(rows):
    """English text -> its French texts, at most two, 20,000 pairs."""
    english_known = most_frequent([e for e, _ in rows], ENGLISH_WORDS)
    french_known = most_frequent([f for _, f in rows], FRENCH_WORDS)
    sides = collections.defaultdict(set)
    for english, french in rows:
        signs = {p for p in english + french if not is_word(p)}
        lengths = 2 <= len(words(english)) <= 8 and 1 <= len(words(french)) <= 10
        if lengths and signs <= SIGNS and set(words(english)) <= english_known and set(words(french)) <= french_known:
            sides[join(english)].add(join(french))
    chosen, count = {}, 0
    for english in sorted(sides, key=lambda e: rank("excerpt", e)):
        chosen[english] = sorted(sides[english], key=lambda f: rank("two", english, f))[: min(2, PAIRS - count)]
        count += len(chosen[english])
        if count == PAIRS:
            return chosen
    sys.exit(f"make_excerpt.py: need {PAIRS} pairs, got {count}")


def split(chosen):
    """The English texts of test, validation and training."""
    groups = collections.defaultdict(list)
    for english in chosen:
        groups[" ".join(words(pieces(english)))].append(english)
    parts, left = [], sorted(groups, key=lambda g: rank("split", g))
    for _ in range(2):
        part = []
        while len(part) < HELD_OUT:
            part += groups[left.pop(0)][: HELD_OUT - len(part)]
        parts.append(part)
    return parts + [[e for g in left for e in groups[g]]]


def pack(lines):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=9) as file:
        file.write("".join(line + "\n" for line in lines).encode("utf-8"))
    return out.getvalue()


def make(rows):
    chosen = excerpt(rows)
    test, valid, train = split(chosen)
    known = collections.defaultdict(set)
    for english, french in rows:
        known[join(english)].add(join(french))
    held_out = lambda part: ["\t".join([e] + sorted(known[e], key=lambda f: (f not in chosen[e], rank("two", e, f)))) for e in part]
    pairs = [f"{e}\t{f}" for e in train for f in chosen[e]]
    files = {"train": sorted(pairs, key=lambda p: rank("order", p)), "valid": held_out(valid), "test": held_out(test)}
    return {f"{name}.tsv.gz": pack(lines) for name, lines in files.items()}


def main():
    parser = argparse.ArgumentParser(description="Make the English-French excerpt from fra.txt.")
    parser.add_argument("file")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(__file__).parent
    for name, content in make(read(options.file)).items():
        text = gzip.decompress(content)
        if not options.check:
            (folder / name).write_bytes(content)
        elif gzip.decompress((folder / name).read_bytes()) != text:
            sys.exit(f"make_excerpt.py: {name} is not what the rule gives")
        print(f"{name}: {len(text.splitlines())} lines, {len(content)} bytes packed, sha256 of the text {hashlib.sha256(text).hexdigest()}")


main()
