#!/usr/bin/env python3
"""Small trained models and their index: each is trained by its recipe here, gets a card, is packed and named.

  models.py --build BUILD --out FOLDER [--only NAME ...] [--again] [--author TEXT] [--date TEXT]

Then `PROGRAM run --index FOLDER/index.json --model NAME` works, from the folder or from any server that has its files. The index
lists every pack NAME.grus of the folder, whoever put it there; what it says of one is the first line of its card. Runs stand in
BUILD/models/NAME; one that has ended with the same recipe is not trained again, and one that was stopped goes on.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The licence of what is learned is that of the text, where it has one.
RECIPES = {
    "demo-en-fr": {
        "program": "translate",
        "train": ["demo"],
        "card": {"title": "English to French, short sentences of frequent words",
                 "data": "18,685 sentence pairs of Tatoeba by way of manythings.org/anki, in examples/translate/data",
                 "data-licence": "CC BY 2.0", "licence": "CC BY 2.0",
                 "limits": "It knows 600 English and 1,200 French words in short sentences; all else becomes <unk> or nonsense."},
    },
    "names": {
        "program": "classify",
        "data": "names",
        "train": ["train", "--train", "{data}", "--config", "examples/models/names.json"],
        "card": {"title": "Surnames to 18 languages",
                 "data": "18,012 surnames of github.com/spro/practical-pytorch, a fifth of them held out", "data-licence": "MIT", "licence": "MIT",
                 "limits": "Half of the names are Russian, and so are its guesses where it does not know. A name says little of a person."},
    },
    "shakespeare": {
        "program": "write",
        "data": "tinyshakespeare",
        "train": ["train", "--train", "{data}/input.txt", "--config", "examples/models/shakespeare-small.json"],
        "card": {"title": "Characters in the manner of Shakespeare",
                 "data": "40,000 lines of plays, github.com/karpathy/char-rnn", "data-licence": "public domain; the repository's is MIT",
                 "licence": "MIT", "limits": "It spells and keeps the metre for a line; it knows no plot and no person."},
    },
}


def short(path):
    """A path as it stands in a card's command, which tells nothing of this machine where the path is within the tree."""
    path = path.resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def call(*words, **more):
    words = [str(short(word) if isinstance(word, pathlib.Path) else word) for word in words]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, cwd=ROOT, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"models: {' '.join(words[:3])} ... ended with {done.returncode}")
    return done


def write_whole(path, data):
    """Puts a file in place when it is whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="." + path.name, delete=False) as file:
        try:
            file.write(data)
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def data_folder(name):
    """Returns where ./dev data puts the set, and fetches it where it is not."""
    folder = ROOT / "downloads" / name
    call(ROOT / "data" / "fetch" / "fetch.sh", name, folder, stdout=subprocess.DEVNULL)
    return folder


def train(name, recipe, program, folder, again):
    """Trains unless a run of this recipe has ended there."""
    configs = [(ROOT / word).read_text() for word in recipe["train"] if word.endswith(".json")]
    made_by = hashlib.sha256(json.dumps([recipe["train"][0], configs]).encode()).hexdigest()
    ended = folder / "ended"
    if not again and ended.is_file() and ended.read_text() == made_by:
        return
    begun = folder / "begun"
    resume = not again and begun.is_file() and begun.read_text() == made_by and (folder / "state.safetensors").is_file()
    folder.mkdir(parents=True, exist_ok=True)
    begun.write_text(made_by)
    data = str(short(data_folder(recipe["data"]))) if "data" in recipe else ""
    print(f"== {name}", flush=True)
    call(program, *[word.replace("{data}", data) for word in recipe["train"]], "--out", folder, "--resume" if resume else "--overwrite")
    ended.write_text(made_by)


def members(pack):
    """Returns the bytes of a pack's files by their names (core/base/pack.h)."""
    data = pack.read_bytes()
    size = int.from_bytes(data[8:16], "little")
    if data[:8] != b"GRUSPACK" or 16 + size > len(data):
        sys.exit(f"models: {pack}: need a pack of a model, got another file")
    places = json.loads(data[16 : 16 + size])["files"]
    return {name: data[16 + size + place["begin"] :][: place["bytes"]] for name, place in places.items()}


def entry(pack):
    name = pack.stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        sys.exit(f"models: {pack}: need a name of letters, digits, dots, hyphens and underlines, got '{name}'")
    data = pack.read_bytes()
    made = {"name": name, "file": pack.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    card = members(pack).get("card.md")
    if card:
        write_whole(pack.with_suffix(".md"), card)
        made["card"] = name + ".md"
        made["about"] = card.decode().splitlines()[0].lstrip("# ")
    return made


def write_index(folder):
    models = [entry(pack) for pack in sorted(folder.glob("*.grus"))]
    write_whole(folder / "index.json", (json.dumps({"format": "grus models", "version": 1, "models": models}, indent=2) + "\n").encode())
    for model in models:
        print(f"{model['name']:<16} {model['bytes'] / 1e6:6.2f} MB  {model.get('about', '')}")
    print(f"{folder / 'index.json'}: {len(models)} models, {sum(model['bytes'] for model in models) / 1e6:.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="build folder with the programs")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("models"), help="folder of packs, cards and index.json")
    parser.add_argument("--only", nargs="*", choices=sorted(RECIPES), help="these alone; without a name: none, the index is written anew")
    parser.add_argument("--again", action="store_true", help="train what is trained already")
    parser.add_argument("--author", default="", help="for the cards")
    parser.add_argument("--date", default="", help="for the cards")
    parser.add_argument("--list", action="store_true", help="print the programs that are needed")
    options = parser.parse_args()
    names = sorted(RECIPES) if options.only is None else options.only
    if options.list:
        print("\n".join(sorted({f"examples/{RECIPES[name]['program']}/{RECIPES[name]['program']}" for name in names})))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        recipe = RECIPES[name]
        program = options.build / "examples" / recipe["program"] / recipe["program"]
        run = options.build / "models" / name
        train(name, recipe, program, run, options.again)
        fields = {**recipe["card"], "author": options.author, "date": options.date}
        flags = [word for key, text in fields.items() if text for word in ("--" + key, text)]
        call(program, "card", "--model", run, *flags, stdout=subprocess.DEVNULL)
        call(program, "pack", "--model", run, "--out", options.out / (name + ".grus"), stdout=subprocess.DEVNULL)
    write_index(options.out)


if __name__ == "__main__":
    main()
