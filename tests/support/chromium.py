"""A headless Chromium for tests and benchmarks of pages."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


def find_chromium():
    return next((found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found), None)


class Browser:
    """A headless Chromium, spoken to by its DevTools protocol through a pipe."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # children of Chromium may write yet
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
                    sys.exit(f"chromium: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def read(self):
        while b"\0" not in self.buffer:
            more = os.read(self.inward, 1 << 20)
            if not more:
                sys.exit("chromium: it ended")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def wait_for(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.read())

    def show(self, page, size):
        """Opens a file on a screen of (width, height); events are those since then."""
        width, height = size
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.events.clear()
        self.call("Page.navigate", {"url": page.resolve().as_uri()})
        self.wait_for("Page.loadEventFired")

    def value(self, expression):
        """What an expression gives in the page; a promise is waited for."""
        result = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True})
        if "exceptionDetails" in result:
            sys.exit(f"chromium: {expression[:80]}: {result['result'].get('description')}")
        return result["result"].get("value")

    def wait_until(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > end:
                sys.exit(f"chromium: never true: {expression}")
            time.sleep(0.05)

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


def picture_of(browser, width):
    """The whole page as PNG, but for what is below the height that Chromium can draw."""
    height = browser.call("Page.getLayoutMetrics")["cssContentSize"]["height"]
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
    return browser.call("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})["data"]
