"""Programs' models in ONNX against the programs: check_programs_onnx.py BUILD DIR.

Trains small models of every encoder and pooling of `classify` and of the forms of `translate`'s decoder with attention, a step each,
exports them with numbers that the program itself computed (`export --examples`), and runs them with ONNX Runtime: the sizes are
others than those that were recorded, and the sources are ragged. Needs numpy, onnx and onnxruntime, as check_onnx.py.
"""
import itertools
import pathlib
import shutil
import subprocess
import sys

import check_onnx

NAMES = "label\ttext\n" + "".join(f"{'ab'[n % 2]}\t{'xyzuvw'[n % 6]}{'opqrst'[n * 7 % 6]} {'klmn'[n % 4]}{n % 3}\n" for n in range(60))
PAIRS = "".join(f"{a} {b} {c}.\t{c} {a} {b}.\n" for a, b, c in itertools.product("one two three four".split(), repeat=3))


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in words)}: {done.stderr.strip()}")


def classifiers():
    for unit, pool, directions in itertools.product(["gru", "lstm", "rnn"], ["last", "mean", "max", "attention"], ["one", "both"]):
        yield f"{unit}-{pool}-{directions}", ["--unit", unit, "--pool", pool, "--directions", directions]
    yield "layers", ["--layers", "3"]
    yield "grams", ["--ngrams", "3", "--buckets", "50"]
    yield "letters", ["--subwords", "4", "--buckets", "50"]
    yield "all", ["--ngrams", "2", "--subwords", "5", "--buckets", "50", "--members", "3", "--layers", "2", "--unit", "lstm"]


def translators():
    yield "demo", ["--tie", "output"]
    yield "paper", ["--paper"]
    for unit, score in itertools.product(["gru", "lstm"], ["additive", "dot", "general"]):
        yield f"{unit}-{score}", ["--unit", unit, "--attention-score", score]
    yield "deep", ["--layers", "3", "--residual"]
    yield "deep-lstm", ["--enc-layers", "2", "--dec-layers", "3", "--unit", "lstm"]


def main(build, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "names.tsv").write_text(NAMES)
    (folder / "pairs.tsv").write_text(PAIRS)
    model = folder / "model"
    classify, translate = (build / "examples" / name / name for name in ("classify", "translate"))
    for name, flags in classifiers():
        run(classify, "train", "--train", folder / "names.tsv", "--min-count", "1", "--hidden", "12", "--emb", "10", "--max-steps", "2",
            "--threads", "1", *flags, "--out", model, "--overwrite")
        run(classify, "export", "--model", model, "--out", folder / f"classify-{name}.onnx", "--examples", folder / f"classify-{name}.npz")
    sizes = ["--emb", "10", "--hidden", "12", "--tokenizer", "word", "--vocab", "0", "--max-steps", "2", "--epochs", "1", "--threads", "1"]
    for name, flags in translators():
        run(translate, "train", "--train", folder / "pairs.tsv", "--valid", folder / "pairs.tsv", *flags, *sizes, "--out", model, "--overwrite")
        run(translate, "export", "--model", model, "--out", folder / "parts", "--examples")
        for part in ("encoder", "step"):
            for kind in ("onnx", "npz"):
                (folder / "parts" / f"{part}.{kind}").rename(folder / f"translate-{name}-{part}.{kind}")
    return check_onnx.main(str(folder))


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])))
