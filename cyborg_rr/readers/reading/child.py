"""The process that reads one model file: limits first, then the analysis, then one JSON answer.

Started by ``sandbox``. The file is the standard input, the request is the first argument.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import sys
from typing import Any

MAX_ANSWER_BYTES = 64 * 1024**2


def main() -> int:
    """Read the file on standard input as the request says; print the answer."""
    request = json.loads(sys.argv[1])
    size = os.fstat(0).st_size
    _limit(request["limits"], size)
    answer = json.dumps(_answer(request, size))
    if len(answer) > MAX_ANSWER_BYTES:
        answer = json.dumps(_refusal("unreadable_model", "the model has too many distinct parts"))
    sys.stdout.write(answer)
    sys.stdout.flush()
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


def _answer(request: dict[str, Any], size: int) -> dict[str, Any]:
    from cyborg_rr.domain.errors import CyborgError
    from cyborg_rr.readers.reading.analysis import AnalysisOptions, analyse

    gc.disable()  # one file, then the process ends: nothing is worth collecting
    options = AnalysisOptions.from_document(request["options"])
    try:
        data = mmap.mmap(0, 0, access=mmap.ACCESS_READ) if size else b""
        return {"requirement": analyse(data, request["name"], options).to_document()}
    except CyborgError as error:
        return _refusal(error.code, str(error))
    except MemoryError:
        return _refusal("unreadable_model", "reading it takes more memory than is allowed")
    except RecursionError:
        return _refusal("unreadable_model", "it is nested too deeply")


def _refusal(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


if __name__ == "__main__":
    sys.exit(main())
