#!/usr/bin/env python3
"""A static site of what the programs show: each program's own demo is run, and its pages stand behind one index.

  gallery.py --build BUILD --out FOLDER [--only NAME ...] [--again]

A program joins by itself: an executable examples/NAME/NAME with a README beside it whose demo runs without arguments (or as
`NAME demo`). Demos run in BUILD/gallery-runs/NAME; one that has run since its executable was made is not run again. Of what it
writes, pages and pictures become part of the site, whose links are relative: the folder can be moved, opened from a disk or served.
"""

import argparse
import html
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STYLE = """
main.gallery { max-width: 72rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 2.5rem 2.5rem; margin-top: 2rem; }
.card { display: flex; flex-direction: column; min-width: 0; border-top: 2px solid var(--ink); padding-top: .75rem; }
.card h2 { margin: 0 0 .25rem; padding: 0; border: 0; font-size: 1.5rem; }
.card h2 a { color: inherit; text-decoration: none; }
.card h2 a:hover { color: var(--accent); }
.card .what { margin: 0 0 1rem; color: var(--muted); }
.card figure { margin: 0 0 .75rem; }
.card figure svg { max-width: 100%; height: auto; }
.card figure.wide svg { max-width: max(100%, 34rem); }
.card .pages { display: flex; flex-wrap: wrap; gap: .375rem 1.25rem; margin: 0 0 .5rem; padding: 0; list-style: none; font: .875rem/1.5 var(--sans); }
.card pre { max-height: 22rem; overflow: auto; font-size: .75rem; }
.card summary { cursor: pointer; font: .875rem/1.5 var(--sans); color: var(--muted); }
.card .run { font-size: .8125rem; margin: 0 0 .75rem; }
"""


def programs(build):
    """Names of the programs that can be shown, as ninja knows them."""
    text = (build / "build.ninja").read_text()
    names = re.findall(r"^build examples/([^/ ]+)/\1: cpp_LINKER ", text, re.M)
    return sorted(name for name in names if (ROOT / "examples" / name / "README.md").is_file())


def run_demo(program, folder):
    """Runs the demo there and returns what it prints, or None for a program without one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for arguments in ([], ["demo"]):
        done = subprocess.run([program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=1800, check=False)
        if done.returncode == 0:
            command = " ".join(["./dev run", program.name, *arguments])
            (folder / "printed.txt").write_text(command + "\n" + done.stdout, encoding="utf-8")
            return
        if done.returncode != 2:
            sys.exit(f"gallery: {program.name} ended with {done.returncode}: {done.stderr.strip()}")
    shutil.rmtree(folder)


def ran(program, runs, again):
    """Returns the folder of the program's demo, run now where that is needed, or None."""
    folder = runs / program.name
    printed = folder / "printed.txt"
    if again or not printed.is_file() or printed.stat().st_mtime < program.stat().st_mtime:
        print(f"{program.name} ...", end=" ", flush=True)
        began = time.monotonic()
        run_demo(program, folder)
        print(f"{time.monotonic() - began:.0f} s" if printed.is_file() else "has no demo")
    return folder if printed.is_file() else None


def described(name):
    """The first sentences of the program's README, as markup."""
    paragraphs = (ROOT / "examples" / name / "README.md").read_text(encoding="utf-8").split("\n\n")
    first = next(p for p in paragraphs if p.strip() and not p.startswith(("#", "    ", "|", "!")))
    text = html.escape(" ".join(first.split()), quote=False)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", text)


def title_of(page):
    found = re.search(r"<h1>(.*?)</h1>", page, re.S) or re.search(r"<title>(.*?)</title>", page, re.S)
    return re.sub(r"<[^>]*>", "", found.group(1)).strip() if found else "Page"


def picture_of(pages, pictures, target):
    """The first figure that is no large map, with its caption; else the first picture, by its file."""
    for page in pages:
        for figure in re.findall(r"<figure.*?</figure>", page.read_text(encoding="utf-8"), re.S):
            drawn = re.search(r'<svg[^>]*class="chart"[^>]*>.*?</svg>', figure, re.S)
            if not drawn:
                continue
            caption = re.search(r"<figcaption>(?:<b>.*?</b>)?(.*?)</figcaption>", figure, re.S)
            wide = ' class="wide"' if float(re.search(r'width="([0-9.]+)"', drawn.group(0)).group(1)) > 600 else ""
            return f'<figure{wide}><div class="scroll">{drawn.group(0)}</div><figcaption>{caption.group(1) if caption else ""}</figcaption></figure>'
    for picture in pictures:
        return f'<figure><img src="{picture.relative_to(target.parent).as_posix()}" alt="{html.escape(picture.stem)}"/></figure>'
    return ""


def with_way_back(page, depth):
    way = f'<nav style="margin-bottom: 1.5rem; font: .875rem/1.5 var(--sans)"><a href="{"../" * depth}index.html">All programs</a></nav>\n'
    return page.replace("<main>\n", "<main>\n" + way, 1)


def copy_site(folder, target):
    """Copies pages and pictures, and returns both, those that were written last first: they end a demo."""
    files = sorted((f for f in folder.rglob("*") if f.suffix in (".html", ".svg")), key=lambda f: (len(f.parts), str(f)))
    pages, pictures = [], []
    for file in files:
        to = target / file.relative_to(folder)
        to.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".svg":
            shutil.copyfile(file, to)
            pictures.append(to)
            continue
        depth = len(to.relative_to(target.parent).parts) - 1
        to.write_text(with_way_back(file.read_text(encoding="utf-8"), depth), encoding="utf-8")
        pages.append(to)
    return pages, pictures


def card(name, folder, out):
    pages, pictures = copy_site(folder, out / name)
    command, _, printed = (folder / "printed.txt").read_text(encoding="utf-8").partition("\n")
    titles = [title_of(page.read_text(encoding="utf-8")) for page in pages]
    links = ""
    for page, title in zip(pages, titles):
        of = f": {html.escape(page.parent.name)}" if titles.count(title) > 1 else ""
        links += f'<li><a href="{page.relative_to(out).as_posix()}">{title}{of}</a></li>'
    links += "".join(f'<li><a href="{p.relative_to(out).as_posix()}">{html.escape(p.name)}</a></li>' for p in pictures)
    first = pages[0].relative_to(out).as_posix() if pages else ""
    head = f'<a href="{first}">{name}</a>' if first else name
    return f"""<article class="card" id="{name}">
<h2>{head}</h2>
<p class="what">{described(name)}</p>
{picture_of(pages, pictures, out / name)}
<ul class="pages">{links}</ul>
<p class="run"><code>{html.escape(command)}</code></p>
<details><summary>What it prints</summary><pre>{html.escape(printed)}</pre></details>
</article>
"""


def shared_style(out):
    """The style sheet of the programs' pages, so that the index has the same look."""
    for page in sorted(out.rglob("*.html")):
        found = re.search(r"<style>(.*?)</style>", page.read_text(encoding="utf-8"), re.S)
        if found:
            return found.group(1)
    return ""


def index(cards, style):
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>Gallery · Grus</title>
<style>{style}{STYLE}</style>
</head>
<body>
<main class="gallery">
<header>
<p class="kicker">Grus</p>
<h1>What the programs show</h1>
<p class="model">Each was run by one command, without any argument, on data that it makes or carries.</p>
</header>
<div class="cards">
{"".join(cards)}</div>
</main>
</body>
</html>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder, whose programs are built")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the site (BUILD/gallery)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these programs alone")
    parser.add_argument("--again", action="store_true", help="run every demo again")
    parser.add_argument("--list", action="store_true", help="print the programs and do nothing")
    options = parser.parse_args()
    build = options.build.resolve()
    out = (options.out or build / "gallery").resolve()
    names = programs(build)
    unknown = [name for name in options.only if name not in names]
    if unknown:
        print(f"gallery: --only: need one of {', '.join(names)}, got {unknown[0]}", file=sys.stderr)
        sys.exit(2)
    names = options.only or names
    if options.list:
        print("\n".join(f"examples/{name}/{name}" for name in names))
        return
    if out.exists() and any(out.iterdir()) and not (out / "index.html").is_file():
        sys.exit(f"gallery: {out}: need a folder that is empty or holds a gallery, got another")
    site = out.with_name(out.name + ".new")
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    folders = [(name, ran(build / "examples" / name / name, build / "gallery-runs", options.again)) for name in names]
    cards = [card(name, folder, site) for name, folder in folders if folder]
    (site / "index.html").write_text(index(cards, shared_style(site)), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    site.rename(out)
    print(f"gallery: {out}/index.html")


if __name__ == "__main__":
    main()
