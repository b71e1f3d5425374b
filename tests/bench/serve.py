#!/usr/bin/env python3
"""Load on `translate serve`: many requests of one sentence, so many at a time; prints requests a second, latencies and batch sizes.

  serve.py --translate PROGRAM --model DIR --src FILE [--requests 1000] [--at-once 32] [-- FLAGS OF serve...]

Client and server share the machine. The first requests, as many as are at once, warm up and are not counted.
"""

import argparse
import http.client
import json
import queue
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse


def ask(host, line, beam):
    """Returns the seconds that one request took, and its answer."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(host, timeout=60)
    body = {"text": line, **({"beam": beam} if beam else {})}
    connection.request("POST", "/translate", json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    if reply.status != 200:
        sys.exit(f"serve: {reply.status} {text.decode()}")
    return time.perf_counter() - started, json.loads(text)


def load(host, lines, at_once, beam):
    """Sends all lines from so many threads; returns seconds in all and what ask() gave for each."""
    waiting, done = queue.SimpleQueue(), []
    for line in lines:
        waiting.put(line)

    def client():
        while True:
            try:
                line = waiting.get_nowait()
            except queue.Empty:
                return
            done.append(ask(host, line, beam))

    threads = [threading.Thread(target=client) for _ in range(at_once)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(done) != len(lines):
        sys.exit(f"serve: {len(lines) - len(done)} of {len(lines)} requests had no answer")
    return time.perf_counter() - started, done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--translate", required=True, help="the program")
    parser.add_argument("--model", required=True)
    parser.add_argument("--src", required=True, help="sentences, a line each; taken again from the first when they end")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--beam", type=int, default=0, help="0: the server's")
    parser.add_argument("flags", nargs="*", help="of serve, behind --")
    options = parser.parse_args()
    with open(options.src, encoding="utf-8") as file:
        text = [line.rstrip("\n") for line in file]
    lines = [text[n % len(text)] for n in range(options.requests)]
    server = subprocess.Popen([options.translate, "serve", "--model", options.model, "--port", "0", *options.flags],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        if not url:
            sys.exit(f"serve: the server ended with {server.wait()}")
        host = urllib.parse.urlsplit(url).netloc
        load(host, lines[: options.at_once], options.at_once, options.beam)
        seconds, done = load(host, lines, options.at_once, options.beam)
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait()
    took = sorted(1000 * one for one, _ in done)
    batches = [answer["batch"] for _, answer in done]
    at = lambda share: took[min(len(took) - 1, int(share * len(took)))]
    print(f"{len(done)} requests, {options.at_once} at once: {len(done) / seconds:.1f} requests/s, "
          f"median {at(.5):.1f} ms, p99 {at(.99):.1f} ms, most {took[-1]:.1f} ms; "
          f"batches: mean {len(batches) / sum(1 / b for b in batches):.1f}, median of a request {statistics.median(batches):.0f}, largest {max(batches)}")
    sys.exit(code)


if __name__ == "__main__":
    main()
