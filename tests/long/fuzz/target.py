"""The process that the fuzzer runs in: reader, folder for what fails, libFuzzer's arguments.

Readers and the neutral graph are instrumented, so that inputs that reach new code are kept. It does
not end at what fails: of each place in the code one input is kept, and the search goes on.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cyborg_rr.readers", "cyborg_rr.domain.graph"]):
    from tests.long.fuzz.inputs import Inputs
    from tests.long.fuzz.trying import take
    from tests.readers.samples import get_reader


def main() -> None:
    """Fuzz until the time is over, or an input takes far too long or too much memory."""
    name, found, *arguments = sys.argv[1:]
    inputs, reader = Inputs(name), get_reader(name)

    def try_bytes(data: bytes) -> None:
        try:
            take(reader, inputs.parse(data))
        except Exception as error:  # noqa: BLE001 - any of them is a find
            _keep(Path(found), data, error)

    atheris.Setup([sys.argv[0], *arguments], try_bytes)
    atheris.Fuzz()


def _keep(found: Path, data: bytes, error: Exception) -> None:
    """Keep the smallest input that ends at this place of the code."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kept = found / f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.lineno}"
    if not kept.exists() or kept.stat().st_size > len(data):
        kept.write_bytes(data)


if __name__ == "__main__":
    main()
