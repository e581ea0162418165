"""The most memory that a whole analysis of a large file holds at once, for each form.

python -m tests.benchmarks.bench_memory [LAYERS | FILE ...]

Files of so many layers (31250 unless said, which is 125 000 operations of most forms) are made, or
FILEs are taken. Each is mapped, read, inferred, extracted and rendered in a fresh process, as in
the one that reads for a command; the largest resident size of that process is printed.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from cyborg_rr import codec
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.directory import map_file
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

_LAYERS = 31_250


def measure(path: Path) -> None:
    """Print what one file takes; run in a process of its own."""
    gc.disable()  # as in the process that reads
    with path.open("rb") as file:
        source = Source(path.name, map_file(file.fileno(), path.stat().st_size))
        document = codec.render(analyse(source, AnalysisOptions()))
    count = sum(document["operations"].values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{path.name:20} {count:7} operations {peak:5.0f} MiB")


def main() -> None:
    """Make the files, or take those given, and measure each."""
    from tests.benchmarks.making import MAKERS

    given = sys.argv[1:]
    is_count = len(given) == 1 and given[0].isdigit()
    with tempfile.TemporaryDirectory() as scratch:
        files = [] if is_count else [Path(argument) for argument in given]
        for name, make in ({} if files else MAKERS).items():
            files.append(Path(scratch) / name)
            files[-1].write_bytes(make(int(given[0]) if is_count else _LAYERS))
        for path in files:
            command = [sys.executable, "-m", "tests.benchmarks.bench_memory", "--measure"]
            subprocess.run([*command, str(path)], check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
