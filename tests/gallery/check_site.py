#!/usr/bin/env python3
"""Checks a site of pages: every link leads to a file of it, nothing names the network, and in a headless Chromium, on a phone and on a
desktop, no page has an error on its console, asks the network, or is wider than the screen.

  check_site.py FOLDER [--screenshots FOLDER]     exit code 77: the files are sound, and there is no Chromium
"""

import argparse
import base64
import html.parser
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from chromium import SIZES, Browser, complaints, find_chromium, picture_of  # noqa: E402


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


def seen(browser, page, size):
    """Opens a page and returns what is wrong with it, and its picture."""
    width = size[0]
    browser.show(page, size)
    wide = browser.value("document.documentElement.scrollWidth")
    wrong = list(complaints(browser.events))
    if wide > width:
        wrong.append(f"is {wide} pixels wide on a screen of {width}")
    return wrong, base64.b64decode(picture_of(browser, width))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    options = parser.parse_args()
    wrong = broken(options.folder)
    program = find_chromium()
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
