"""The pictures, page and table of `./dev bench growth`: how time and memory grow with one size, on log-log axes."""
import html
import math

import page

WIDTH, HEIGHT = 460, 350  # of one panel
LEFT, RIGHT, TOP, BOTTOM = 66, 18, 54, 46

CHART = """
.panel text { font: 12px system-ui, sans-serif; fill: var(--soft); } .panel .title { font-weight: 600; font-size: 13px; fill: var(--ink); }
.panel .grid { stroke: var(--line); } .panel .faint { stroke: var(--line); opacity: .45; } .panel .frame { stroke: var(--soft); fill: none; }
.panel .line { stroke: var(--ours); stroke-width: 2; fill: none; } .panel .dot { fill: var(--ours); }
.panel .maths { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 4; fill: none; }
.panel .limit { stroke: var(--warm); stroke-width: 1.2; stroke-dasharray: 2 3; } .panel .limit-text { fill: var(--warm); }
"""
STYLE = page.STYLE + CHART + ".pictures { display: flex; flex-wrap: wrap; gap: 1rem; } .pictures svg { flex: 1 1 26rem; min-width: 0; max-width: 34rem; height: auto; }"


def short(value):
    """1, 20, 500, 1,000, 10k, 2M: a label of an axis."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= max(size, 1e4):
            return f"{value / size:g}{letter}"
    return f"{value:,g}"


def time_text(seconds):
    for size, unit in ((1, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{page.figure(seconds / size)} {unit}"
    return f"{page.figure(seconds * 1e6)} µs"


def memory_text(mib):
    return f"{page.figure(mib / 1024)} GiB" if mib >= 1024 else f"{page.figure(mib)} MiB"


class Axis:
    """Positions on a logarithmic axis from `low` to `high`."""

    def __init__(self, low, high, start, end, binary=False):
        self.low, self.high, self.start, self.end, self.binary = low, high, start, end, binary

    def at(self, value):
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self):
        """(value, is it labelled): 1, 2, 5 times powers of ten, or powers of two."""
        base = 4 if self.binary else 10
        whole = self.binary or math.log10(self.high / self.low) >= 2.5
        for power in range(math.floor(math.log(self.low, base)), math.ceil(math.log(self.high, base)) + 1):
            for digit in (1, 2) if self.binary else (1, 2, 5):
                value = digit * float(base) ** power
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value, digit == 1 or not whole


def polyline(kind, points, x, y):
    return f'<polyline class="{kind}" points="{" ".join(f"{x.at(a)},{y.at(b)}" for a, b in points)}"/>'


def axes(x, y, x_title, y_text):
    out = []
    for value, labelled in x.ticks():
        at, kind = x.at(value), "grid" if labelled else "faint"
        out.append(f'<line class="{kind}" x1="{at}" y1="{y.start}" x2="{at}" y2="{y.end}"/>')
        if labelled:
            out.append(f'<text x="{at}" y="{y.start + 17}" text-anchor="middle">{short(value)}</text>')
    for value, labelled in y.ticks():
        at, kind = y.at(value), "grid" if labelled else "faint"
        out.append(f'<line class="{kind}" x1="{x.start}" y1="{at}" x2="{x.end}" y2="{at}"/>')
        if labelled:
            out.append(f'<text x="{x.start - 7}" y="{at + 4}" text-anchor="end">{y_text(value)}</text>')
    out.append(f'<rect class="frame" x="{x.start}" y="{y.end}" width="{x.end - x.start}" height="{y.start - y.end}"/>')
    out.append(f'<text x="{(x.start + x.end) / 2}" y="{y.start + 36}" text-anchor="middle">{html.escape(x_title)}</text>')
    return out


def legend(maths):
    """Between title and picture."""
    out, at, y = [], LEFT, TOP - 13
    for kind, text in (("line", "measured"), ("maths", maths)):
        out.append(f'<line class="{kind}" x1="{at}" y1="{y}" x2="{at + 28}" y2="{y}"/>')
        out.append(f'<text x="{at + 34}" y="{y + 4}">{html.escape(text)}</text>')
        at += 110
    return out


def panel(title, x_title, measured, maths, maths_name, text, end, limit=None):
    """One picture. `measured` and `maths` are lists of (size, value); `end`: (size, reason) where it stopped, or None;
    `limit`: of memory, in MiB."""
    sizes = [a for a, _ in measured]
    values = [b for _, b in measured] + [b for _, b in maths]
    last = end[0] if end else sizes[-1]
    x = Axis(sizes[0] / 1.15, max(last, sizes[0] * 2) * 1.25, LEFT, WIDTH - RIGHT)
    y = Axis(min(values) / 1.4, max(values + ([limit] if limit else [])) * 1.6, HEIGHT - BOTTOM, TOP, binary=limit is not None)
    out = [f'<text class="title" x="{LEFT}" y="18">{html.escape(title)}</text>', *axes(x, y, x_title, text)]
    if end:
        at = x.at(end[0])
        out.append(f'<line class="limit" x1="{at}" y1="{y.start}" x2="{at}" y2="{y.end}"/>')
        out.append(f'<text class="limit-text" x="{at - 6}" y="{y.start - 8}" text-anchor="end">{html.escape(end[1])}</text>')
    if limit:
        at = y.at(limit)
        out.append(f'<line class="limit" x1="{x.start}" y1="{at}" x2="{x.end}" y2="{at}"/>')
        out.append(f'<text class="limit-text" x="{x.start + 8}" y="{at + 15}">limit {memory_text(limit)}</text>')
    out += [polyline("maths", maths, x, y), polyline("line", measured, x, y)]
    for size, value in measured:
        out.append(f'<circle class="dot" cx="{x.at(size)}" cy="{y.at(value)}" r="3.2"><title>{size:,}: {text(value)}</title></circle>')
    return "\n".join(out + legend(maths_name))


def svg(content, width, height, more=""):
    return (f'<svg class="panel" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"{more}>\n'
            f"{content}\n</svg>")


def panels(axis, row):
    """The two pictures of one size: time and memory. The maths' time is its FLOPs at the best rate of the row; its memory
    goes through the last point with the slope of the maths."""
    points, slope = row["points"], row["slope"]
    x_title = f"{axis}: {row['name']}"
    end = row["end"] and (row["end"]["size"], f"stopped by {row['end']['why']}")
    best = max(point["gflops"] for point in points)
    work = [(point["size"], point["gflops"] * point["seconds"] / best) for point in points]
    name = {1: "linear", 2: "quadratic"}[slope]
    last = points[-1]
    lowest = min(point["mib"] for point in points) / 2
    memory = [(p["size"], m) for p in points if (m := last["mib"] * (p["size"] / last["size"]) ** slope) >= lowest]
    if memory[0][0] != points[0]["size"]:  # down to the edge of the picture
        memory.insert(0, (last["size"] * (lowest / last["mib"]) ** (1 / slope), lowest))
    return [panel(f"{axis}: time of one step", x_title, [(p["size"], p["seconds"]) for p in points], work,
                  f"its FLOPs at the best rate, {page.figure(best)} GFLOP/s", time_text, end),
            panel(f"{axis}: peak memory", x_title, [(p["size"], p["mib"]) for p in points], memory, name, memory_text, end,
                  row["limit_mib"])]


def slopes(row, key):
    """The slope between each point and the one before it; None for the first."""
    points = row["points"]
    return [None] + [math.log(b[key] / a[key]) / math.log(b["size"] / a["size"]) for a, b in zip(points, points[1:])]


def cells(axis, row):
    """The table of one size, as text."""
    for point, time, memory in zip(row["points"], slopes(row, "seconds"), slopes(row, "mib")):
        yield [f"{axis} = {point['size']:,}", time_text(point["seconds"]), "" if time is None else f"{time:.2f}",
               page.figure(point["gflops"]), memory_text(point["mib"]), "" if memory is None else f"{memory:.2f}"]
    if row["end"]:
        yield [f"{axis} = {row['end']['size']:,}", f"stopped by {row['end']['why']}", "", "", "", ""]


HEAD = ["size", "one step", "slope", "GFLOP/s", "peak memory", "slope"]


def markdown(rows):
    parts = []
    for axis, row in rows.items():
        parts.append(f"{row['work']}; slope of the maths: {row['slope']}; memory limit {memory_text(row['limit_mib'])}. "
                     f"{row['machine']}, {row['day']}.\n\n"
                     + page.markdown_table(HEAD, cells(axis, row)))
    return "\n".join(parts)


def picture(rows):
    """All pictures as one file that stands alone: a row for each size, time on the left, memory on the right."""
    out = [f"<style>{page.PALETTE}{CHART}</style>", '<rect width="100%" height="100%" style="fill: var(--page)"/>']
    for i, (axis, row) in enumerate(rows.items()):
        for j, content in enumerate(panels(axis, row)):
            out.append(f'<g transform="translate({j * WIDTH},{i * (HEIGHT + 10)})">{content}</g>')
    width, height = 2 * WIDTH, len(rows) * (HEIGHT + 10)
    return svg("\n".join(out), width, height, f' width="{width}" height="{height}"') + "\n"


def report(rows):
    first = next(iter(rows.values()))
    out = [f"<p>{html.escape(first['machine'])}; {page.days(list(rows.values()))}. One size grows, the others stay. "
           "Both axes are logarithmic, so that a power is a straight line and its exponent the slope. Dashed: what the maths asks "
           "for. Where the line lies above it, something that is not the maths costs.</p>"]
    for axis, row in rows.items():
        out.append(f"<h2>{axis}, {html.escape(row['name'])}</h2><p>{html.escape(row['work'])}. In theory time and memory have "
                   f"the slope {row['slope']}{' at large sizes' if axis == 'V' else ''}.</p>")
        pictures = [svg(content, WIDTH, HEIGHT, f' aria-label="{axis}: {what}"') for content, what in
                    zip(panels(axis, row), ("time of one step", "peak memory"))]
        out.append(f'<div class="pictures">{"".join(pictures)}</div>')
        out.append(f"<details><summary>Figures</summary>{page.table(HEAD, [[html.escape(c) for c in line] for line in cells(axis, row)])}</details>")
    return page.document("Cost as it grows", STYLE, out)
