"""Networks that are small enough to count by hand, as TFLite files.

``python -m tests.readers.tflite.networks`` writes those that are samples.
"""

from __future__ import annotations

import struct

from tests.readers.samples import DATA
from tests.readers.tflite.writing import (
    BOOL,
    INT8,
    INT32,
    Fields,
    model,
    operator,
    subgraph,
    tensor,
    write,
)

ADD, AVERAGE_POOL, CONV, DEPTHWISE, FULLY_CONNECTED = 0, 1, 3, 4, 9
SOFTMAX, MEAN, LESS, IF, WHILE = 25, 40, 58, 118, 119


def integers(*numbers: int) -> bytes:
    """Numbers of 32 bits as a buffer."""
    return struct.pack(f"<{len(numbers)}i", *numbers)


def image_network() -> Fields:
    """A quantised network of images with an open batch.

    Multiply-adds of one image: 16x16x8 results of 3x3x3, 8x8x8 of 3x3, 8x8x16 of 8, 10 of 16.
    """
    window = {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("b", 3)}
    deep = {0: ("b", 0), 1: ("i", 2), 2: ("i", 2), 3: ("i", 1), 4: ("b", 1)}
    point = {0: ("b", 1), 1: ("i", 1), 2: ("i", 1)}
    image = {"element_type": INT8}
    tensors = [
        tensor("image", (1, 16, 16, 3), signature=(-1, 16, 16, 3), **image),
        tensor("first/weight", (8, 3, 3, 3), INT8, 1),
        tensor("first/bias", (8,), INT32, 2),
        tensor("first", (1, 16, 16, 8), signature=(-1, 16, 16, 8), **image),
        tensor("deep/weight", (1, 3, 3, 8), INT8, 3),
        tensor("deep/bias", (8,), INT32, 4),
        tensor("deep", (1, 8, 8, 8), signature=(-1, 8, 8, 8), **image),
        tensor("point/weight", (16, 1, 1, 8), INT8, 5),
        tensor("point", (1, 8, 8, 16), signature=(-1, 8, 8, 16), **image),
        tensor("axes", (2,), INT32, 6),
        tensor("mean", (1, 16), signature=(-1, 16), **image),
        tensor("dense/weight", (10, 16), INT8, 7),
        tensor("dense", (1, 10), signature=(-1, 10), **image),
        tensor("scores", (1, 10), signature=(-1, 10), **image),
    ]
    operators = [
        operator(0, (0, 1, 2), (3,), 1, window),
        operator(1, (3, 4, 5), (6,), 2, deep),
        operator(0, (6, 7, -1), (8,), 1, point),
        operator(2, (8, 9), (10,), 27, {0: ("?", False)}),
        operator(3, (10, 11, -1), (12,), 8, {}),
        operator(4, (12,), (13,), 9, {0: ("f", 1.0)}),
    ]
    buffers = [
        bytes(216), bytes(32), bytes(72), bytes(32), bytes(128), integers(1, 2), bytes(160)
    ]  # fmt: skip
    metadata = {0: "min_runtime_version", 1: ("I", 8)}
    return model(
        (CONV, DEPTHWISE, MEAN, FULLY_CONNECTED, SOFTMAX),
        [subgraph("main", tensors, (0,), (13,), operators)],
        [*buffers, b"2.3.0\0"],
        fields={6: [metadata]},
    )


IMAGE_MACS = 16 * 16 * 8 * 27 + 8 * 8 * 8 * 9 + 8 * 8 * 16 * 8 + 10 * 16
IMAGE_PARAMETER_BYTES = 216 + 32 + 72 + 32 + 128 + 160


def control_network() -> Fields:
    """A loop of which each trip has a matrix product of 4x4, and a condition; one buffer twice.

    The weight of the branch shares its buffer with that of the loop.
    """
    main = [
        tensor("count", (), INT32),
        tensor("data", (1, 4)),
        tensor("count:end", (), INT32),
        tensor("looped", (1, 4)),
        tensor("flag", (), BOOL),
        tensor("result", (1, 4)),
    ]
    loop_condition = [
        tensor("count", (), INT32), tensor("data", (1, 4)), tensor("limit", (), INT32, 2),
        tensor("goes on", (), BOOL),
    ]  # fmt: skip
    loop_body = [
        tensor("count", (), INT32), tensor("data", (1, 4)), tensor("one", (), INT32, 3),
        tensor("next", (), INT32), tensor("weight", (4, 4), buffer=1), tensor("product", (1, 4)),
    ]  # fmt: skip
    branch = [tensor("data", (1, 4)), tensor("weight", (4, 4), buffer=1), tensor("out", (1, 4))]
    return model(
        (WHILE, IF, LESS, ADD, FULLY_CONNECTED, "FlexErf"),
        [
            subgraph("main", main, (0, 1, 4), (5,), [
                operator(0, (0, 1), (2, 3), 93, {0: ("i", 1), 1: ("i", 2)}),
                operator(1, (4, 3), (5,), 92, {0: ("i", 3), 1: ("i", 4)}),
            ]),
            subgraph("condition", loop_condition, (0, 1), (3,), [operator(2, (0, 2), (3,))]),
            subgraph("body", loop_body, (0, 1), (3, 5), [
                operator(3, (0, 2), (3,), 11, {}), operator(4, (1, 4, -1), (5,), 8, {}),
            ]),
            subgraph("then", branch, (0,), (2,), [operator(4, (0, 1, -1), (2,), 8, {})]),
            subgraph("else", branch, (0,), (2,), [operator(5, (0,), (2,))]),
        ],
        [bytes(64), integers(5), integers(1)],
    )  # fmt: skip


SAMPLES = {"images": image_network, "control": control_network}

if __name__ == "__main__":
    for name, network in SAMPLES.items():
        (DATA / "tflite" / f"{name}.tflite").write_bytes(write(network()))
