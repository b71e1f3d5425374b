"""The pictures and tables of `./dev bench scaling`."""
import html

import growth_page
import page
import scaling_model as model

RANKS = [2**i for i in range(11)]
SHOWN = [1, 2, 8, 64, 256, 1024]  # columns of the tables
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 620, 380, 60, 178, 40, 46

STYLE = growth_page.CHART + """
.panel .line { stroke-width: 1.8; } .panel .line.dashed { stroke-dasharray: 6 4; stroke: var(--warm); } .panel .label { fill: var(--ink); }
"""
ALGORITHMS = [("stages", "stages, as it is"), ("direct", "everybody to all"), ("leader", "all to one rank")]


def lines_of(work):
    """The panels: (title, [(label, kind, [(ranks, seconds)])])."""
    grows = [(net.name, "line", [(n, model.step(work, n, net)) for n in RANKS]) for net in model.NETWORKS]
    one, fast = model.NETWORKS[1], model.NETWORKS[-1]
    ways = [(f"{text}, {name}", kind, [(n, model.step(work, n, net, how)) for n in RANKS])
            for net, name, kind in ((one, "10 Gbit/s", "line"), (fast, "InfiniBand", "line dashed")) for how, text in ALGORITHMS]
    return [("A step, by network", grows), ("A step, by algorithm", ways)]


def spread(labels, least=14, lowest=HEIGHT - BOTTOM + 4):
    """Moves labels, (y, text), apart, none of them below the picture."""
    placed = sorted(labels)
    for i in range(1, len(placed)):
        placed[i] = (max(placed[i][0], placed[i - 1][0] + least), placed[i][1])
    for i in reversed(range(len(placed))):
        placed[i] = (min(placed[i][0], lowest), placed[i][1])
        lowest = placed[i][0] - least
    return placed


def panel(title, lines):
    values = [value for _, _, points in lines for _, value in points]
    x = growth_page.Axis(1, RANKS[-1], LEFT, WIDTH - RIGHT, binary=True)
    y = growth_page.Axis(min(values) / 1.3, max(values) * 1.3, HEIGHT - BOTTOM, TOP)
    out = [f'<text class="title" x="{LEFT}" y="22">{html.escape(title)}</text>',
           *growth_page.axes(x, y, "ranks, each with one shard", growth_page.time_text)]
    out += [growth_page.polyline(kind, points, x, y) for _, kind, points in lines]
    for at, text in spread([(y.at(points[-1][1]) + 4, label) for label, _, points in lines]):
        out.append(f'<text class="label" x="{WIDTH - RIGHT + 8}" y="{at}">{html.escape(text)}</text>')
    return "\n".join(out)


def picture(work):
    out = [f"<style>{page.PALETTE}{STYLE}</style>", '<rect width="100%" height="100%" style="fill: var(--page)"/>']
    panels = lines_of(work)
    for i, (title, lines) in enumerate(panels):
        out.append(f'<g transform="translate(0,{i * HEIGHT})">{panel(title, lines)}</g>')
    height = HEIGHT * len(panels)
    return growth_page.svg("\n".join(out), WIDTH, height, f' width="{WIDTH}" height="{height}"') + "\n"


def network_rows(work):
    for net in model.NETWORKS:
        steps = [model.step(work, n, net) for n in SHOWN]
        yield [net.name] + [f"{growth_page.time_text(s)} ({100 * steps[0] / s:.0f} %)" for s in steps]


def less_rows(work, ranks):
    """What else could be sent, or not, on so many ranks."""
    nets = [model.NETWORKS[i] for i in (0, 1, -1)]
    rows = [("as it is", lambda net: model.step(work, ranks, net)),
            ("`--wire bf16`", lambda net: model.step(work, ranks, net, wire=0.5)),
            ("the largest 1 % of each rank's gradients, gathered", lambda net: model.top_k(work, ranks, net)),
            ("8 local steps, then a sum", lambda net: model.local_steps(work, ranks, net, 8))]
    return [""] + [net.name for net in nets], [[name] + [growth_page.time_text(of(net)) for net in nets] for name, of in rows]


def algorithm_rows(work):
    for how, name in ALGORITHMS:
        for ranks in (8, 64, 1024):
            size, messages = model.sent(work, ranks, how)
            yield [name, f"{ranks:,}", f"{size / 1e6:,.1f} MB", f"{messages:,}"]


def markdown(result):
    work = model.Work(**result["work"])
    total = sum(size for size, _ in work.buckets)
    head = [f"{result['machine']}, {result['day']}: a shard takes {growth_page.time_text(work.forward + work.backward)}, what every rank "
            f"does {growth_page.time_text(work.fixed)}, both of CPU time; {total / 1e6:.1f} MB of gradients in {len(work.buckets)} buckets.\n"]
    parts = [page.markdown_table(["network"] + [f"{n:,} rank{'s' * (n > 1)}" for n in SHOWN], network_rows(work)),
             page.markdown_table(["", "ranks", "sent by a rank", "messages"], algorithm_rows(work))]
    for ranks in (16, 256):
        parts.append(f"{ranks} ranks:\n\n" + page.markdown_table(*less_rows(work, ranks)))
    if result["checks"]:
        parts.append(page.markdown_table(["hosts", "link", "sent by all, MB", "as the model says", "messages", "model", "a step", "model"],
                                         [check_row(check, work, result["facts"]) for check in result["checks"]]))
    parts += [f"{note}\n" for note in result["notes"]]
    return "\n".join(head + parts)


def check_row(check, work, facts):
    alone = facts[str(check["ranks"])]
    size, messages, seconds = model.predicted(work, check["ranks"], model.shaped(check["megabits"], check["milliseconds"]),
                                              alone["seconds"] / alone["steps"])
    return [str(check["ranks"]), f"{check['megabits']:g} Mbit/s, {check['milliseconds']:g} ms", f"{check['sent'] / 1e6:.2f}", f"{size / 1e6:.2f}",
            f"{check['messages']:.0f}", f"{messages:.0f}", growth_page.time_text(check["seconds"]), growth_page.time_text(seconds)]
