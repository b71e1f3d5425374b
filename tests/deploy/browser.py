"""Asks a page of `./dev browser`; browser.sh makes it, and what the program says to the same lines.

  browser.py SOURCE PAGE LINES SAID [SCREENSHOTS]
"""
import base64
import json
import pathlib
import sys
import unicodedata

source, page, lines, said = map(pathlib.Path, sys.argv[1:5])
sys.path.insert(0, str(source / "tests/support"))
from chromium import SIZES, Browser, complaints, picture_of  # noqa: E402


def ask(browser, line):
    browser.value(f"document.getElementById('line').value = {json.dumps(line)}; document.getElementById('go').click()")
    return browser.value("document.body.dataset.said")


browser = Browser("chromium")
for kind, (width, height) in SIZES.items():
    browser.show(page, (width, height))
    browser.wait_until("document.body.dataset.ready === 'yes'")
    for line, wanted in zip(lines.read_text().splitlines(), said.read_text().splitlines(), strict=True):
        got = ask(browser, line)
        assert got == wanted, (line, got, wanted)
    for line in lines.read_text().splitlines()[:3]:  # which are tokenised
        ask(browser, line)
        pieces = browser.value("shown.source.join(' ')")
        assert pieces == unicodedata.normalize("NFC", line).lower(), (line, pieces)
    first = lines.read_text().splitlines()[0]
    ask(browser, first)
    browser.wait_until("document.querySelector('.cells tbody th.end') !== null")  # all words have come
    sums = browser.value("Array.from({length: shown.target.length}, (_, row) => weightsOf(row).reduce((a, b) => a + b, 0))")
    assert len(sums) > 1 and all(abs(one - 1) < 1e-4 for one in sums), sums
    refused = browser.value("(() => { try { translator.set('beam', 0) } catch (error) { return error.message } })()")
    assert "beam" in (refused or ""), refused
    wide = browser.value("document.documentElement.scrollWidth")
    wrong = list(complaints(browser.events))
    assert wide <= width and not wrong, (kind, wide, wrong)
    if len(sys.argv) > 5 and sys.argv[5]:
        pathlib.Path(sys.argv[5], f"browser-{kind}.png").write_bytes(base64.b64decode(picture_of(browser, width)))
browser.close()
print(f"{len(SIZES)} views of the page say what the program says")
