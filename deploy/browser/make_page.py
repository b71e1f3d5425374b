#!/usr/bin/env python3
"""Makes one page of the runtime and a packed model of translate, which needs no network and nothing beside it.

  make_page.py --wasm grus.wasm --model de-en.grus --out page.html [--title TEXT] [--precision int8] [--try SENTENCE]...
"""

import argparse
import base64
import gzip
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def base64_of(data):
    return base64.b64encode(data).decode()


def style():
    """The style sheet of all pages."""
    source = (HERE.parent.parent / "report/page_style.cpp").read_text(encoding="utf-8")
    return re.search(r'R"css\((.*?)\)css"', source, re.DOTALL).group(1)


def gzipped(path):
    """The file as gzip, by zopfli where it is installed, which finds a twentieth that gzip leaves."""
    if shutil.which("zopfli"):
        return subprocess.run(["zopfli", "-c", path], stdout=subprocess.PIPE, check=True).stdout
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def page(options, model, runtime):
    parts = {
        "title": html.escape(options.title or options.model.stem),
        "style": style(),
        "wasm": base64_of(runtime),
        "model": base64_of(model),
        "runtime": (HERE / "runtime.js").read_text(encoding="utf-8"),
        "tries": json.dumps(options.sentences, ensure_ascii=False).replace("<", "\\u003c"),
        "precision": json.dumps(options.precision),
    }
    template = (HERE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{(%s)\}" % "|".join(parts), lambda found: parts[found.group(1)], template)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--wasm", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="packed model (translate pack)")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the page")
    parser.add_argument("--title", help="headline (default: the model's name)")
    parser.add_argument("--try", dest="sentences", action="append", default=[], metavar="SENTENCE", help="a sentence to choose; the first is translated at once")
    parser.add_argument("--precision", choices=["int8", "bf16", "f32"], default="int8",
                        help="of products (default: %(default)s, the quickest)")
    options = parser.parse_args()
    try:
        model = options.model.read_bytes()
        runtime = gzipped(options.wasm)
        made = page(options, model, runtime)
        new = options.out.with_name(options.out.name + ".new")
        new.write_text(made, encoding="utf-8")
        os.replace(new, options.out)
    except OSError as error:
        sys.exit(f"browser: {error.filename}: {error.strerror}")
    print(f"{options.out}: {len(made.encode()) / 1e6:.1f} MB, of which the model {len(model) / 1e6:.1f} MB, the runtime {len(runtime) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
