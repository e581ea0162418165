"""What a whole analysis takes of each kind of file, per 1000 operations.

python -m tests.benchmarks.bench_readers [LAYERS | FILE ...]

Files of so many layers (of about four operations, 1000 of them unless said) are made for each form
(for forms that only a compiler writes, those of the tests are taken as they are), or FILEs are
taken. Each is read, inferred,
extracted and rendered in a fresh process; the median of seven runs there, in processor time, stands
beside the first run, which loads what reads. Of checkpoints the tensors are counted.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cyborg_rr import codec
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.benchmarks.making import MAKERS

_DATA = Path(__file__).resolve().parents[1] / "data"
_LAYERS = 1000
_RUNS = 7


WRITTEN = (
    _DATA / "stablehlo/forms/encoder.bc",
    _DATA / "stablehlo/forms/encoder-1.17.0.vhlo",
)
"""Forms that nothing here writes, in the largest file that the tests have of each."""


def measure(path: Path) -> None:
    """Print what one file takes; run in a process of its own."""
    source = Source(path.name, path.read_bytes())
    gc.disable()  # as in the process that reads
    spent = []
    for _ in range(_RUNS + 1):
        start = time.process_time()
        reader = find_reader(source)
        requirement = analyse_by(reader, source, AnalysisOptions())
        document = codec.render(requirement)
        spent.append(1000 * (time.process_time() - start))
        gc.collect()
    count = sum(document["operations"].values())
    if not count:
        stored = reader.read(source).body.stored
        count = len(stored)
    median = statistics.median(spent[1:])
    print(
        f"{reader.family:12} {path.name:24} {len(source.data) / 1024:9.0f} KiB {count:6} operations"
        f" {median:8.1f} ms {1000 * median / count:6.1f} ms per 1000 (first run {spent[0]:.0f} ms)"
    )


def main() -> None:
    """Make the files, or take those given, and measure each."""
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(argument) for argument in sys.argv[1:]]
        layers = _LAYERS
        if len(files) == 1 and sys.argv[1].isdigit():
            layers, files = int(sys.argv[1]), []
        if not files:
            for name, make in MAKERS.items():
                files.append(Path(scratch) / name)
                files[-1].write_bytes(make(layers))
            files += WRITTEN
        for path in files:
            command = [sys.executable, "-m", "tests.benchmarks.bench_readers", "--measure"]
            subprocess.run([*command, str(path)], check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
