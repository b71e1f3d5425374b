#!/usr/bin/env python3
"""Models by name from a server on this machine, as the program ADD takes them: what servers may do, and what stays behind.

  by_name.py ADD
"""

import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ADD = pathlib.Path(sys.argv[1]).resolve()
PACK = b""


class Handler(http.server.BaseHTTPRequestHandler):
    """Each path is one way to answer."""

    asked = []
    holding = threading.Event()  # set when a slow answer has begun
    gone = threading.Event()  # set when the client of a slow answer has hung up

    def log_message(self, *_):
        pass

    def send(self, body, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802, the name that http.server calls
        path = self.path.partition("?")[0]
        Handler.asked.append(path)
        if path == "/index.json":
            self.send(index(f"http://{self.headers['Host']}").encode())
        elif path == "/sub/good.grus":
            self.send(PACK)
        elif path == "/wrong.grus":
            self.send(PACK[:-1] + bytes([PACK[-1] ^ 1]))
        elif path == "/cut.grus":
            self.send(PACK[: len(PACK) // 2], len(PACK))
        elif path == "/short.grus":
            self.send(PACK[: len(PACK) // 2])
        elif path in ("/there.grus", "/local.grus", "/around.grus"):
            self.send_response(302)
            target = {"/there.grus": "/sub/good.grus", "/local.grus": "file:///etc/hostname", "/around.grus": "/around.grus"}
            self.send_header("Location", target[path])
            self.end_headers()
        elif path in ("/endless.grus", "/endless.json"):
            self.send_response(200)
            self.end_headers()
            self.pour(bytes(1 << 16))
        elif path == "/slow.grus":
            self.send_response(200)
            self.send_header("Content-Length", str(len(PACK)))
            self.end_headers()
            self.wfile.write(PACK[:1000])
            self.wfile.flush()
            Handler.holding.set()
            self.connection.settimeout(60)
            try:
                hung_up = not self.connection.recv(1)  # nothing comes before the client hangs up
            except ConnectionResetError:
                hung_up = True
            if hung_up:
                Handler.gone.set()
        else:
            self.send_error(404)

    def pour(self, bytes_):
        try:
            while True:
                self.wfile.write(bytes_)
        except OSError:
            pass


def index(host):
    def entry(name, file):
        return {"name": name, "file": file, "bytes": len(PACK), "sha256": hashlib.sha256(PACK).hexdigest(), "about": "sums"}

    names = ["wrong", "cut", "short", "there", "local", "around", "endless", "slow", "missing"]
    models = [entry(name, name + ".grus") for name in names]
    models += [entry("good", "sub/good.grus"), entry("good-too", host + "/sub/good.grus"), entry("closed", "http://127.0.0.1:9/a.grus")]
    return json.dumps({"format": "grus models", "version": 1, "models": models})


class Bench:
    """The program with a cache of its own."""

    def __init__(self, host, folder):
        self.index, self.cache = host + "/index.json", folder / "cache"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        self.environment.pop("GRUS_MODEL_INDEX", None)

    def line(self, name, index=None):
        return [ADD, "run", "--model", name, "--index", index or self.index, "12+34"]

    def run(self, name, index=None, **more):
        return subprocess.run(self.line(name, index), env={**self.environment, **more}, capture_output=True, text=True, timeout=100,
                              check=False)

    def models(self):
        return sorted(path.name for path in self.cache.rglob("*") if path.is_file() and not path.name.startswith("index-"))

    def good(self, name, **more):
        done = self.run(name, **more)
        assert done.returncode == 0 and done.stdout, (name, done)
        return done.stdout

    def bad(self, name, said, index=None):
        done = self.run(name, index)
        assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1, (name, said, done)
        assert self.models() == [], (name, self.models())


def refuses(bench, host):
    """What is not as the index says is one sentence, and leaves nothing."""
    bench.bad("wrong", "need sha256")
    bench.bad("cut", "/cut.grus: need an answer that is whole, got:")
    bench.bad("short", f"/short.grus: need the {len(PACK)} bytes that the index has for short, got {len(PACK) // 2}")
    bench.bad("endless", "got more")
    bench.bad("missing", "404")
    bench.bad("local", "/local.grus: need an answer that is whole, got:")
    bench.bad("around", "/around.grus: need an answer that is whole, got:")
    bench.bad("closed", "http://127.0.0.1:9/a.grus: need an answer that is whole, got:")
    bench.bad("goood", "which has good, ")
    bench.bad("good", "need an index of at most", host + "/endless.json")
    bench.bad("good", "404", host + "/none.json")
    bench.bad("good", "need an address of http, https or file", "ftp://127.0.0.1/index.json")
    bench.bad("good", "need an address of printable ASCII", host + "/a b.json")


def is_killed(bench):
    """A program that is killed while it fetches leaves nothing, and Ctrl-C ends its downloader as well."""
    for kill in (signal.SIGKILL, signal.SIGINT):
        Handler.holding.clear(), Handler.gone.clear()
        program = subprocess.Popen(bench.line("slow"), env=bench.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        assert Handler.holding.wait(60)
        if kill == signal.SIGINT:
            os.killpg(program.pid, kill)  # as a terminal does
        else:
            program.kill()
        program.communicate(timeout=60)
        assert bench.models() in ([], [".lock"]), bench.models()  # its lock is released by the system
        if kill == signal.SIGINT:
            assert Handler.gone.wait(60)


def serves(bench, server):
    """One fetch serves many processes, and all that come when nobody answers any more."""
    said = bench.good("good")
    Handler.asked.clear()
    assert bench.good("good") == said and not Handler.asked, Handler.asked
    assert bench.good("there") == said and bench.good("good-too") == said
    shutil.rmtree(bench.cache)
    Handler.asked.clear()
    programs = [subprocess.Popen(bench.line("good"), env=bench.environment, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [program.communicate(timeout=100)[0] for program in programs] == [said] * 6
    assert Handler.asked.count("/sub/good.grus") == 1, Handler.asked
    server.shutdown()
    server.server_close()
    assert bench.good("good") == said
    old = time.time() - 10 * 86400
    for path in bench.cache.rglob("index-*"):
        os.utime(path, (old, old))
    assert bench.good("good") == said, "an old index serves where nobody answers"


def by_wget(bench):
    """wget serves where there is no curl."""
    if not shutil.which("wget"):
        return
    with tempfile.TemporaryDirectory() as tools:
        os.symlink(shutil.which("wget"), pathlib.Path(tools) / "wget")
        bench.good("good", PATH=tools)
        shutil.rmtree(bench.cache)
        done = bench.run("cut", PATH=tools)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and bench.models() == [], done
    done = bench.run("good", PATH="/nowhere")
    assert done.returncode == 1 and "need curl or wget" in done.stderr, done
    shutil.rmtree(bench.cache)


def is_indexed(bench, folder):
    """The script of ./dev models writes an index of packs, whoever made them, with what their cards say."""
    shelf = folder / "shelf"
    shelf.mkdir()
    shutil.copy(folder / "model.grus", shelf / "sums.grus")
    script = pathlib.Path(__file__).resolve().parents[2] / "examples" / "models" / "models.py"
    made = subprocess.run([sys.executable, script, "--only", "--out", shelf], capture_output=True, text=True, check=True)
    assert made.stdout.splitlines()[0].split(maxsplit=3)[0::3] == ["sums", "Sums of two numbers"], made
    assert (shelf / "sums.md").read_text().startswith("# Sums of two numbers\n")
    assert bench.run("sums", str(shelf / "index.json")).returncode == 0
    (shelf / "bad.grus").write_bytes(b"GRUSPACK")
    made = subprocess.run([sys.executable, script, "--only", "--out", shelf], capture_output=True, text=True, check=False)
    assert made.returncode == 1 and "bad.grus: need a pack of a model" in made.stderr, made
    shutil.rmtree(bench.cache)


def main():
    global PACK
    if not shutil.which("curl"):
        print("skipped: no curl")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        subprocess.run([ADD, "train", "--out", folder / "model", "--max-steps", "2", "--hidden", "16", "--emb", "8"], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([ADD, "card", "--model", folder / "model", "--title", "Sums of two numbers"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([ADD, "pack", "--model", folder / "model", "--out", folder / "model.grus"], check=True, stdout=subprocess.DEVNULL)
        PACK = (folder / "model.grus").read_bytes()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_address[1]}"
        bench = Bench(host, folder)
        refuses(bench, host)
        is_killed(bench)
        by_wget(bench)
        is_indexed(bench, folder)
        listed = subprocess.run([ADD, "models", "--index", bench.index], env=bench.environment, capture_output=True, text=True, check=True)
        assert "good\t0.0 MB\tsums\n" in listed.stdout, listed
        serves(bench, server)


main()
