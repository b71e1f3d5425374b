#!/usr/bin/env python3
"""What a model that is there is worth to a text that is new: a named translator is fine-tuned on a few image descriptions, of whose
words it knows some, and judged beside itself before and beside a model that learns from these descriptions alone.

  fine_tune.py --build BUILD [--model demo-en-fr] [--index FILE_OR_URL] [--pairs 2000] [--epochs 8] [--seed 1] [--out FOLDER]

The text is Multi30k's English and French (./dev data multi30k): its first PAIRS pairs, 300 of its validation and its test of 2016. Prints BLEU
(13a) and chrF of the test, and the share of its English words that each vocabulary knows.
"""

import argparse
import html
import pathlib
import re
import subprocess
import sys
import tempfile

from models import members

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {"train": "train", "valid": "val", "test": "test_2016_flickr"}


def prepare(folder, pairs):
    """Writes the pairs as SOURCE<TAB>TARGET files and the test as two files; Moses's escapes become letters again."""
    data = ROOT / "downloads" / "multi30k"
    subprocess.run([ROOT / "data" / "fetch" / "fetch.sh", "multi30k", data], check=True, stdout=subprocess.DEVNULL)
    for part, name in PARTS.items():
        for language in ("en", "fr"):
            text = (data / "tok" / f"{name}.lc.norm.tok.{language}").read_text(encoding="utf-8")
            lines = [re.sub(r"\s+", " ", html.unescape(line)).strip() for line in text.splitlines()]
            kept = lines[: {"train": pairs, "valid": 300}.get(part)]
            (folder / f"{part}.{language}").write_text("\n".join(kept) + "\n", encoding="utf-8")


def run(program, *flags):
    done = subprocess.run([program, *[str(flag) for flag in flags]], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"fine_tune: {done.stderr.strip()}")
    return done.stdout


def known(vocabulary, test):
    """Returns the share of the test's words that are in a vocabulary of PIECE<TAB>COUNT lines."""
    pieces = {line.rsplit("\t", 1)[0] for line in vocabulary.splitlines()}
    words = [word for line in test.splitlines() for word in re.findall(r"\w+", line)]
    return sum(word in pieces for word in words) / len(words)


def english_words(model):
    """Returns the English vocabulary of a folder or a pack."""
    if model.is_dir():
        return (model / "source.vocab").read_text(encoding="utf-8")
    return members(model)["source.vocab"].decode()


class Translator:
    """The program, and the files of one comparison."""

    def __init__(self, options, folder):
        self.program = options.build / "examples" / "translate" / "translate"
        self.options, self.folder = options, folder
        self.index = ["--index", options.index] if options.index else []

    def train(self, name, *flags):
        files = [word for part in ("train", "valid") for side, language in (("src", "en"), ("tgt", "fr"))
                 for word in (f"--{part}-{side}", self.folder / f"{part}.{language}")]
        run(self.program, "train", *files, *flags, "--epochs", self.options.epochs, "--batch-tokens", 250, "--warmup", 100, "--seed", self.options.seed, "--bleu-tokenize", "13a",
            "--out", self.folder / name, "--overwrite")
        return self.folder / name

    def judge(self, what, model):
        printed = run(self.program, "eval", "--model", model, *self.index, "--src", self.folder / "test.en", "--ref", self.folder / "test.fr",
                      "--bleu-tokenize", "13a").splitlines()
        bleu, chrf = (re.search(r"= ([0-9.]+)", line).group(1) for line in printed[:2])
        print(f"| {what} | {bleu} | {chrf} |", flush=True)


def compare(options, folder):
    prepare(folder, options.pairs)
    own = Translator(options, folder)
    print("| model | BLEU | chrF |\n|---|---|---|")
    own.judge(f"{options.model}, as it is", options.model)
    # The same sizes and recipe, from nothing: what is compared is what was learned before.
    sizes = ["--tokenizer", "word", "--vocab", "0", "--emb", "192", "--hidden", "256", "--tie", "output", "--dropout", "0.3", "--lr", "2e-3"]
    alone = own.train("alone", *sizes)
    own.judge(f"{options.pairs} pairs alone", alone)
    tuned = own.train("tuned", "--init-from", options.model, *own.index, "--extend-vocab", "--lr", "1e-3")
    own.judge(f"{options.model}, fine-tuned on {options.pairs} pairs", tuned)
    test = (folder / "test.en").read_text(encoding="utf-8")
    print(f"English words of the test that are known: {100 * known(english_words(tuned), test):.1f} % of the fine-tuned model's, "
          f"{100 * known(english_words(alone), test):.1f} % of these pairs alone")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="build folder with the programs")
    parser.add_argument("--model", default="demo-en-fr", help="name, pack or folder of a translator from English to French")
    parser.add_argument("--index", default="", help="file or address of the index that has the name (none: GRUS_MODEL_INDEX)")
    parser.add_argument("--pairs", type=int, default=2000, help="pairs to learn from")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, help="folder that keeps texts and models (none: nothing is kept)")
    options = parser.parse_args()
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        compare(options, options.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
