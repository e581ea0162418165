"""The process that reads one model file: limits first, then the analysis, then one JSON answer.

Started by ``sandbox``. The file is the standard input, the request is the first argument. What it
says, and with which status it ends, stands in ``answers``.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import sys
from typing import Any

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.readers.reading.answers import OUT_OF_MEMORY, render_refusal, render_requirement


def main() -> int:
    """Read the file on standard input as the request says; print the answer."""
    request = json.loads(sys.argv[1])
    size = os.fstat(0).st_size
    _limit(request["limits"], size)
    try:
        sys.stdout.write(_answer(request, size))
        sys.stdout.flush()
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _limit(limits: dict[str, int], size: int) -> None:
    memory = limits["memory_bytes"] + size  # the mapped file takes address space, not memory
    for kind, amount in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            amount = min(amount, ceiling)
        resource.setrlimit(kind, (amount, amount))


def _answer(request: dict[str, Any], size: int) -> str:
    from cyborg_rr import codec
    from cyborg_rr.readers.reading.analysis import analyse
    from cyborg_rr.readers.reading.options import AnalysisOptions
    from cyborg_rr.readers.reading.source import Source

    gc.disable()  # one file, then the process ends: nothing is worth collecting
    try:
        options = codec.parse(AnalysisOptions, request["options"], "options")
        data = mmap.mmap(0, 0, access=mmap.ACCESS_READ) if size else b""
        requirement = analyse(Source(request["name"], data), options)
        return render_requirement(codec.render(requirement))
    except InvalidInput as error:
        return render_refusal(error)
    except RecursionError:
        return render_refusal(UnreadableModel("it is nested too deeply"))


if __name__ == "__main__":
    sys.exit(main())
