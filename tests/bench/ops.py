"""Every op beside PyTorch's, at several sizes: `./dev bench ops --python PATH`.

Both sides run once, one after the other, and print the least time of a call; a ratio is PyTorch's time over ours (> 1: ours
is faster), and `both` is forward and backward. The table goes to the standard output as Markdown; --out keeps it. PATH is a
Python that has torch; nothing else should run meanwhile. Ops below half of PyTorch's speed are listed at the end.
"""
import argparse
import json
import pathlib
import subprocess
import sys

SLOW = 0.5


def lines_of(command):
    print("+", " ".join(command), file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench ops: exit status {done.returncode} of {' '.join(command)}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def time_of(microseconds):
    if microseconds < 1000:
        return f"{microseconds:.3g} us"
    return f"{microseconds / 1000:.3g} ms"


def cell(ours, theirs, key):
    if key not in ours or key not in theirs:
        return "-"
    return f"{time_of(ours[key])} / {time_of(theirs[key])} = **{theirs[key] / ours[key]:.2f}**"


def table(ours, theirs, sizes):
    """Returns the lines of the table, and what is slow in it."""
    peers = {(line["op"], line["n"]): line for line in theirs}
    found = {(line["op"], line["n"]): line for line in ours}
    names = list(dict.fromkeys((line["family"], line["op"]) for line in ours))
    text = ["| op | " + " | ".join(f"{n:.0e} forward | {n:.0e} both" for n in sizes) + " |", "|---|" + "---|---|" * len(sizes)]
    slow = []
    for _, op in names:
        row = f"| {op} |"
        for n in sizes:
            mine, peer = found[op, n], peers.get((op, n), {})
            for key in ("forward_us", "both_us"):
                row += f" {cell(mine, peer, key)} |"
                if key in mine and key in peer and peer[key] < SLOW * mine[key]:
                    slow.append(f"{op}, {n:.0e} elements, {key.removesuffix('_us')}: {peer[key] / mine[key]:.2f}")
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
    parser.add_argument("--out", help="a file for the table, too")
    options = parser.parse_args()
    shared = ["--sizes", options.sizes, "--only", options.only, "--budget", options.budget, "--threads", options.threads]
    here = pathlib.Path(__file__).parent
    ours = lines_of([str(pathlib.Path(options.build) / "tests/bench/bench_ops"), *shared])
    theirs = lines_of([options.python, str(here / "torch_ops.py"), *shared])
    text, slow = table(ours, theirs, sorted({line["n"] for line in ours}))
    text += ["", f"Ours / PyTorch's = ratio; below {SLOW} of PyTorch's speed:"] + [f"- {each}" for each in slow or ["none"]]
    print("\n".join(text))
    if options.out:
        pathlib.Path(options.out).write_text("\n".join(text) + "\n")


main()
