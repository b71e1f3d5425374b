"""What the pages and tables of the benchmarks' scripts share: one self-contained file, readable in light and dark."""
import html

PALETTE = """
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #667; --line: #d8dbe2; --page: #fff; --ours: #2767c9; --theirs: #b9bfca; --warm: #b4530a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ec; --soft: #9aa1ad; --line: #343a45; --page: #14171c; --ours: #6ea4f5; --theirs: #4a515e; --warm: #f0a35e; }
}
"""

STYLE = PALETTE + """
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } p, caption, summary { color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
"""


def figure(value):
    """Three significant digits, whole numbers from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head, rows):
    """Cells are HTML, or whole <td> elements where they need attributes."""
    out = ['<div class="scroll"><table>', "<tr>" + "".join(f"<th scope=col>{cell}</th>" for cell in head) + "</tr>"]
    for row in rows:
        out.append("<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>")
    out.append("</table></div>")
    return "\n".join(out)


def markdown_table(head, rows):
    return "".join("| " + " | ".join(row) + " |\n" if row else "|" + "---|" * len(head) + "\n" for row in [head, (), *rows])


def document(title, style, parts):
    """The page: its title, which is its heading too, and its parts, which are HTML."""
    out = ['<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
           f"<title>{html.escape(title)}</title><style>{style}</style>", f"<h1>{html.escape(title)}</h1>", *parts]
    return "\n".join(out) + "</html>\n"


def days(rows):
    """"2026-01-31", or "2026-01-31 to 2026-02-02": when the rows were measured."""
    each = sorted({row["day"] for row in rows})
    return " to ".join(dict.fromkeys((each[0], each[-1])))
