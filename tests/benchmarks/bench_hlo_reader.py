"""How long HLO takes to read, per 1000 instructions, as text and as protobuf.

Run it as ``python -m tests.benchmarks.bench_hlo_reader``.
"""

from __future__ import annotations

import mmap
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cyborg_rr.domain.graph.graph import Block
from cyborg_rr.readers.hlo.reader import HloReader
from cyborg_rr.readers.reading.source import Source

_DATA = Path(__file__).resolve().parents[1] / "data" / "hlo"
_REPEATS = 20
_LONG = 100


def repeat_entry(text: str, count: int) -> str:
    """A module whose entry repeats the instructions of another, names kept apart."""
    before, _, entry = text.partition("ENTRY ")
    signature, _, body = entry.partition("{\n")
    lines = body.rpartition("}")[0].splitlines()
    given = [line for line in lines if " parameter(" in line]
    names = {line.split()[0] for line in given}
    rest = [line for line in lines if " parameter(" not in line]
    written = list(given)
    for index in range(count):
        for line in rest:
            words = line if index == count - 1 else line.replace("ROOT ", "")
            written.append(_rename(words, names, f"%r{index}_"))
    return f"{before}ENTRY {signature}{{\n" + "\n".join(written) + "\n}\n"


def _rename(line: str, kept: set[str], prefix: str) -> str:
    """The line with another name for each value of the entry that is no parameter."""
    value, equals, rest = line.partition(" = ")
    operation, bracket, operands = rest.partition("(")
    inside, closing, attributes = operands.partition(")")
    names = (name if name in kept else name.replace("%", prefix, 1) for name in inside.split(", "))
    return f"{value.replace('%', prefix)}{equals}{operation}{bracket}" + (
        f"{', '.join(names)}{closing}{attributes}"
    )


def count_nodes(block: Block) -> int:
    """Instructions that became nodes, each computation once."""
    return sum(len(each.nodes) for each in _list_blocks(block, set()))


def _list_blocks(block: Block, seen: set[int]) -> Iterator[Block]:
    if id(block) not in seen:
        seen.add(id(block))
        yield block
        for node in block.nodes:
            for inner in node.blocks:
                yield from _list_blocks(inner, seen)


def measure(path: Path) -> None:
    """Print the time that a file takes, the mean of some runs."""
    start = time.process_time()
    repeats = _REPEATS if path.stat().st_size < 1 << 20 else 1
    for _ in range(repeats):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            graph = HloReader().read(Source(path.stem, data))
    seconds = (time.process_time() - start) / repeats
    nodes = count_nodes(graph.body)
    print(
        f"{path.name:24} {path.stat().st_size / 2**20:7.2f} MiB {nodes:7} nodes"
        f" {seconds:7.3f} s {1e6 * seconds / max(nodes, 1):6.1f} ms per 1000"
    )


def main() -> None:
    """Print a line per case."""
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.hlo"
        text = (_DATA / "encoder_compiled.hlo").read_text()
        long.write_text(repeat_entry(text, _LONG))
        names = ("encoder_compiled.hlo", "encoder.hlo.pb", "assorted.hlo", "assorted.hlo.pb")
        for path in (*(_DATA / name for name in names), long):
            measure(path)


if __name__ == "__main__":
    main()
