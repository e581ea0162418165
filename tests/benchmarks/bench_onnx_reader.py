"""How long and how much memory reading an ONNX file takes.

python -m tests.benchmarks.bench_onnx_reader [gigabytes]

Reads a file with so much weight data inline (1 GB unless said; the data is a hole in the file, so
the disk is not filled) and a graph of 100 000 nodes, each in a fresh process.
"""

from __future__ import annotations

import mmap
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.formats.protobuf import nested, varint

LAYER_BYTES = 64 << 20
WIDTH = 4096


def node(operation: str, inputs: list[str], output: str) -> bytes:
    """A node of a graph."""
    content = b"".join(nested(1, name.encode()) for name in inputs)
    return nested(1, content + nested(2, output.encode()) + nested(4, operation.encode()))


def value(field: int, name: str) -> bytes:
    """An input or output of one row of floats."""
    shape = b"".join(nested(1, b"\x08" + varint(size)) for size in (1, WIDTH))
    return nested(
        field, nested(1, name.encode()) + nested(2, nested(1, b"\x08\x01" + nested(2, shape)))
    )


def write_heavy(path: Path, size_bytes: int) -> None:
    """A chain of matrix products, each with its weight of 64 MiB inline."""
    layers = max(size_bytes // LAYER_BYTES, 1)
    small = [node("MatMul", [f"x{i}", f"w{i}"], f"x{i + 1}") for i in range(layers)]
    small += [value(11, "x0"), value(12, f"x{layers}")]
    heads = []
    for index in range(layers):
        dims = (b"\x08" + varint(WIDTH)) * 2
        tensor = dims + b"\x10\x01" + nested(8, f"w{index}".encode())
        tensor += varint(9 << 3 | 2) + varint(LAYER_BYTES)
        heads.append(nested(5, tensor, LAYER_BYTES))
    length = sum(map(len, small)) + sum(map(len, heads)) + layers * LAYER_BYTES
    with path.open("wb") as file:
        file.write(b"\x08\x08" + varint(7 << 3 | 2) + varint(length) + b"".join(small))
        for head in heads:
            file.write(head)
            file.seek(LAYER_BYTES, 1)
        file.write(nested(8, b"\x0a\x00\x10\x11"))


def write_long(path: Path, nodes: int) -> None:
    """A chain of additions."""
    graph = value(11, "x0") + b"".join(
        node("Add", [f"x{i}", "x0"], f"x{i + 1}") for i in range(nodes)
    )
    graph += value(12, f"x{nodes}")
    path.write_bytes(b"\x08\x08" + nested(7, graph) + nested(8, b"\x0a\x00\x10\x11"))


def measure(path: Path) -> None:
    """Read one file and print what it took; run in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        graph = OnnxReader().read(Source(path.stem, data))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    weights = sum(tensor.type.byte_size or 0 for tensor in graph.body.stored.values())
    print(
        f"{path.stem}: {len(graph.body.nodes)} nodes, {weights / 1e9:.2f} GB of weights,"
        f" {seconds:.3f} s, peak RSS {peak / 1024:.0f} MiB ({before / 1024:.0f} MiB before)"
    )


def main() -> None:
    """Write the files and measure each."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as scratch:
        heavy, long = Path(scratch) / "heavy.onnx", Path(scratch) / "long.onnx"
        write_heavy(heavy, int(gigabytes * (1 << 30)))
        write_long(long, 100_000)
        for path in (heavy, long):
            command = [sys.executable, "-m", "tests.benchmarks.bench_onnx_reader", "--measure"]
            subprocess.run([*command, str(path)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
