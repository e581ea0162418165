"""Engines of TensorRT (plans): the format is not published, but for its magic and the version.

Where the version stands: NVIDIA/TensorRT issue 3073, as Autoware reads it (bytes 24 to 27: major,
minor, patch, build). The GPU that an engine was built on is not documented to stand in it.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import BUILT_ON, UNMEASURED, Found
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

_MAGICS: Final = {b"ptrt": "its full runtime", b"ftrt": "its lean runtime"}
_VERSION: Final = 24
_MAJORS: Final = range(5, 32)
"""Engines had another header before 5, and 10 is the latest of 2026."""


def read(data: Buffer) -> Found:
    """What is known of the header."""
    head = bytes(data[:HEAD_BYTES])
    start = 0 if head[:4] in _MAGICS else 4 + int.from_bytes(head[:4], "little")
    runtime = _MAGICS.get(head[start : start + 4])
    if runtime is None:
        raise UnreadableModel("it does not begin as an engine of TensorRT")
    stated = head[start + _VERSION : start + _VERSION + 4]
    if len(stated) < 4:
        raise UnreadableModel("the header of the engine is cut off")
    version = ".".join(map(str, stated)) if stated[0] in _MAJORS else None
    needs = "of which release is not known" if version is None else f"release {version}"
    return Found(
        kind="tensorrt",
        what="a TensorRT engine",
        targets=(Target("backend", "cuda"), Target(BUILT_ON, "GPU")),
        version=version,
        producer="tensorrt",
        producer_version=version,
        lacks=(
            f"it needs TensorRT, {needs} ({runtime}), and the kind of GPU that it was built on,"
            " which is not in its header and known to who built it alone",
            UNMEASURED,
        ),
    )
