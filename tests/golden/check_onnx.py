"""Runs exported models with ONNX Runtime and compares them with what Grus computed: check_onnx.py DIR.

DIR holds NAME.onnx and NAME.npz (arrays by the names of inputs and outputs), as build/tests/random/onnx_models writes them.
Needs numpy, onnx and onnxruntime. A difference is relative to the largest number of an output, or to 1 where that is less.
"""
import collections
import glob
import os
import sys

import numpy
import onnx
import onnxruntime

LIMIT = 1e-5
onnxruntime.set_default_logger_severity(3)


def difference(got, want):
    if got.shape != want.shape or got.dtype != want.dtype:
        return numpy.inf
    if want.size == 0:
        return 0.0
    got, want = got.astype(numpy.float64), want.astype(numpy.float64)
    unlike = ~((got == want) | (numpy.isnan(got) & numpy.isnan(want)))
    finite = numpy.isfinite(want)
    if (unlike & ~(finite & numpy.isfinite(got))).any():
        return numpy.inf
    scale = max(1.0, numpy.abs(want[finite]).max(initial=0))
    return float(numpy.abs((got - want)[unlike]).max(initial=0) / scale)


def main(folder):
    worst = collections.defaultdict(lambda: (0.0, "", 0))
    failed = 0
    models = sorted(glob.glob(os.path.join(folder, "*.onnx")))
    for path in models:
        arrays = numpy.load(path[:-5] + ".npz")
        try:
            model = onnx.load(path)
            onnx.checker.check_model(model, full_check=True)
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            inputs = {i.name: arrays[i.name] for i in session.get_inputs()}
            outputs = [o.name for o in session.get_outputs()]
            far = max(difference(got, arrays[name]) for name, got in zip(outputs, session.run(outputs, inputs)))
        except Exception as error:  # the runtime has many kinds
            print(f"{path}: {str(error).splitlines()[0][:300]}")
            failed += 1
            continue
        if not far <= LIMIT:
            print(f"{path}: differs by {far:.3g}")
            failed += 1
        for node in {n.op_type for n in model.graph.node}:
            old = worst[node]
            worst[node] = (max(old[0], far), path if far > old[0] else old[1], old[2] + 1)
    print(f"{len(models)} models, {failed} failed; the largest difference of a model by the nodes it has:")
    for node, (far, path, count) in sorted(worst.items()):
        print(f"  {node:20} {count:5} models {far:9.2e}  {os.path.basename(path)}")
    return failed > 0 or not models


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
