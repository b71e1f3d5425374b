"""How the cost of a training step grows: `./dev bench growth`.

One size at a time goes from small to where memory ends, the others stay: time steps (T), batch (B) and state (H) of a GRU
layer, words (V) of an attention translator. Results are kept in OUT/growth.json after every point, so that runs with --only
add up, and with --add those of the same size too: then the quickest round counts, since what disturbs a step only ever slows
it. OUT/growth.md, .html and .svg are written from all of them. Nothing else should run meanwhile.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import resource
import subprocess
import sys

import growth_page

NO_MEMORY = re.compile(r"need \d+ bytes of memory|bad_alloc")  # in the last words of a benchmark


class Sweep:
    """A size that grows: from `first` by `factor`; `slope` is that of the maths. `command` gives a size's benchmark and
    arguments, `step` the seconds, GFLOP/s and MiB of a step from what it prints."""

    def __init__(self, name, work, first, factor, slope, command, step):
        self.name, self.work, self.first, self.factor, self.slope = name, work, first, factor, slope
        self.command, self.step = command, step


def layer(T, B, H, options):
    return ["rnn", "--size", f"{T},{B},{H},{H}", "--repeats", "1000", "--seconds", str(options.seconds)]


def layer_step(line):
    return line["forward_backward_ms"] / 1e3, line["forward_backward_gflops"], line["peak_rss_mib"]


def translator(V, options):
    return ["bahdanau", "--data", options.data, "--vocab", str(V), "--batch", "16", "--warmup", "1", "--steps", "3",
            "--json", "--no-peak"]


def translator_step(line):
    return line["seconds"] / line["steps"], line["model_gflops"], line["peak_rss_mib"]


def sweeps(options):
    gru = "GRU layer, forward and backward"
    return {
        "T": Sweep("time steps", f"{gru}: B 32, I = H = 128", 1, 4, 1, lambda n: layer(n, 32, 128, options), layer_step),
        "B": Sweep("batch", f"{gru}: T 100, I = H = 128", 1, 4, 1, lambda n: layer(100, n, 128, options), layer_step),
        "H": Sweep("state", f"{gru}: T 20, B 32, I = H", 16, 2, 2, lambda n: layer(20, 32, n, options), layer_step),
        "V": Sweep("vocabulary", "attention translator, a training step of 16 sentence pairs with Adam, V words on either side",
                   1000, 2, 1, lambda n: translator(n, options), translator_step),
    }


def stop(message):
    sys.exit(f"bench growth: {message}")


def machine_memory_mib():
    """What this machine, or the group of processes it runs us in, has."""
    mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    group = pathlib.Path("/sys/fs/cgroup/memory.max")
    text = group.read_text().strip() if group.exists() else "max"
    return min(mib, int(text) / 2**20) if text.isdigit() else mib


def mib_of(text):
    """"8G" or "500M"."""
    found = re.fullmatch(r"(\d+)([MG])", text)
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"need a number with M or G, as in 8G, got '{text}'")
    return int(found[1]) * (1024 if found[2] == "G" else 1)


def measure(sweep, size, options):
    """A point, or the word for what ended the growth."""
    bench, *arguments = sweep.command(size)
    command = [str(pathlib.Path(options.build) / "tests/bench" / f"bench_{bench}"), *arguments, "--threads", str(options.threads)]
    print("+", " ".join(command), file=sys.stderr, flush=True)
    limit = int(options.memory_limit * 2**20)  # limits everything: GRUS_MEMORY_LIMIT would leave out packed weights
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.point_seconds,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)))
    except subprocess.TimeoutExpired:
        return "time"
    except OSError as error:
        stop(f"cannot run {command[0]}: {error.strerror}")
    if done.returncode != 0:
        if NO_MEMORY.search(done.stderr) or done.returncode == -9:  # -9: killed by the system, when it had no more
            return "memory"
        stop(f"exit status {done.returncode} of {' '.join(command)}: {done.stderr.strip()}")
    line = json.loads(done.stdout.splitlines()[-1])
    seconds, gflops, mib = sweep.step(line)
    return {"seconds": seconds, "gflops": gflops, "mib": mib, "machine": line["machine"]}


def grow(axis, sweep, kept, options):
    """Measures one sweep, and writes what there is after every point."""
    before = kept[axis] if options.add and axis in kept else {"points": [], "end": None}
    points = {point["size"]: point for point in before["points"]}
    row = {"name": sweep.name, "work": sweep.work, "slope": sweep.slope, "limit_mib": options.memory_limit,
           "day": datetime.date.today().isoformat(), "end": before["end"]}
    size, end = sweep.first, None
    while size <= options.largest and not end:
        point = measure(sweep, size, options)
        if isinstance(point, str):
            row["end"] = end = {"size": size, "why": point}
            points = {at: points[at] for at in points if at < size}
        else:
            row["machine"] = point.pop("machine")
            rounds = points.get(size, {"rounds": []})["rounds"] + [point]
            points[size] = {"size": size, **min(rounds, key=lambda one: one["seconds"]), "rounds": rounds}
        if not points:
            stop(f"{axis} = {size} is already stopped by {end['why']}")
        row["points"] = [points[at] for at in sorted(points)]
        kept[axis] = row
        write(kept, options)
        size *= sweep.factor
    if size == sweep.first:
        stop(f"--largest is below {axis} = {size}")


def write(kept, options):
    rows = {axis: kept[axis] for axis in "TBHV" if axis in kept}
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("growth.md", growth_page.markdown(rows)), ("growth.html", growth_page.report(rows)),
                       ("growth.svg", growth_page.picture(rows)), ("growth.json", json.dumps(rows, indent=1))):
        part = out / (name + ".part")
        part.write_text(text)
        part.replace(out / name)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    p = argparse.ArgumentParser(prog="./dev bench growth", description="How the cost of a step grows with T, B, H and V.")
    p.error = lambda message: p.exit(2, f"bench growth: {message}\n")
    p.add_argument("--data", default=str(root / "downloads/multi30k/tok"), help="folder of Multi30k, for V, as ./dev data multi30k fetches it (%(default)s)")
    p.add_argument("--build", default=str(root / "build"), help="build folder with the benchmarks (%(default)s)")
    p.add_argument("--out", default="growth", help="folder for growth.md, .html, .svg and .json (%(default)s)")
    p.add_argument("--only", action="append", choices=["T", "B", "H", "V"])
    p.add_argument("--add", action="store_true", help="to what OUT has of the same sizes, instead of in its place")
    p.add_argument("--memory-limit", type=mib_of, default=machine_memory_mib() // 2, help="where memory ends, as in 8G (default: half of the machine's)")
    p.add_argument("--point-seconds", type=float, default=60, help="where time ends, for one size (%(default)s)")
    p.add_argument("--seconds", type=float, default=0.5, help="time to repeat a layer's step in (%(default)s)")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--largest", type=float, default=float("inf"), help="no size above this")
    options = p.parse_args()
    chosen = {axis: sweep for axis, sweep in sweeps(options).items() if axis in (options.only or "TBHV")}
    if "V" in chosen and not pathlib.Path(options.data).is_dir():
        stop(f"V needs a folder as --data, got {options.data}")
    path = pathlib.Path(options.out) / "growth.json"
    try:
        kept = json.loads(path.read_text()) if path.exists() else {}
    except json.JSONDecodeError as error:
        stop(f"{path}: need JSON, got: {error}")
    for axis, sweep in chosen.items():
        grow(axis, sweep, kept, options)
    print((path.parent / "growth.md").read_text(), end="")


if __name__ == "__main__":
    main()
