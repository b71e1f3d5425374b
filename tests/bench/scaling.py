"""How a training would scale over ranks: `./dev bench scaling`.

One, two and four ranks of `translate train` are measured here, by their CPU time, messages and the moments at which buckets of
gradients leave; from these the time of a step on 1 to 1,024 ranks over Ethernet and InfiniBand follows on paper
(scaling_model.py). Where this machine can have network namespaces, the model is checked with ranks on links that are shaped to be
slow: then the network decides, whatever else the machine does. OUT/scaling.json, .md and .svg are written.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import scaling_model as model
import scaling_net as net
import scaling_page

MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
BEGUN = re.compile(r"begin a sum of (\d+) bytes")


def stop(message):
    sys.exit(f"bench scaling: {message}")


class Training:
    """The program that is measured, on sentences of Multi30k."""

    def __init__(self, options, folder):
        self.folder, self.steps = pathlib.Path(folder), options.steps
        self.program = str(pathlib.Path(options.build) / "examples/translate/translate")
        data = pathlib.Path(options.data)
        names = {"train-src": ("train.lc.norm.tok.de", 4000), "train-tgt": ("train.lc.norm.tok.en", 4000),
                 "valid-src": ("val.lc.norm.tok.de", 20), "valid-tgt": ("val.lc.norm.tok.en", 20)}
        self.flags = ["train", "--tokenizer", "space", "--threads", "1", "--shards", str(model.SHARDS)]
        for flag, (name, lines) in names.items():
            path = self.folder / name
            path.write_text("".join((data / name).read_text().splitlines(keepends=True)[:lines]))
            self.flags += [f"--{flag}", str(path)]

    def run(self, command):
        print("+", " ".join(command)[:200], file=sys.stderr, flush=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=540, env={**os.environ, "GRUS_NUM_THREADS": "1"})
        except OSError as error:
            stop(f"cannot run {command[0]}: {error.strerror}")
        except subprocess.TimeoutExpired:
            stop(f"no end within 540 s of {' '.join(command)}")
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("translate: ")] or done.stderr.splitlines()
            stop(f"exit status {done.returncode} of {self.program}: {said[0] if said else 'nothing said'}")
        return done.stdout

    def command(self, *more):
        return [self.program, *self.flags, *more]

    def performance(self, launcher):
        """The facts of a step, for all ranks together."""
        out = self.run(launcher(self.command("--performance", str(self.steps))))
        return json.loads(next(line for line in reversed(out.splitlines()) if line.startswith("{")))

    def trace(self, ranks):
        path = self.folder / "trace.json"
        self.run([*MPIRUN, "-n", str(ranks), *self.command("--max-steps", "14", "--metrics", "perplexity", "--average", "0", "--profile",
                                                             str(path), "--out", str(self.folder / "model"))])
        return json.loads(path.read_text())


def buckets_of(trace):
    """(bytes, share of the last shard's backward pass behind which it left) of each bucket, the mean over the steps of rank 0."""
    spans = sorted((event for event in trace["traceEvents"] if event["ph"] == "X" and event["pid"] == 0), key=lambda event: event["ts"])
    begin, end, begun, steps = 0.0, 0.0, [], []

    def end_step():
        if begun:
            steps.append([(size, min(1.0, (at - begin) / (end - begin))) for size, at in begun])
            begun.clear()

    for span in spans:
        found = BEGUN.fullmatch(span["name"])
        if span["cat"] == "forward":
            end_step()
            begin = end = span["ts"] + span["dur"]
        elif span["cat"] == "backward":
            end = max(end, span["ts"] + span["dur"])
        elif found:
            begun.append((int(found[1]), span["ts"]))
    end_step()
    whole = [step for step in steps if [size for size, _ in step] == [size for size, _ in steps[-1]]]  # its order is that of later steps
    return [(step[0][0], sum(share for _, share in step) / len(step)) for step in zip(*whole)]


def work_of(facts, buckets):
    """A rank's CPU seconds of a step are those that all ranks spend, and its part of the shards: the straight line through what was
    measured. A backward pass is two thirds of a shard."""
    points = [(model.SHARDS / ranks, one["cpu_seconds"] / ranks / one["steps"]) for ranks, one in facts.items()]
    mean_x, mean_y = (sum(point[i] for point in points) / len(points) for i in (0, 1))
    shard = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return {"forward": shard / 3, "backward": 2 * shard / 3, "fixed": max(0.0, mean_y - shard * mean_x), "buckets": buckets}


def check(training, hosts, ranks, megabits, milliseconds):
    hosts.link(megabits)
    facts = training.performance(lambda program: hosts.command(ranks, program))
    return {"ranks": ranks, "megabits": megabits, "milliseconds": milliseconds, "sent": facts["sent_bytes_per_step"],
            "messages": facts["messages_per_step"], "seconds": facts["seconds"] / facts["steps"]}


def checks(training, options, notes):
    rows = []
    try:
        for milliseconds in (0, *options.delays):
            with net.hosts(4, milliseconds) as hosts:
                for ranks in (2, 4):
                    for megabits in options.links:
                        rows.append(check(training, hosts, ranks, megabits, milliseconds))
    except net.NoNetwork as error:
        notes.append(f"{'No link with a delay' if rows else 'No shaped links'}: {error}.")
    return rows


def measure(options):
    with tempfile.TemporaryDirectory() as folder:
        training = Training(options, folder)
        facts = {ranks: training.performance(lambda program, n=ranks: [*MPIRUN, "-n", str(n), *program]) for ranks in (1, 2, 4)}
        work = work_of(facts, buckets_of(training.trace(2)))
        notes = []
        rows = [] if options.no_check else checks(training, options, notes)
    return {"machine": facts[1]["cpu"], "day": datetime.date.today().isoformat(), "work": work,
            "facts": {str(ranks): one for ranks, one in facts.items()}, "checks": rows, "notes": notes}


def write(result, out):
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (("scaling.json", json.dumps(result, indent=1)), ("scaling.md", scaling_page.markdown(result)),
                       ("scaling.svg", scaling_page.picture(model.Work(**result["work"])))):
        part = out / (name + ".part")
        part.write_text(text)
        part.replace(out / name)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    p = argparse.ArgumentParser(prog="./dev bench scaling", description="The time of a step on 1 to 1,024 ranks, on paper and checked.")
    p.error = lambda message: p.exit(2, f"bench scaling: {message}\n")
    p.add_argument("--data", default=str(root / "downloads/multi30k/tok"), help="folder of Multi30k, as ./dev data multi30k fetches it (%(default)s)")
    p.add_argument("--build", default=str(root / "build"), help="build folder with the programs (%(default)s)")
    p.add_argument("--out", default="scaling", help="folder for scaling.md, .svg and .json (%(default)s)")
    p.add_argument("--steps", type=int, default=4, help="steps that are measured, of each number of ranks (%(default)s)")
    p.add_argument("--links", type=float, nargs="+", default=[50, 200], help="megabits a second of shaped links (%(default)s)")
    p.add_argument("--delays", type=float, nargs="+", default=[5, 50], help="milliseconds from host to host, besides none (%(default)s)")
    p.add_argument("--no-check", action="store_true", help="without shaped links")
    p.add_argument("--from", dest="kept", help="a scaling.json of before, instead of measuring")
    options = p.parse_args()
    if options.kept:
        try:
            result = json.loads(pathlib.Path(options.kept).read_text())
        except (OSError, json.JSONDecodeError) as error:
            stop(f"{options.kept}: need a scaling.json, got: {error}")
    else:
        if not pathlib.Path(options.data).is_dir():
            stop(f"need a folder as --data, got {options.data}")
        result = measure(options)
    write(result, pathlib.Path(options.out))
    print((pathlib.Path(options.out) / "scaling.md").read_text(), end="")


if __name__ == "__main__":
    main()
