"""Asks the installed wheel; wheel.sh makes its models and what the programs say of them."""
import csv
import sys
import threading

import numpy as np

import grus


def refused(kind, what, act):
    try:
        act()
    except kind as error:
        assert what in str(error), error
        return
    raise AssertionError(f"nothing refuses: {what}")


translate, classify, forecast = (grus.load(path, threads=1) for path in sys.argv[1:])
assert (translate.task, classify.task, forecast.task) == ("translate", "classify", "forecast")

said = open("t.said").read().rstrip("\n")
one = translate.translate("a b c")
assert one.text == said == translate.run("a b c") == translate.translate(["x", "a b c"])[1].text
assert one.attention.shape == (len(one.target), len(one.source)) and np.allclose(one.attention.sum(1), 1)
assert one.log_probability < 0
translate["beam"] = 1
assert translate["beam"] == "1"
assert grus.load(open(sys.argv[1], "rb").read()).run("a b c") == said

assert classify.classes == ["bad", "good"]
p = classify.classify(["so fine", "poor"])
assert p.shape == (2, 2) and p.dtype == np.float32 and np.allclose(p.sum(1), 1)
assert np.array_equal(classify.classify("so fine"), p[0])

rows = list(csv.reader(open("table.csv")))[1:]
dates, values = [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.float64)
y = forecast.forecast(values, dates)
assert forecast.columns == ["up", "down"] and y.shape == (3, 3, 2)
printed = [float(x) for x in open("f.said").read().splitlines()[1].split(",")[1:]]
assert np.allclose(y[:, 0].T.ravel(), printed, rtol=1e-4), (y[:, 0], printed)
assert y.base is not None  # the library's memory, not a copy of it

refused(OSError, "none.grus: need a packed model, or its folder, got nothing", lambda: grus.load("none.grus"))
refused(ValueError, "--baem: there is no such option", lambda: grus.load(sys.argv[1], baem=1))
refused(ValueError, "need a model of classify, got one of translate", lambda: translate.classify(["a"]))
refused(ValueError, "need (rows, 2) numbers, got 1 columns", lambda: forecast.forecast(values[:, :1].copy(), dates))
refused(ValueError, "need a date for each of the 120 rows, got 119", lambda: forecast.forecast(values, dates[1:]))
refused(ValueError, "need at least 12 rows", lambda: forecast.forecast(values[:3], dates[:3]))
refused(TypeError, "", lambda: forecast.forecast("text"))

results = []
threads = [threading.Thread(target=lambda: results.append(grus.load(sys.argv[1]).run("a b c"))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert results == [said] * 3
print(f"grus {grus.__version__}: translate, classify, forecast")
