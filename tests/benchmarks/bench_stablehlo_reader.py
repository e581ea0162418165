"""How long StableHLO text takes to read: per 1000 operations, and with weights inside.

Run it as ``python -m tests.benchmarks.bench_stablehlo_reader``.
"""

from __future__ import annotations

import mmap
import tempfile
import time
from pathlib import Path

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader

_DATA = Path(__file__).resolve().parents[1] / "data" / "stablehlo"
_MEGABYTE = 1024**2
_TEXT_MEGABYTES = 10
_WEIGHT_MEGABYTES = 512


def repeat_body(text: str, megabytes: int) -> str:
    """A module whose function repeats the operations of another, names kept apart."""
    head, _, rest = text.partition(") -> ")
    start = rest.index("{\n", rest.index("{")) + 2
    end = rest.index("    return ")
    body = rest[start:end]
    count = megabytes * _MEGABYTE // len(body) + 1
    parts = []
    for index in range(count):
        parts.append(body.replace("%", f"%r{index}_").replace(f"%r{index}_arg", "%arg"))
    last = rest[end:].replace("%", f"%r{count - 1}_").replace("_arg", "arg")
    return f"{head}) -> {rest[:start]}{''.join(parts)}{last}"


def read(path: Path) -> tuple[Graph, float]:
    """The graph of a file and the processor's seconds that reading it took."""
    start = time.process_time()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        graph = StablehloReader().read(Source(path.stem, data))
    return graph, time.process_time() - start


def write_weights(path: Path) -> None:
    """A module of one operation with a constant of half a gigabyte as hexadecimal text."""
    elements = _WEIGHT_MEGABYTES * _MEGABYTE // 8
    with path.open("w") as file:
        file.write("module @m {\n  func.func public @main() -> tensor<f32> {\n")
        file.write('    %0 = stablehlo.constant dense<"0x')
        for _ in range(_WEIGHT_MEGABYTES):
            file.write("3FA00000" * (_MEGABYTE // 8))
        file.write(f'"> : tensor<{elements}xf32>\n')
        file.write(f"    %1 = stablehlo.slice %0 [0:1] : (tensor<{elements}xf32>) -> ")
        file.write("tensor<1xf32>\n    return %1 : tensor<1xf32>\n  }\n}\n")


def main() -> None:
    """Print a line per case."""
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.mlir"
        long.write_text(repeat_body((_DATA / "encoder.mlir").read_text(), _TEXT_MEGABYTES))
        weights = Path(folder) / "weights.mlir"
        write_weights(weights)
        files = [_DATA / "resnet50.mlir", _DATA / "encoder.mlir", weights, long]
        for path in files:
            graph, seconds = read(path)
            nodes = len(graph.body.nodes)
            size = path.stat().st_size / _MEGABYTE
            print(
                f"{path.stem:10} {size:7.2f} MiB {nodes:7} operations {seconds:7.3f} s"
                f" {1e6 * seconds / max(nodes, 1):9.1f} ms per 1000"
            )


if __name__ == "__main__":
    main()
