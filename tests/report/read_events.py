#!/usr/bin/env python3
"""TensorBoard's own reader opens our event files: read_events.py WRITE_EVENTS. Skipped where the package is missing."""
import struct, subprocess, sys, tempfile, zlib

try:
    from tensorboard.backend.event_processing import event_accumulator
except ImportError as error:
    print(f"skipped: need the Python package tensorboard, got {error}")
    sys.exit(77)


def pixels_of(png):
    """The bytes of an 8-bit PNG without filters."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", png[:8]
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack(">IIBB", body[:10])
        if kind == b"IDAT":
            data += body
        at += 12 + size
    lines, row = zlib.decompress(data), 1 + 3 * width
    assert (depth, colours, len(lines)) == (8, 2, height * row)
    return [lines[y * row + 1:(y + 1) * row] for y in range(height)]


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], folder], check=True)
    events = event_accumulator.EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    # Newer readers migrate every value to a tensor; both forms hold the same.
    if tags["scalars"]:
        scalars = [(e.step, e.value) for e in events.Scalars("loss/train")]
    else:
        scalars = [(e.step, e.tensor_proto.float_val[0]) for e in events.Tensors("loss/train")]
    expected = [(s, 1 / s) for s in range(1, 7)] + [(7, 2.0), (8, 2.0)]
    assert [s for s, _ in scalars] == [s for s, _ in expected], scalars
    assert all(abs(a - b) < 1e-6 for (_, a), (_, b) in zip(scalars, expected)), scalars
    text = events.Tensors("options/text_summary" if "options/text_summary" in tags["tensors"] else "options")[0]
    assert "größe" in text.tensor_proto.string_val[0].decode(), text
    histogram = events.Histograms("weights")[0]
    value = histogram.histogram_value
    assert histogram.step == 3 and value.num == 5 and sum(value.bucket) == 5 and (value.min, value.max) == (-1, 1), value
    picture = events.Images("picture")[0]
    assert (picture.step, picture.height, picture.width) == (4, 4, 5), picture
    rows = pixels_of(picture.encoded_image_string)
    assert rows[1][:6] == bytes([60, 0, 255, 72, 0, 255]), rows[1]
    print(f"TensorBoard reads {len(scalars)} numbers, a text, a histogram and a picture")
