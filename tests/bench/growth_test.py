"""Tests of `./dev bench growth` with programs that stand in for the benchmarks: no clock, nothing built."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent

# A step takes T B H^2 / 1e9 s; above a T B of 100,000 there is no memory.
LAYER = """#!{python}
import json, sys
T, B, I, H = map(int, sys.argv[sys.argv.index("--size") + 1].split(","))
if T * B > 100000:
    sys.exit("bench rnn: [cpu] need 5 bytes of memory, got a limit of 4 with 3 in use")
ms = T * B * H * H / 1e6
print(json.dumps(dict(machine="a <machine>", forward_backward_ms=ms, forward_backward_gflops=100, peak_rss_mib=20 + T * B // 10)))
"""


class Growth(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"
        self.bench = self.folder / "tests/bench/bench_rnn"
        self.bench.parent.mkdir(parents=True)
        self.bench.write_text(LAYER.format(python=sys.executable))
        self.bench.chmod(0o755)

    def run_growth(self, *arguments):
        return subprocess.run([sys.executable, HERE / "growth.py", "--build", self.folder, "--out", self.out, *arguments],
                              capture_output=True, text=True)

    def kept(self):
        return json.loads((self.out / "growth.json").read_text())

    def test_a_size_grows_until_memory_ends(self):
        done = self.run_growth("--only", "T")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = self.kept()["T"]
        self.assertEqual([point["size"] for point in row["points"]], [1, 4, 16, 64, 256, 1024])
        self.assertEqual(row["end"], {"size": 4096, "why": "memory"})
        self.assertIn("| T = 4,096 | stopped by memory |", done.stdout)
        self.assertIn("| T = 4 | 2.1 ms | 1.00 | 100 |", done.stdout)

    def test_a_step_that_takes_too_long_ends_it(self):
        self.bench.write_text(f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
        done = self.run_growth("--only", "T", "--point-seconds", "0.1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bench growth: T = 1 is already stopped by time", done.stderr)

    def test_calls_add_up(self):
        for only in ("T", "B"):
            self.run_growth("--only", only, "--largest", "16")
        self.assertEqual(list(self.kept()), ["T", "B"])
        self.run_growth("--only", "T", "--largest", "4")
        self.assertEqual([len(row["points"]) for row in self.kept().values()], [2, 3])

    def test_rounds_add_up_and_the_quickest_counts(self):
        text = self.bench.read_text()
        for factor, largest in (3, 64), (1, 1), (2, 4):
            self.bench.write_text(text.replace("ms = ", f"ms = {factor} * "))
            self.run_growth("--only", "B", "--largest", str(largest), "--add")
        points = self.kept()["B"]["points"]
        self.assertEqual([len(point["rounds"]) for point in points], [3, 2, 1, 1])
        step = 100 * 128 * 128 / 1e9
        self.assertAlmostEqual(points[0]["seconds"], step)
        self.assertAlmostEqual(points[1]["seconds"], 2 * 4 * step)

    def test_the_page_and_its_pictures_are_whole(self):
        self.run_growth("--only", "T", "--only", "H", "--largest", "256")
        text = (self.out / "growth.html").read_text()
        pictures = re.findall(r"<svg.*?</svg>", text, re.S)
        self.assertEqual(len(pictures), 4)
        for picture in pictures + [(self.out / "growth.svg").read_text()]:
            self.assertNotRegex(picture, "nan|inf")
            xml.fromstring(picture)
        self.assertIn("a &lt;machine&gt;", text)
        self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), "https?://")

    def test_errors_are_one_line(self):
        cases = [(["--only", "X"], 2, "invalid choice: 'X'"),
                 (["--memory-limit", "much"], 2, "need a number with M or G, as in 8G, got 'much'"),
                 (["--only", "V", "--data", "nowhere"], 1, "V needs a folder as --data, got nowhere"),
                 (["--only", "T", "--largest", "0"], 1, "--largest is below T = 1"),
                 (["--only", "T", "--build", "nowhere"], 1, "cannot run nowhere/tests/bench/bench_rnn: No such file")]
        for arguments, status, text in cases:
            done = self.run_growth(*arguments)
            error = [line for line in done.stderr.splitlines() if not line.startswith("+")]
            self.assertEqual((done.returncode, len(error)), (status, 1), done.stderr)
            self.assertTrue(error[0].startswith("bench growth: "), error)
            self.assertIn(text, error[0])

    def test_a_broken_file_of_results_is_named(self):
        self.out.mkdir()
        (self.out / "growth.json").write_text("{")
        done = self.run_growth("--only", "T")
        self.assertEqual(done.returncode, 1)
        self.assertIn("growth.json: need JSON", done.stderr)

    def test_a_benchmark_that_fails_is_heard(self):
        self.bench.write_text(self.bench.read_text().replace("ms =", "if T == 4: sys.exit('bench rnn: no such thing')\nms ="))
        done = self.run_growth("--only", "T")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "exit status 1 of .*bench_rnn .*: bench rnn: no such thing")
        self.assertEqual(len(self.kept()["T"]["points"]), 1)


if __name__ == "__main__":
    unittest.main()
