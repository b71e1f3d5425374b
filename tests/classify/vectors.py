#!/usr/bin/env python3
"""examples/classify/vectors.py writes the whole words of a vocabulary, without what all share, in word2vec's format."""

import array
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

SCRIPT = sys.argv[1]


def write_model(folder, pieces, rows, dtype="F32"):
    data = array.array("f", [x for row in rows for x in row]).tobytes()
    entry = {"dtype": dtype, "shape": [len(rows), len(rows[0])], "data_offsets": [0, len(data)]}
    header = json.dumps({"embeddings.word_embeddings.weight": entry}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")


def run(folder):
    return subprocess.run([sys.executable, SCRIPT, str(folder)], capture_output=True, text=True, check=False)


with tempfile.TemporaryDirectory() as name:
    model = pathlib.Path(name)
    write_model(model, ["[CLS]", "fine", "##ly", "été", "["], [[9, 9], [1, 5], [7, 7], [3, 5], [2, 5]])
    done = run(model)
    # The rows less their mean (2, 5) are -1, 1 and 0 in the first column: a deviation of sqrt(2 / 6).
    x = f"{0.1 / (2 / 6) ** 0.5:.4f}"
    expected = f"3 2\nfine -{x} 0.0000\nété {x} 0.0000\n[ 0.0000 0.0000\n"
    assert done.stdout == expected, (done.stdout, expected, done.stderr)
    write_model(model, ["a"], [[1, 2]], dtype="F16")
    done = run(model)
    assert done.returncode == 1 and "need one matrix" in done.stderr and not done.stdout, done
    done = run(model / "absent")
    assert done.returncode == 1 and done.stderr.startswith("vectors: ") and done.stderr.count("\n") == 1, done
