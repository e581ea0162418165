"""How long `cyborg-rr match` takes on a large ONNX file whose weights are inline.

Run: python -m tests.benchmarks.bench_match [GIGABYTES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.bench_onnx_reader import write_heavy

RUNS = 5


def main() -> None:
    """Write the file once, match it several times, print medians."""
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    program = Path(sys.executable).parent / "cyborg-rr"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "large.onnx"
        write_heavy(path, int(size * 1e9))
        seconds = []
        for _ in range(RUNS):
            began = time.monotonic()
            subprocess.run(
                [program, "match", path, "-f", "json"], check=True, stdout=subprocess.DEVNULL
            )
            seconds.append(time.monotonic() - began)
        print(f"{path.stat().st_size / 1e9:.2f} GB: median {sorted(seconds)[RUNS // 2]:.2f} s")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"largest process resident {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
