"""The page of `./dev bench compare`."""
import html

import page
from page import figure

TITLES = {
    "bahdanau": "Training an attention translator",
    "decode": "Decoding with it",
    "rnn": "One recurrent layer, forward and backward",
    "layers": "Attention, convolutions and norms",
    "small": "Tiny tensors",
}

STYLE = page.STYLE + """.bars { width: 12rem; } .bar { height: .5rem; border-radius: 2px; background: var(--ours); margin: 2px 0; } .bar.theirs { background: var(--theirs); }
.bar.share { background: linear-gradient(to right, var(--ours) var(--part), var(--line) var(--part)); width: 6rem; display: inline-block; }
pre { font: 12.5px/1.4 ui-monospace, monospace; overflow-x: auto; border: 1px solid var(--line); padding: .6rem; }
"""


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
    cells = []
    for row in rows:
        ratio = f"<b>{row['ratio']:.2f}</b>"
        if "ratio_to_better" in row:
            ratio += f" ({row['ratio_to_better']:.2f} to its better cell)"
        memory = f"{row['memory']:.0f}, {row['their_memory']:.0f}" if "memory" in row else ""
        cells.append([html.escape(row["work"]), figure(row["ours"]), figure(row["theirs"]), html.escape(row["unit"]), ratio,
                      f"<td class=bars>{bars(row)}</td>", share(row), memory])
    return page.table(["work", "Grus", "peer", "unit", "ratio", "speed, Grus above", "share of peak, GFLOP/s",
                       "MiB, Grus and peer"], cells)


def profile(tables):
    text = "\n\n".join(tables)
    return f"<details open><summary>Where the time goes</summary><pre>{html.escape(text)}</pre></details>"


def report(rows, profiles):
    first = rows[0]
    out = [f"<p>{html.escape(first['machine'])}; {html.escape(first['peer'])}; {page.days(rows)}. "
           "Both sides in turns, medians; a ratio above 1 means that Grus is faster. The peak is the best product of this "
           "machine in the same precision, in the same run.</p>"]
    for bench in dict.fromkeys(row["bench"] for row in rows):
        out.append(f"<h2>{TITLES[bench]} (<code>bench {bench}</code>)</h2>")
        out.append(table([row for row in rows if row["bench"] == bench]))
        if bench in profiles:
            out.append(profile(profiles[bench]))
    return page.document("Grus beside its peers", STYLE, out)
