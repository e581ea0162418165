"""One input again, in a process of its own and without instruments: what counts.

``python -m tests.long.fuzz.replay READER FILE`` ends with 0 when the input was endured, and with
the error where not.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from tests.long.fuzz.inputs import Inputs
from tests.long.fuzz.trying import take_within_limits
from tests.readers.samples import get_reader


def main() -> int:
    """Try it."""
    name, path = sys.argv[1:]
    gc.disable()  # as the reading process does
    take_within_limits(get_reader(name), Inputs(name).parse(Path(path).read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
