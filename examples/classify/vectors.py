#!/usr/bin/env python3
"""Word vectors for `classify train --vectors` from the input embedding of a BERT-like encoder.

  vectors.py MODEL_FOLDER >words.vec

MODEL_FOLDER holds vocab.txt, a piece a line, and model.safetensors with a matrix ...word_embeddings.weight in f32, a row for each piece. The
pieces that are whole words are written, in the vocabulary's order, as word2vec's text format has them. Their mean is taken off, since all of
BERT's vectors share a direction that says nothing, and their standard deviation becomes 0.1, that of vectors that `classify` draws.
"""

import argparse
import array
import json
import math
import pathlib
import struct
import sys


def read_embedding(path):
    """Returns the rows of the one matrix whose name ends in word_embeddings.weight."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        entries = [entry for name, entry in header.items() if name.endswith("word_embeddings.weight")]
        if len(entries) != 1 or entries[0]["dtype"] != "F32":
            sys.exit(f"vectors: {path}: need one matrix ...word_embeddings.weight in f32")
        begin, end = entries[0]["data_offsets"]
        file.seek(8 + length + begin)
        numbers = array.array("f", file.read(end - begin))
    width = entries[0]["shape"][1]
    return [numbers[i : i + width] for i in range(0, len(numbers), width)]


def whole_words(pieces):
    """Returns the places of pieces that stand alone: neither '##ing' nor '[CLS]'."""
    return [i for i, piece in enumerate(pieces) if piece and not piece.startswith("##") and not (len(piece) > 1 and piece.startswith("["))]


def scaled(rows):
    mean = [sum(column) / len(rows) for column in zip(*rows)]
    centred = [[x - m for x, m in zip(row, mean)] for row in rows]
    deviation = math.sqrt(sum(x * x for row in centred for x in row) / (len(rows) * len(mean)))
    return [[0.1 * x / deviation for x in row] for row in centred]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    model = parser.parse_args().model
    try:
        pieces = (model / "vocab.txt").read_text(encoding="utf-8").split("\n")
        embedding = read_embedding(model / "model.safetensors")
    except (OSError, ValueError, struct.error) as error:
        sys.exit(f"vectors: {error}")
    places = whole_words(pieces[: len(embedding)])
    rows = scaled([embedding[i] for i in places])
    print(len(rows), len(rows[0]))
    for i, row in zip(places, rows):
        print(pieces[i], " ".join(f"{x:.4f}" for x in row))


if __name__ == "__main__":
    main()
