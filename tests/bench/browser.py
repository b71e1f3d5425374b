#!/usr/bin/env python3
"""A page of `./dev browser` in a headless Chromium, beside the program on one thread with AVX2: `./dev bench browser --model PACK --src FILE`.

Both sides translate the lines one after the other, in turns, in each precision, with beam 5. A page's time is the clock's, of the whole
list behind a pass that warms up; the program's is its CPU time beyond that of a run with the first line alone, in which it starts. Figures
are the least of all turns, which other work on the machine disturbs least. Nothing else should run meanwhile.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from chromium import SIZES, Browser, find_chromium  # noqa: E402

PRECISIONS = ["f32", "int8"]


def machine():
    """The CPU's name."""
    try:
        return re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE).group(1)
    except (OSError, AttributeError):
        return platform.machine()


class Page:
    """The page of a model, opened."""

    def __init__(self, options, folder):
        page = folder / "page.html"
        made = subprocess.run([ROOT / "dev", "browser", "--model", options.model, "--out", page], stdout=subprocess.PIPE, check=False)
        if made.returncode:
            sys.exit(made.returncode)
        self.browser = Browser(find_chromium())
        self.browser.show(page, SIZES["desktop"])
        self.browser.wait_until("document.body.dataset.ready === 'yes'")

    def translate(self, precision, lines):
        """Returns the seconds of all lines, and what is said."""
        milliseconds, said = self.browser.value(
            f"translator.set('precision', '{precision}');"
            f"((lines, begin) => {{ const said = lines.map((line) => translator.translate(line).text);"
            f" return [performance.now() - begin, said]; }})({json.dumps(lines)}, performance.now())")
        return milliseconds / 1e3, said


def run_program(options, precision, lines):
    """Returns the CPU seconds of a run of the program, and what it says."""
    command = [options.translate, "run", "--model", options.model, "--threads", "1", "--batch", "1", "--precision", precision]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(command, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=False,
                         env={**os.environ, "GRUS_ISA": "avx2"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        sys.exit(ran.returncode)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--translate", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="packed model (translate pack)")
    parser.add_argument("--src", type=pathlib.Path, required=True, help="sentences, one a line")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    if not find_chromium():
        sys.exit("browser: need Chromium (Debian's package: chromium)")
    lines = [line for line in options.src.read_text(encoding="utf-8").splitlines() if line.strip()]
    if len(lines) < 2 or options.turns < 1:
        sys.exit(f"browser: need at least two sentences and one turn, got {len(lines)} and {options.turns}")
    page_seconds, program_seconds = ({precision: [] for precision in PRECISIONS} for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        page = Page(options, pathlib.Path(folder))
        for turn in range(options.turns + 1):
            for precision in PRECISIONS:
                seconds, said = page.translate(precision, lines)
                all_seconds, wanted = run_program(options, precision, lines)
                start, _ = run_program(options, precision, lines[:1])
                if said != wanted:
                    sys.exit(f"browser: {precision}: the page says something else than the program")
                if turn > 0:
                    page_seconds[precision].append(seconds)
                    program_seconds[precision].append(all_seconds - start)
        page.browser.close()
    least = {"page": {p: min(page_seconds[p]) for p in PRECISIONS}, "program": {p: min(program_seconds[p]) for p in PRECISIONS}}
    print(f"{machine()}: {len(lines)} sentences, {options.turns} turns; seconds, sentences a second, and the page's part of the program's speed")
    for precision in PRECISIONS:
        ours, theirs = least["page"][precision], least["program"][precision]
        print(f"{precision:5} page {ours:.2f} s, {len(lines) / ours:.0f}; program {theirs:.2f} s, {len(lines) / theirs:.0f}; {theirs / ours:.2f}")
    print(f"as both are by default, the page in int8 and the program in f32: {least['program']['f32'] / least['page']['int8']:.2f}")


if __name__ == "__main__":
    main()
