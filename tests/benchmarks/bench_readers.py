"""What a whole analysis of each kind of file takes: processor time, or the most memory at once.

python -m tests.benchmarks.bench_readers time [LAYERS | FILE ...]
python -m tests.benchmarks.bench_readers memory [LAYERS | FILE ...]

Files of so many layers (of about four operations; 1000 of them unless said, for memory 31250) are
made for each form, or FILEs are taken; for time also those of the tests in forms that nothing here
writes. Each is read, inferred, extracted and rendered in a fresh process, as in the one that reads
for a command. Of seven runs there the median stands beside the least, which a busy machine disturbs
less, and the first, which loads what reads; of memory the largest resident size. Of checkpoints the
tensors are counted.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cyborg_rr import codec
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.directory import map_file
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

_DATA = Path(__file__).resolve().parents[1] / "data"
_RUNS = 7

WRITTEN = (
    _DATA / "stablehlo/forms/encoder.bc",
    _DATA / "stablehlo/forms/encoder-1.17.0.vhlo",
)
"""Forms that nothing here writes, in the largest file that the tests have of each."""


def measure_time(path: Path) -> None:
    """Print what one file takes; run in a process of its own."""
    source = Source(path.name, path.read_bytes())
    spent = []
    for _ in range(_RUNS + 1):
        start = time.process_time()
        count = _analyse(source)
        spent.append(1000 * (time.process_time() - start))
        gc.collect()
    reader = find_reader(source)
    count = count or len(reader.read(source).body.stored)
    first, *others = spent
    median = statistics.median(others)
    print(
        f"{reader.family:12} {path.name:24} {len(source.data) / 1024:9.0f} KiB {count:6} operations"
        f" {median:8.1f} ms {1000 * median / count:6.1f} ms per 1000"
        f" (least {1000 * min(others) / count:.1f}, first run {first:.0f} ms)"
    )


def measure_memory(path: Path) -> None:
    """Print the most that one file takes at once; run in a process of its own."""
    with path.open("rb") as file:
        count = _analyse(Source(path.name, map_file(file.fileno(), path.stat().st_size)))
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage has the parent's too
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(f"{path.name:20} {count:7} operations {peak:5.0f} MiB")


def _analyse(source: Source) -> int:
    """Analyse a file as a command does; how many operations it has."""
    document = codec.render(analyse_by(find_reader(source), source, AnalysisOptions()))
    return sum(document["operations"].values())


MEASURES: Mapping[str, tuple[Callable[[Path], None], int, tuple[Path, ...]]] = {
    "time": (measure_time, 1000, WRITTEN),
    "memory": (measure_memory, 31_250, ()),
}
"""How each is measured, in how many layers, and in which files of the tests."""


def _list_files(given: list[str], layers: int, more: tuple[Path, ...], to: Path) -> Iterator[Path]:
    """The files that are given, or one of so many layers for each form, made one by one."""
    from tests.benchmarks.making import MAKERS

    if given and not given[0].isdigit():
        yield from map(Path, given)
        return
    for name, make in MAKERS.items():
        path = to / name
        path.write_bytes(make(int(given[0]) if given else layers))
        yield path
        path.unlink()
    yield from more


def main(what: str, given: list[str]) -> None:
    """Measure each file in a process of its own."""
    _, layers, more = MEASURES[what]
    with tempfile.TemporaryDirectory() as scratch:
        for path in _list_files(given, layers, more, Path(scratch)):
            command = [sys.executable, "-m", "tests.benchmarks.bench_readers", "--measure", what]
            subprocess.run([*command, str(path)], check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        gc.disable()  # as in the process that reads
        MEASURES[sys.argv[2]][0](Path(sys.argv[3]))
    elif sys.argv[1:2] and sys.argv[1] in MEASURES:
        main(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(__doc__)
