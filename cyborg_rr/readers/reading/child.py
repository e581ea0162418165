"""The process that reads one model: limits first, then the analysis, then one JSON answer.

Started by ``processes``, as a Python with the request as the first argument or as a copy. Its
``source`` is the descriptor of the file or the folder, its ``folder`` the one of the folder around
a file. What the process says, and with which status it ends, stands in ``answers``.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import stat
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.readers.reading.answers import OUT_OF_MEMORY, render_refusal, render_requirement

if TYPE_CHECKING:
    from cyborg_rr.readers.reading.source import Source

MAX_OPEN_FILES = 4096
"""Files of one folder that are looked at, such as the shards of a checkpoint."""


def main() -> int:
    """Entry point of a Python that is started to read."""
    return run(json.loads(sys.argv[1]))


def run(request: Mapping[str, Any]) -> int:
    """Read as the request says, and write the answer to standard output; the exit status."""
    _limit(request["limits"])
    try:
        answer = memoryview(_answer(request).encode())
        while answer:
            answer = answer[os.write(1, answer) :]
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _limit(limits: dict[str, int]) -> None:
    for kind, amount in (
        # What the process makes itself; mapped files take address space and no memory.
        (resource.RLIMIT_DATA, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
    ):
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            amount = min(amount, ceiling)
        resource.setrlimit(kind, (amount, amount))


def _answer(request: Mapping[str, Any]) -> str:
    gc.disable()  # one file, then the process ends: nothing is worth collecting, imports least
    from cyborg_rr import codec
    from cyborg_rr.readers.reading.analysis import analyse
    from cyborg_rr.readers.reading.options import AnalysisOptions

    try:
        options = codec.parse(AnalysisOptions, request["options"], "options")
        requirement = analyse(_open(request), options)
        return render_requirement(codec.render(requirement))
    except InvalidInput as error:
        return render_refusal(error)
    except RecursionError:
        return render_refusal(UnreadableModel("it is nested too deeply"))


def _open(request: Mapping[str, Any]) -> Source:
    from cyborg_rr.readers.reading.directory import Directory, map_file
    from cyborg_rr.readers.reading.source import Source

    name, descriptor, around = request["name"], request["source"], request["folder"]
    state = os.fstat(descriptor)
    if stat.S_ISDIR(state.st_mode):
        return Source(name, folder=Directory(descriptor), is_folder=True)
    folder = None if around is None else Directory(around)
    return Source(name, map_file(descriptor, state.st_size), folder)


if __name__ == "__main__":
    sys.exit(main())
