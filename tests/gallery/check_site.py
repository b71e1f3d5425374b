#!/usr/bin/env python3
"""Checks a site of pages: every link leads to a file of it, nothing names the network, and in a headless Chromium, on a phone and on a
desktop, no page has an error on its console, asks the network, or is wider than the screen.

  check_site.py FOLDER [--screenshots FOLDER]     exit code 77: the files are sound, and there is no Chromium
"""

import argparse
import base64
import fcntl
import html.parser
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


class Links(html.parser.HTMLParser):
    """Collects what a page leads to, and what it loads."""

    def __init__(self):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self.loads += [values[key] for key in ("src", "srcset", "poster") if key in values]
        if tag == "link" and "href" in values:
            self.loads.append(values["href"])


def broken(folder):
    """Returns sentences about links that lead nowhere and about what would be loaded from elsewhere."""
    wrong = []
    for page in sorted(folder.rglob("*.html")):
        found = Links()
        found.feed(page.read_text(encoding="utf-8"))
        for target in found.loads + found.links:
            outside = target.startswith(("http:", "https:", "//"))
            if outside and target in found.loads:
                wrong.append(f"{page}: loads {target}")
            path = target.partition("#")[0]
            if not outside and path and not target.startswith(("data:", "mailto:")) and not (page.parent / path).is_file():
                wrong.append(f"{page}: {target} leads nowhere")
    if not (folder / "index.html").is_file():
        wrong.append(f"{folder}: has no index.html")
    return wrong


class Browser:
    """A headless Chromium, spoken to by its DevTools protocol through a pipe."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory()
        to_browser, self.out = os.pipe()
        self.inward, from_browser = os.pipe()

        def set_descriptors():  # copies above 9 first, as one of the pipes' own numbers may be 3 or 4
            reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser))
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            close_fds=False, preexec_fn=set_descriptors, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def call(self, method, params=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params or {}}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"check_site: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def read(self):
        while b"\0" not in self.buffer:
            more = os.read(self.inward, 1 << 20)
            if not more:
                sys.exit("check_site: Chromium ended")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def wait_for(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.read())

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


def complaints(events):
    for event in events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield f"throws {params['exceptionDetails'].get('text')}"
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            yield f"says {params['type']} on its console"
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            yield f"logs {params['entry']['text']}"
        elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:", "about:")):
            yield f"asks for {params['request']['url']}"


def seen(browser, page, size):
    """Opens a page and returns what is wrong with it, and its picture."""
    width, height = size
    browser.call("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
    browser.events.clear()
    browser.call("Page.navigate", {"url": page.resolve().as_uri()})
    browser.wait_for("Page.loadEventFired")
    wide = browser.call("Runtime.evaluate", {"expression": "document.documentElement.scrollWidth"})["result"]["value"]
    wrong = list(complaints(browser.events))
    if wide > width:
        wrong.append(f"is {wide} pixels wide on a screen of {width}")
    return wrong, base64.b64decode(picture_of(browser, width))


def picture_of(browser, width):
    """The whole page as PNG, but for what is below the height that Chromium can draw."""
    height = browser.call("Page.getLayoutMetrics")["cssContentSize"]["height"]
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
    return browser.call("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})["data"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    options = parser.parse_args()
    wrong = broken(options.folder)
    program = next((found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found), None)
    count = 0
    if program:
        browser = Browser(program)
        for page in sorted(options.folder.rglob("*.html")):
            name = "-".join(page.relative_to(options.folder).with_suffix("").parts)
            for kind, size in SIZES.items():
                found, picture = seen(browser, page, size)
                wrong += [f"{page} ({kind}): {what}" for what in found]
                count += 1
                if options.screenshots:
                    options.screenshots.mkdir(parents=True, exist_ok=True)
                    (options.screenshots / f"{name}-{kind}.png").write_bytes(picture)
        browser.close()
    print("\n".join(wrong) or f"{count} views of pages are sound")
    if wrong:
        sys.exit(1)
    if not program:
        print("skipped: no Chromium")
        sys.exit(77)


if __name__ == "__main__":
    main()
