"""Tests of `./dev bench scaling`: the model's arithmetic, and the script with files and programs that stand in for the real ones."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

import scaling
import scaling_model as model
import scaling_net

HERE = pathlib.Path(__file__).resolve().parent
WORK = {"forward": 0.02, "backward": 0.04, "fixed": 0.01, "buckets": [(4_000_000, 0.5), (1_000_000, 1.0)], "text": 200}


def ideal(bytes_a_second):
    return model.Network("ideal", bytes_a_second, 0, 0, 1e12)


class Model(unittest.TestCase):
    def setUp(self):
        self.work = model.Work(**WORK)

    def test_the_stages_are_those_of_the_library(self):
        source = (HERE.parents[1] / "parallel/stages.cpp").read_text()
        self.assertIn(f"messages_of_a_round = {model.ROUND};", source)
        self.assertEqual([model.radices(n) for n in (1, 8, 13, 64, 1024)], [[], [8], [13], [8, 8], [16, 8, 8]])

    def test_every_way_but_the_leaders_sends_the_same_bytes(self):
        for ranks in (2, 8, 64, 1024):
            for how in ("stages", "direct"):
                rounds = model.sum_rounds(how, ranks, 1000)
                self.assertAlmostEqual(sum(count * size for count, size in rounds), 2000 * (ranks - 1) / ranks)
        self.assertEqual(sum(count for count, _ in model.sum_rounds("stages", 1024, 1000)), 2 * (15 + 7 + 7))
        self.assertEqual(sum(count for count, _ in model.sum_rounds("direct", 1024, 1000)), 2 * 1023)
        self.assertEqual(model.sum_rounds("leader", 8, 1000), [(7, 1000)] * 2)

    def test_an_endless_link_leaves_the_work_alone(self):
        self.assertAlmostEqual(model.step(self.work, 64, ideal(1e18)), 0.07)
        self.assertAlmostEqual(model.step(self.work, 1, ideal(1)), 0.07)

    def test_a_slow_link_sends_one_bucket_behind_the_other_and_the_first_during_the_walk(self):
        # Two ranks send half of 5 MB twice at 50 MB a second, from 0.04 s on; texts and the last word are 2 times 512 bytes.
        self.assertAlmostEqual(model.step(self.work, 2, ideal(50e6)), 0.04 + 0.1 + 0.01 + 2 * 512 / 50e6, places=4)

    def test_less_on_the_wire_takes_less(self):
        slow = ideal(10e6)
        whole = model.step(self.work, 16, slow)
        self.assertLess(model.step(self.work, 16, slow, wire=0.5), 0.6 * whole)
        self.assertLess(model.top_k(self.work, 2, slow), 0.5 * whole)
        self.assertAlmostEqual(model.local_steps(self.work, 16, slow, 8), (whole + 7 * 0.07) / 8)

    def test_work_is_the_line_through_what_ranks_took(self):
        facts = {ranks: {"cpu_seconds": ranks * 4 * (0.1 + 8 / ranks * 0.03), "steps": 4} for ranks in (1, 2, 4)}
        work = scaling.work_of(facts, [])
        self.assertAlmostEqual(work["fixed"], 0.1)
        self.assertAlmostEqual(work["forward"] + work["backward"], 0.03)

    def test_buckets_leave_when_a_trace_says_so(self):
        events = [{"name": "process_name", "ph": "M", "pid": 0}]
        for start in (0, 1000, 2000):
            for name, at, length, category in (("product", 0, 100, "forward"), ("product backward", 100, 200, "backward"),
                                               ("begin a sum of 40 bytes", 150, 5, "ranks"), ("begin a sum of 8 bytes", 295, 5, "ranks"),
                                               ("product backward", 300, 100, "backward"), ("begin a sum of 4 bytes", 401, 5, "ranks")):
                events.append({"name": name, "cat": category, "ph": "X", "ts": start + at, "dur": length, "pid": 0, "tid": 1})
        found = scaling.buckets_of({"traceEvents": events})
        self.assertEqual([size for size, _ in found], [40, 8, 4])
        for (_, share), expected in zip(found, (50 / 300, 195 / 300, 1)):
            self.assertAlmostEqual(share, expected)


class Switch(unittest.TestCase):
    def setUp(self):
        self.switch = scaling_net.DelayingSwitch(0)
        self.ends = {}
        for number in (1, 2, 3):
            self.ends[number], self.switch.ports[bytes([2, 0, 0, 0, 0, number])] = os.pipe2(os.O_NONBLOCK)
            self.addCleanup(os.close, self.ends[number])
            self.addCleanup(os.close, self.port(number))

    def port(self, number):
        return self.switch.ports[bytes([2, 0, 0, 0, 0, number])]

    def got(self):
        found = {}
        for number, end in self.ends.items():
            try:
                found[number] = os.read(end, 100)
            except BlockingIOError:
                pass
        return found

    def test_a_frame_goes_to_its_address_alone(self):
        frame = bytes([2, 0, 0, 0, 0, 3]) + b"to three"
        self.switch.deliver(self.port(1), frame)
        self.assertEqual(self.got(), {3: frame})

    def test_a_question_to_all_comes_to_all_but_who_asks(self):
        frame = b"\xff" * 6 + b"who is two"
        self.switch.deliver(self.port(1), frame)
        self.assertEqual(self.got(), {2: frame, 3: frame})


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_scaling(self, *arguments):
        return subprocess.run([sys.executable, HERE / "scaling.py", "--out", self.folder / "out", *arguments], capture_output=True, text=True)

    def test_results_of_before_are_drawn_again(self):
        check = {"ranks": 2, "megabits": 50, "milliseconds": 0, "sent": 10e6, "messages": 11, "seconds": 1}
        kept = self.folder / "kept.json"
        kept.write_text(json.dumps({"machine": "a <machine>", "day": "2026-01-02", "work": WORK, "facts": {"2": {"seconds": 1, "steps": 4}}, "checks": [check], "notes": []}))
        done = self.run_scaling("--from", kept)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 2 | 50 Mbit/s, 0 ms | 10.00 | 10.00 | 11 | 11 | 1 s | 1.07 s |", done.stdout)
        self.assertIn("| everybody to all | 1,024 | 10.5 MB | 5,115 |", done.stdout)
        picture = (self.folder / "out/scaling.svg").read_text()
        self.assertNotRegex(picture, "nan|inf")
        xml.fromstring(picture)
        self.assertEqual(len(re.findall("<polyline", picture)), 11)

    def test_errors_are_one_line(self):
        broken = self.folder / "broken.json"
        broken.write_text("{")
        for arguments, text in ((["--data", "nowhere"], "need a folder as --data, got nowhere"),
                                (["--from", broken], "need a scaling.json, got: "),
                                (["--from", "nowhere"], "need a scaling.json, got: ")):
            done = self.run_scaling(*arguments)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
            self.assertIn(text, done.stderr)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
