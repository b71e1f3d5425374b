"""The page of `./dev bench compare`: one self-contained file, readable in light and dark."""
import html

TITLES = {
    "bahdanau": "Training an attention translator",
    "decode": "Decoding with it",
    "rnn": "One recurrent layer, forward and backward",
    "small": "Tiny tensors",
}

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #667; --line: #d8dbe2; --page: #fff; --ours: #2767c9; --theirs: #b9bfca; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ec; --soft: #9aa1ad; --line: #343a45; --page: #14171c; --ours: #6ea4f5; --theirs: #4a515e; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } p, caption, summary { color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
.bars { width: 12rem; } .bar { height: .5rem; border-radius: 2px; background: var(--ours); margin: 2px 0; } .bar.theirs { background: var(--theirs); }
.bar.share { background: linear-gradient(to right, var(--ours) var(--part), var(--line) var(--part)); width: 6rem; display: inline-block; }
pre { font: 12.5px/1.4 ui-monospace, monospace; overflow-x: auto; border: 1px solid var(--line); padding: .6rem; }
"""


def figure(value):
    """Three significant digits, whole numbers from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def bars(row):
    """Both sides' speed as bars, the faster one full."""
    ours = min(1, row["ratio"])
    theirs = min(1, 1 / row["ratio"])
    return (f'<div class="bar" style="width:{100 * ours:.1f}%"></div>'
            f'<div class="bar theirs" style="width:{100 * theirs:.1f}%"></div>')


def share(row):
    if "share" not in row:
        return ""
    part = f"{100 * row['share']:.0f}%"
    return f'<span class="bar share" style="--part:{part}"></span> {part} of {row["peak"]:.0f}'


def table(rows):
    out = ['<div class="scroll"><table>',
           "<tr><th scope=col>work</th><th scope=col>Grus</th><th scope=col>peer</th><th scope=col>unit</th>"
           "<th scope=col>ratio</th><th scope=col>speed, Grus above</th><th scope=col>share of peak, GFLOP/s</th>"
           "<th scope=col>MiB, Grus and peer</th></tr>"]
    for row in rows:
        ratio = f"<b>{row['ratio']:.2f}</b>"
        if "ratio_to_better" in row:
            ratio += f" ({row['ratio_to_better']:.2f} to its better cell)"
        memory = f"{row['memory']:.0f}, {row['their_memory']:.0f}" if "memory" in row else ""
        out.append(f"<tr><td>{html.escape(row['work'])}</td><td>{figure(row['ours'])}</td><td>{figure(row['theirs'])}</td>"
                   f"<td>{html.escape(row['unit'])}</td><td>{ratio}</td><td class=bars>{bars(row)}</td>"
                   f"<td>{share(row)}</td><td>{memory}</td></tr>")
    out.append("</table></div>")
    return "\n".join(out)


def profile(tables):
    text = "\n\n".join(tables)
    return f"<details open><summary>Where the time goes</summary><pre>{html.escape(text)}</pre></details>"


def page(rows, profiles):
    first = rows[0]
    days = sorted({row["day"] for row in rows})
    out = ['<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
           f"<title>Grus beside its peers</title><style>{STYLE}</style>", "<h1>Grus beside its peers</h1>",
           f"<p>{html.escape(first['machine'])}; {html.escape(first['peer'])}; {' to '.join(dict.fromkeys((days[0], days[-1])))}. "
           "Both sides in turns, medians; a ratio above 1 means that Grus is faster. The peak is the best product of this "
           "machine in the same precision, in the same run.</p>"]
    for bench in dict.fromkeys(row["bench"] for row in rows):
        out.append(f"<h2>{TITLES[bench]} (<code>bench {bench}</code>)</h2>")
        out.append(table([row for row in rows if row["bench"] == bench]))
        if bench in profiles:
            out.append(profile(profiles[bench]))
    return "\n".join(out) + "</html>\n"
