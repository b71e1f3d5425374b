"""Makes recurrent.onnx, a model as others write it, and recurrent.npz, what ONNX Runtime computes from it.

Needs numpy, onnx and onnxruntime. Ids (T, B) go through an embedding, a GRU in both directions that resets before its product, an
LSTM, a product with an Add, and a Gemm that is not transposed.
"""
import os

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

rng = numpy.random.default_rng(7)
T, B, V, E, H, G, C = 5, 3, 11, 4, 3, 2, 2


def weights(**shapes):
    return {name: rng.normal(scale=0.5, size=shape).astype(numpy.float32) for name, shape in shapes.items()}


w = weights(W=(2, 3 * H, E), R=(2, 3 * H, H), B=(2, 6 * H), LW=(1, 4 * G, 2 * H), LR=(1, 4 * G, G), LB=(1, 8 * G))
w["words.weight"] = rng.normal(size=(V, E)).astype(numpy.float32)
w["onnx::MatMul_9"] = rng.normal(size=(G, 4)).astype(numpy.float32)
w["hidden.bias"] = rng.normal(size=4).astype(numpy.float32)
w["out.weight"] = rng.normal(size=(4, C)).astype(numpy.float32)
w["out.bias"] = rng.normal(size=C).astype(numpy.float32)
w["by_direction"] = numpy.array([0, 0, 2 * H], dtype=numpy.int64)
nodes = [
    helper.make_node("Gather", ["words.weight", "ids"], ["x"], "/words/Gather"),
    helper.make_node("GRU", ["x", "W", "R", "B", "lengths"], ["y", "h"], "/encoder/gru/GRU", hidden_size=H,
                     direction="bidirectional", linear_before_reset=0),
    helper.make_node("Transpose", ["y"], ["side_by_side"], "/Transpose", perm=[0, 2, 1, 3]),
    helper.make_node("Reshape", ["side_by_side", "by_direction"], ["joined"], "/Reshape"),
    helper.make_node("LSTM", ["joined", "LW", "LR", "LB", "lengths"], ["ly", "lh", "lc"], "/lstm/LSTM", hidden_size=G),
    helper.make_node("Squeeze", ["lh", "first"], ["last"], "/Squeeze"),
    helper.make_node("MatMul", ["last", "onnx::MatMul_9"], ["product"], "/hidden/MatMul"),
    helper.make_node("Add", ["hidden.bias", "product"], ["hidden"], "/hidden/Add"),
    helper.make_node("Tanh", ["hidden"], ["bent"], "/Tanh"),
    helper.make_node("Gemm", ["bent", "out.weight", "out.bias"], ["logits"], "/out/Gemm", alpha=0.5),
]
w["first"] = numpy.array([0], dtype=numpy.int64)
graph = helper.make_graph(
    nodes, "recurrent",
    [helper.make_tensor_value_info("ids", TensorProto.INT64, ["time", "batch"]),
     helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", C])],
    [numpy_helper.from_array(value, name) for name, value in w.items()])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
folder = os.path.dirname(os.path.abspath(__file__))
onnx.save(model, os.path.join(folder, "recurrent.onnx"))
inputs = {"ids": rng.integers(0, V, size=(T, B)), "lengths": numpy.array([5, 2, 4], dtype=numpy.int32)}
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
numpy.savez(os.path.join(folder, "recurrent.npz"), logits=session.run(["logits"], inputs)[0], **inputs)
