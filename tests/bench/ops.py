"""Every op beside PyTorch's, at several sizes: `./dev bench ops --python PATH`.

Both sides run one after the other, --rounds times, and print the least time of a call. A figure is the median of the rounds,
a ratio (PyTorch's time over ours, > 1: ours is faster) the median of the rounds' ratios; `both` is forward and backward. The
table goes to the standard output as Markdown; --out keeps it, --ratios leaves the times out. PATH is a Python that has torch;
nothing else should run meanwhile. Ops below half of PyTorch's speed are listed at the end.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

SLOW = 0.5
KEYS = ("forward_us", "both_us")


def lines_of(command):
    print("+", " ".join(command), file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench ops: exit status {done.returncode} of {' '.join(command)}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def figures_of(rounds):
    """Returns (our time, PyTorch's, ratio) by op, elements and key, medians of the rounds; None where a side has none."""
    seen = {}
    for ours, theirs in rounds:
        peers = {(line["op"], line["n"]): line for line in theirs}
        for line in ours:
            at = line["op"], line["n"]
            for key in KEYS:
                if key in line and key in peers.get(at, {}):
                    seen.setdefault((*at, key), []).append((line[key], peers[at][key], peers[at][key] / line[key]))
    return {at: tuple(statistics.median(column) for column in zip(*each)) for at, each in seen.items()}


def time_of(microseconds):
    if microseconds < 1000:
        return f"{microseconds:.3g} us"
    return f"{microseconds / 1000:.3g} ms"


def cell(figure, ratios):
    if figure is None:
        return "-"
    mine, peer, ratio = figure
    return f"{ratio:.2g}" if ratios else f"{time_of(mine)} / {time_of(peer)} = **{ratio:.2f}**"


def table(figures, ops, sizes, ratios):
    """Returns the lines of the table, and what is slow in it."""
    text = ["| op | " + " | ".join(f"{n:.0e} forward | both" for n in sizes) + " |", "|---|" + "---|---|" * len(sizes)]
    slow = []
    for op in ops:
        row = f"| {op} |"
        for n in sizes:
            for key in KEYS:
                figure = figures.get((op, n, key))
                row += f" {cell(figure, ratios)} |"
                if figure and figure[2] < SLOW:
                    slow.append(f"{op}, {n:.0e} elements, {key.removesuffix('_us')}: {figure[2]:.2f}")
        text.append(row)
    return text, slow


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", required=True, help="a Python with torch")
    parser.add_argument("--sizes", default="1000,100000,10000000", help="numbers of elements, multiples of 100")
    parser.add_argument("--only", default="", help="ops whose name has this")
    parser.add_argument("--budget", default="0.2", help="seconds for each figure")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=1, help="both sides so often, in turns")
    parser.add_argument("--ratios", action="store_true", help="a table of ratios alone")
    parser.add_argument("--out", help="a file for the table, too")
    options = parser.parse_args()
    shared = ["--sizes", options.sizes, "--only", options.only, "--budget", options.budget, "--threads", options.threads]
    here = pathlib.Path(__file__).parent
    ours = [str(pathlib.Path(options.build) / "tests/bench/bench_ops"), *shared]
    theirs = [options.python, str(here / "torch_ops.py"), *shared]
    rounds = [(lines_of(ours), lines_of(theirs)) for _ in range(max(1, options.rounds))]
    first = rounds[0][0]
    ops = list(dict.fromkeys(line["op"] for line in first))
    text, slow = table(figures_of(rounds), ops, sorted({line["n"] for line in first}), options.ratios)
    text += ["", f"Ours / PyTorch's = ratio; below {SLOW} of PyTorch's speed:"] + [f"- {each}" for each in slow or ["none"]]
    print("\n".join(text))
    if options.out:
        pathlib.Path(options.out).write_text("\n".join(text) + "\n")


main()
