#!/usr/bin/env python3
"""Writes numpy.npy and numpy.npz, for tests/data/npy.cpp: arrays of every type that a tensor holds, in both orders and all versions
of the header. With files, prints what NumPy reads in them (pip install numpy).

  python3 tests/golden/make_numpy.py [FILE.npy | FILE.npz ...]
"""

import io
import pathlib
import sys
import zipfile

import numpy as np


def member(archive, name, array, version, method):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
    info.compress_type = method
    archive.writestr(info, out.getvalue())


def write(folder):
    values = np.arange(6).reshape(2, 3)  # unsigned types hold them, too
    np.save(folder / "numpy.npy", values.astype("f4"))
    with zipfile.ZipFile(folder / "numpy.npz", "w") as archive:
        for i, dtype in enumerate(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1"]):
            for order in "CF":
                array = np.asarray(values.astype(dtype), order=order)
                method = zipfile.ZIP_DEFLATED if i % 2 else zipfile.ZIP_STORED
                member(archive, f"{dtype}_{order}", array, (1 + i % 3, 0), method)
        member(archive, "halves", np.array([1.5, -2.0**-24, np.inf, 65504], "f2"), (1, 0), zipfile.ZIP_STORED)
        member(archive, "cube", np.asarray(np.arange(24, dtype="i2").reshape(2, 3, 4), order="F"), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "scalar", np.float64(2.5), (1, 0), zipfile.ZIP_STORED)
        member(archive, "none", np.zeros((0, 3), "f4"), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "u8", values.astype("u8"), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "big", values.astype(">f4"), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "complex", values.astype("c8"), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "fields", np.zeros(2, [("a", "f4"), ("b", "i4")]), (1, 0), zipfile.ZIP_DEFLATED)
        member(archive, "text", np.array(["a"]), (1, 0), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("readme.txt", (1980, 1, 1, 0, 0, 0)), "not an array")


def show(path):
    content = np.load(path)
    arrays = {path: content} if isinstance(content, np.ndarray) else content
    for name, array in arrays.items():
        print(name, array.dtype, array.shape, array.ravel().tolist())


for path in sys.argv[1:]:
    show(path)
if not sys.argv[1:]:
    write(pathlib.Path(__file__).parent)
