"""Every benchmark beside its peer: `./dev bench compare --python PATH`.

Both sides run in turns, `--rounds` times; figures are medians, and a ratio is the median of the rounds' ratios (> 1: ours
is faster). Results are kept in OUT/compare.json, so that runs with --only add up; OUT/compare.md and OUT/compare.html are
written from all of them. PATH is a Python that has the peers' packages; nothing else should run meanwhile.
"""
import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys

import compare_page
import page

BENCHES = ["bahdanau", "decode", "rnn", "layers", "small"]


class Work:
    """One run of a benchmark and of its peer. `figure` names the key that is compared; `lower`: less is better."""

    def __init__(self, bench, name, ours, theirs, figure, unit, lower=False, key=()):
        self.bench, self.name, self.ours, self.theirs = bench, name, ours, theirs
        self.figure, self.unit, self.lower, self.key = figure, unit, lower, key


def works(options):
    """All there is to compare, in the order of the report."""
    steps, sentences = str(options.steps), str(options.sentences)
    few = str(max(1, options.sentences // 6))
    data = ["--data", options.data]
    all_works = []

    def add(bench, name, arguments, figure, unit, ours=(), theirs=(), **more):
        all_works.append(Work(bench, name, [*arguments, *ours], [*arguments, *theirs], figure, unit, **more))

    tokens = ("target_tokens_per_second", "target tokens/s")
    train = data + ["--steps", steps]
    add("bahdanau", "f32, 2 threads", train, *tokens, ours=["--json"])
    add("bahdanau", "f32, 1 thread", train + ["--threads", "1"], *tokens, ours=["--json"])
    bf16 = {"ours": ["--precision", "bf16"], "theirs": ["--bf16"]}
    add("bahdanau", "bf16, 2 threads", train, *tokens, ours=["--json", "--precision", "bf16"], theirs=["--bf16"])
    rate = ("sentences_per_second", "sentences/s")
    for beam in ("5", "1"):
        batch = data + ["--batch", "64", "--beam", beam, "--sentences", sentences]
        add("decode", f"beam {beam}, batch 64, f32", batch, *rate)
        add("decode", f"beam {beam}, batch 64, bf16", batch, *rate, **bf16)
    single = data + ["--batch", "1", "--beam", "5", "--sentences", few]
    add("decode", "beam 5, batch 1, f32", single, *rate)
    add("decode", "beam 5, batch 1, bf16 beside f32", single, *rate, ours=["--precision", "bf16"])
    size = ("cell", "T", "B", "I", "H", "ragged")
    for cell in ("gru", "lstm"):
        add("rnn", cell, ["--cell", cell, "--repeats", "5"], "forward_backward_gflops", "GFLOP/s", key=size)
    for only in ("attention", "conv", "norm"):
        add("layers", only, ["--only", only], "forward_backward_ms", "ms", lower=True, key=("layer",))
    for figure, unit in (("chain_ns_per_op", "ns an addition"), ("mlp_us_per_step", "us a step"),
                         ("chargru_us_per_step", "us a step")):
        add("small", figure.split("_")[0], [], figure, unit, lower=True)
    return [work for work in all_works if not options.only or work.bench in options.only]


def run(command, turn, cache):
    """The JSON lines a command prints. Works that ask for the same command share its run in the same turn."""
    key = (turn, *command)
    if key not in cache:
        print("+", " ".join(command), file=sys.stderr, flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"bench compare: exit status {done.returncode} of {' '.join(command)}")
        cache[key] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return cache[key]


def commands(work, options):
    ours = [str(pathlib.Path(options.build) / "tests/bench" / f"bench_{work.bench}")]
    script = pathlib.Path(options.peers) / f"torch_{work.bench}.py"
    if not script.exists():  # the others stand beside this file
        script = pathlib.Path(__file__).parent / script.name
    theirs = [options.python, str(script)]
    return ours + work.ours, theirs + work.theirs


def rounds_of(work, options):
    """For each size of the work, the pairs (ours, theirs) of its rounds."""
    pairs = {}
    for turn in range(options.rounds):
        ours, theirs = (run(command, turn, options.cache) for command in commands(work, options))
        found = {tuple(line[k] for k in work.key): line for line in theirs}
        for line in ours:
            size = tuple(line[k] for k in work.key)
            pairs.setdefault(size, []).append((line, found[size]))
    return pairs


def size_text(size):
    if len(size) == 1:
        return size[0]
    cell, *numbers, ragged = size
    return f"{cell}: T, B, I, H = {', '.join(map(str, numbers))}{', ragged' if ragged else ''}"


def rows_of(work, options):
    """One row of the report for each size of the work."""
    rows = []
    for size, pairs in rounds_of(work, options).items():
        middle = lambda side, key: statistics.median(pair[side][key] for pair in pairs)
        ratios = [ours[work.figure] / theirs[work.figure] for ours, theirs in pairs]
        row = {"bench": work.bench, "work": size_text(size) if size else work.name, "unit": work.unit,
               "ours": middle(0, work.figure), "theirs": middle(1, work.figure),
               "ratio": statistics.median([1 / r for r in ratios] if work.lower else ratios), "rounds": len(pairs),
               "peer": pairs[0][1]["peer"], "machine": pairs[0][0]["machine"],
               "day": datetime.date.today().isoformat()}
        if "share_of_peak" in pairs[0][0]:
            row["share"] = middle(0, "share_of_peak")
            row["peak"] = middle(0, "gemm_peak_bf16_gflops" if "gemm_peak_bf16_gflops" in pairs[0][0] else "gemm_peak_gflops")
        if all("peak_rss_mib" in side for side in pairs[0]):
            row["memory"], row["their_memory"] = middle(0, "peak_rss_mib"), middle(1, "peak_rss_mib")
        rows.append(row)
    return rows


def add_best_of_both(rows):
    """rnn: the ratio to the better of the peer's two cells, which is the fairer one where its GRU is slow."""
    rnn = {row["work"]: row for row in rows if row["bench"] == "rnn"}
    for name, row in rnn.items():
        cell, size = name.split(":", 1)
        other = rnn.get(("lstm" if cell == "gru" else "gru") + ":" + size)
        if other:
            row["ratio_to_better"] = row["ours"] / max(row["theirs"], other["theirs"])


def profile_of(bench, options):
    """Where the time of one run goes: the tables by op and by kernel, as the benchmark prints them."""
    arguments = {"bahdanau": ["--steps", "6"], "decode": ["--sentences", "128"]}.get(bench)
    if arguments is None:
        return None
    command = [str(pathlib.Path(options.build) / "tests/bench" / f"bench_{bench}"), "--data", options.data, "--profile"]
    done = subprocess.run(command + arguments, stdout=subprocess.PIPE, text=True, check=True)
    tables = done.stdout.split("\n\n")
    return [table for table in tables if table.startswith(("op ", "kernel "))]


def markdown(rows):
    cells = []
    for row in rows:
        better = f" ({row['ratio_to_better']:.1f} to its better cell)" if "ratio_to_better" in row else ""
        cells.append([f"`{row['bench']}`", row["work"], page.figure(row["ours"]), page.figure(row["theirs"]), row["unit"],
                      f"{row['ratio']:.1f}{better}", f"{row['share']:.0%} of {row['peak']:.0f}" if "share" in row else "",
                      f"{row['memory']:.0f}, {row['their_memory']:.0f}" if "memory" in row else ""])
    return page.markdown_table(["bench", "work", "Grus", "peer", "unit", "ratio", "share of peak", "MiB, Grus and peer"], cells)


def merged(path, rows, profiles):
    """What was kept before, with rows measured again in their place."""
    kept = json.loads(path.read_text()) if path.exists() else {"rows": [], "profiles": {}}
    place = {(row["bench"], row["work"]): i for i, row in enumerate(kept["rows"])}
    for row in rows:
        key = (row["bench"], row["work"])
        if key in place:
            kept["rows"][place[key]] = row
        else:
            kept["rows"].append(row)
    kept["profiles"].update(profiles)
    kept["rows"].sort(key=lambda row: BENCHES.index(row["bench"]))
    add_best_of_both(kept["rows"])
    return kept


def write(out, rows, profiles):
    """Adds to the report in the folder, and returns all of it."""
    kept = merged(out / "compare.json", rows, profiles)
    new = out / "compare.json.new"
    new.write_text(json.dumps(kept, indent=1))
    new.replace(out / "compare.json")
    (out / "compare.md").write_text(markdown(kept["rows"]))
    (out / "compare.html").write_text(compare_page.report(kept["rows"], kept["profiles"]))
    return kept


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    shared = root.parent / "shared"
    p = argparse.ArgumentParser(prog="./dev bench compare", description="Every benchmark beside its peer.")
    p.add_argument("--python", required=True, help="a Python with the peers' packages")
    p.add_argument("--peers", default=str(shared / "peers"), help="folder of torch_*.py (%(default)s)")
    p.add_argument("--data", default=str(shared / "data/multi30k/tok"), help="folder of Multi30k (%(default)s)")
    p.add_argument("--build", default=str(root / "build"), help="build folder with the benchmarks (%(default)s)")
    p.add_argument("--out", default="compare", help="folder for compare.md, .html and .json (%(default)s)")
    p.add_argument("--only", action="append", choices=BENCHES)
    p.add_argument("--match", default="", help="only works whose name contains this")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--steps", type=int, default=20, help="of bahdanau")
    p.add_argument("--sentences", type=int, default=1000, help="of decode")
    p.add_argument("--no-profile", action="store_true", help="leave out where the time goes")
    options = p.parse_args()
    for needed in (options.peers, options.data):
        if not pathlib.Path(needed).is_dir():
            sys.exit(f"bench compare: need a folder, got {needed}")
    options.cache = {}
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    chosen = [work for work in works(options) if options.match in f"{work.bench} {work.name}"]
    if not chosen:
        sys.exit(f"bench compare: need a work whose name contains '{options.match}', got none")
    for work in chosen:  # each is written as soon as it is known, since all of them take long
        kept = write(out, rows_of(work, options), {})
    if not options.no_profile:
        profiles = {bench: profile_of(bench, options) for bench in dict.fromkeys(work.bench for work in chosen)}
        kept = write(out, [], {bench: tables for bench, tables in profiles.items() if tables})
    print(markdown(kept["rows"]), end="")


if __name__ == "__main__":
    main()
