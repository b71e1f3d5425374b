"""The time of a step on many ranks, on paper: `./dev bench scaling`.

A rank computes its shard while buckets of gradients leave as the backward pass has them. A message of m bytes takes
    o of both CPUs + m / (bytes a second) of the sender's link + the latency,
three latencies where it is longer than what MPI sends unasked. Links carry one message after another, in the order in
which they are due; a bucket's next round begins when its messages of the round before are there (parallel/reduction.h).
"""
import heapq

SHARDS = 8  # of a step that is measured
TCP = 0.95  # of a link's bits are a message's: 1,448 bytes of a packet of 1,514
ROUND = 10  # messages_of_a_round of parallel/stages.cpp
FIRST = 512  # bytes of a text's first message (parallel/letter.h)


class Network:
    """Bytes a second of a rank's link, seconds of latency between two programs, seconds of CPU for a message, and how many
    bytes MPI sends before the receiver asks for them."""

    def __init__(self, name, bytes_a_second, latency, message, eager=65536):
        self.name, self.bytes_a_second, self.latency, self.message, self.eager = name, bytes_a_second, latency, message, eager


def ethernet(gigabits, latency=30e-6):
    return Network(f"{gigabits:g} Gbit/s", TCP * gigabits * 1e9 / 8, latency, 4e-6)


def shaped(megabits, milliseconds):
    """A link between network namespaces."""
    return Network("", TCP * megabits * 1e6 / 8, 1e-3 * milliseconds + 100e-6, 10e-6)


NETWORKS = [ethernet(1, 50e-6), ethernet(10), ethernet(25, 20e-6), ethernet(100, 15e-6),
            Network("InfiniBand, 200 Gbit/s", 25e9, 1.5e-6, 0.3e-6, 8192)]


class Work:
    """What is measured of one rank: seconds of a shard's forward and backward pass, of what every rank does in a step whatever
    its share, the buckets as (bytes, share of the backward pass behind which all of it is there), and the bytes of the text in
    which ranks exchange losses."""

    def __init__(self, forward, backward, fixed, buckets, text=200):
        self.forward, self.backward, self.fixed, self.buckets, self.text = forward, backward, fixed, buckets, text


def radices(size, largest=None):
    """parallel/stages.cpp: the cheapest product, each round worth ten messages."""
    best = []
    for radix in range(min(size, largest or size), 1, -1):
        if size % radix:
            continue
        found = [radix]
        if radix < size:
            rest = radices(size // radix, radix)
            if not rest:
                continue
            found += rest
        if not best or cost(found) < cost(best):
            best = found
    return best


def cost(found):
    return sum(radix - 1 + ROUND for radix in found)


def sum_rounds(how, ranks, size):
    """The rounds of one bucket: (messages of a rank, bytes of each); of `leader` those of rank 0, whose link carries most."""
    if how == "leader":  # all gradients to one rank, and the sum to all
        return [(ranks - 1, size)] * 2
    rounds, segment = [], size
    for radix in [ranks] if how == "direct" else radices(ranks):
        segment /= radix
        rounds.append((radix - 1, segment))
    return rounds + rounds[::-1]


def text_rounds(how, ranks, text):
    """Every rank's text comes to all."""
    rounds, known = [], text
    for radix in [ranks] if how != "stages" else radices(ranks):
        rounds.append((radix - 1, FIRST))
        if known > FIRST:
            rounds.append((radix - 1, known - FIRST))
        known *= radix
    return rounds


def last_word(how, ranks, net):
    """Seconds until the leader's word, which is one short message, has come to all."""
    groups = [ranks] if how != "stages" else radices(ranks)
    return sum(net.latency + (radix - 1) * (net.message + FIRST / net.bytes_a_second) for radix in groups)


def step(work, ranks, net, how="stages", wire=1.0, sums=True):
    """Seconds of a step whose every rank has one shard. `wire`: how much of the bytes is sent; `sums`: False for a step that
    stays local."""
    computed = work.forward + work.backward
    if ranks == 1 or not sums:
        return computed + work.fixed
    jobs, waiting, messages = [], [], 0
    for number, (size, share) in enumerate(work.buckets):
        rounds = sum_rounds(how, ranks, size * wire)
        messages += sum(count for count, _ in rounds)
        jobs.append(rounds)
        heapq.heappush(waiting, (work.forward + work.backward * share, number, 0))
    computed += 2 * messages * net.message  # each is sent by one and received by another
    jobs.append(text_rounds(how, ranks, work.text))
    heapq.heappush(waiting, (computed, len(jobs) - 1, 0))
    free, end = 0.0, computed
    while waiting:
        due, number, at = heapq.heappop(waiting)
        count, size = jobs[number][at]
        free = max(due, free) + count * (net.message + size / net.bytes_a_second)
        there = free + net.latency * (3 if size > net.eager else 1)
        if at + 1 < len(jobs[number]):
            heapq.heappush(waiting, (there, number, at + 1))
        else:
            end = max(end, there)
    return end + work.fixed + last_word(how, ranks, net)


def sent(work, ranks, how="stages"):
    """(bytes, messages) of a rank in a step, gradients and losses."""
    rounds = [one for size, _ in work.buckets for one in sum_rounds(how, ranks, size)] + text_rounds(how, ranks, work.text)
    return sum(count * size for count, size in rounds), sum(count for count, _ in rounds)


def top_k(work, ranks, net, share=0.01):
    """A step that gathers the largest share of each rank's gradients: 8 bytes a number, from all to all."""
    size = sum(size for size, _ in work.buckets) * share * 2
    computed = work.forward + work.backward
    if ranks == 1:
        return computed + work.fixed
    known = size
    for radix in radices(ranks):
        computed += net.latency * 3 + (radix - 1) * (net.message + known / net.bytes_a_second)
        known *= radix
    return computed + work.fixed + last_word("stages", ranks, net)


def local_steps(work, ranks, net, count):
    """Seconds of a step where weights are averaged behind every `count` of them."""
    return (step(work, ranks, net) + (count - 1) * step(work, ranks, net, sums=False)) / count


def predicted(work, ranks, link, alone):
    """(bytes, messages) that all ranks send in a step of SHARDS shards, and its seconds. Ranks compute all shards but the last before
    anything leaves. `alone`: seconds of a step of as many ranks on this machine without a slow link, by which its other work counts."""
    stretch = alone / (SHARDS / ranks * (work.forward + work.backward) + work.fixed)
    forward, backward, fixed = (stretch * seconds for seconds in (work.forward, work.backward, work.fixed))
    mine = Work(forward + (SHARDS / ranks - 1) * (forward + backward), backward, fixed, work.buckets, work.text)
    size, messages = sent(mine, ranks)
    return ranks * size + (ranks - 1) * FIRST, ranks * messages + ranks - 1, step(mine, ranks, link)
