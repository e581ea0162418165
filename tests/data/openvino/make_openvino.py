"""Writes the folders of this directory with OpenVINO itself; run it in an environment of its own.

``python make_openvino.py`` needs openvino 2026.4 and numpy, neither of which the project needs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset13 as ops

HERE = Path(__file__).resolve().parent / "folders"


def pattern(*shape: int, dtype: type = np.float32) -> np.ndarray:
    """Numbers that differ, the same each time."""
    count = int(np.prod(shape)) if shape else 1
    return (np.arange(count) % 7).reshape(shape).astype(dtype)


def save(model: ov.Model, name: str, *, compress: bool = False) -> None:
    """Write a model as ``name.xml`` and ``name.bin`` into a folder of its own."""
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, str(folder / f"{name}.xml"), compress_to_fp16=compress)


def network() -> ov.Model:
    """A small network of images, its weights in half precision."""
    data = ops.parameter([-1, 3, 16, 16], np.float32, name="data")
    first = ops.convolution(data, ops.constant(pattern(8, 3, 3, 3)), [1, 1], [1, 1], [1, 1], [1, 1])
    biased = ops.add(first, ops.constant(pattern(1, 8, 1, 1)))
    pooled = ops.max_pool(
        ops.relu(biased), [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], "floor", "explicit", "i64", 0
    )
    grouped = ops.group_convolution(
        pooled.output(0), ops.constant(pattern(8, 1, 1, 3, 3)), [1, 1], [1, 1], [1, 1], [1, 1]
    )
    mean = ops.reduce_mean(grouped, ops.constant(np.array([2, 3], np.int64)), False)
    dense = ops.matmul(mean, ops.constant(pattern(10, 8)), False, True)
    return ov.Model([ops.softmax(dense, 1)], [data], "network")


def stateful() -> ov.Model:
    """One layer of attention with a cache that grows, and weights of 4 bits."""
    tokens = ops.parameter([1, -1], np.int64, name="tokens")
    table = ops.constant(pattern(32, 16))
    hidden = ops.gather(table, tokens, ops.constant(np.int64(0)))
    packed = ov.op.Constant(ov.Type.u4, ov.Shape([16, 16]), [n % 16 for n in range(256)])
    zero = ov.op.Constant(ov.Type.u4, ov.Shape([16, 1]), [8] * 16)
    wide = ops.subtract(ops.convert(packed, "f16"), ops.convert(zero, "f16"))
    scaled = ops.multiply(wide, ops.constant(pattern(16, 1, dtype=np.float16)))
    queries = ops.matmul(hidden, ops.convert(scaled, "f32"), False, True)
    shape = ops.constant(np.array([0, 0, 2, 8], np.int64))
    order = ops.constant(np.array([0, 2, 1, 3], np.int64))
    heads = ops.transpose(ops.reshape(queries, shape, True), order)
    sinks, whole = [], []
    for name in ("key", "value"):
        empty = ops.constant(np.zeros((1, 2, 0, 8), np.float32))
        past = ops.read_value(empty, f"past.{name}", ov.Type.f32, ov.PartialShape([1, 2, -1, 8]))
        whole.append(ops.concat([past, heads], 2))
        sinks.append(ops.assign(whole[-1], f"past.{name}"))
    seen = ops.scaled_dot_product_attention(heads, *whole, causal=True)
    back = ops.reshape(
        ops.transpose(seen, order), ops.constant(np.array([0, 0, 16], np.int64)), True
    )
    scores = ops.matmul(back, table, False, True)
    return ov.Model([ops.result(scores)], sinks, [tokens], "stateful")


def main() -> None:
    """Write all of them."""
    save(network(), "network", compress=True)
    save(stateful(), "stateful")
    core = ov.Core()
    for name in ("loops", "branches"):
        save(core.read_model(str(HERE.parents[1] / "onnx" / f"{name}.onnx")), name)


if __name__ == "__main__":
    main()
