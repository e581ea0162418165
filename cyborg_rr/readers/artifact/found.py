"""What the header of a compiled artifact says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Target

BUILT_ON: Final = "built on"
"""Kind of the target of a file that runs on one device and does not say on which."""

UNMEASURED: Final = "how long it has to be is not in its header: whether it is whole is not known"
"""What is lacking of formats of which nothing tells a file that is cut off."""


@dataclass(frozen=True, slots=True)
class Found:
    """The targets that all have to be met, and what is said beside them.

    ``kind`` is one word, ``what`` the same for people. ``version`` is that of the format, or of the
    runtime that it needs. ``lacks`` is what the header does not say; it and ``notes`` are warnings.
    """

    kind: str
    what: str
    targets: tuple[Target, ...]
    version: str | None = None
    encoding: str = "binary"
    producer: str | None = None
    producer_version: str | None = None
    name: str = ""
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
