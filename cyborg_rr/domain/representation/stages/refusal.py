"""Why a toolchain is no stage of a compile path, or only under a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAX_SHOWN = 4
"""So many names are listed; the others are counted."""

StageCode = Literal[
    "version",
    "operation",
    "architecture",
    "overlay",
    "element_type",
    "quantisation",
    "coverage",
    "dynamic",
    "control_flow",
    "collectives",
]


@dataclass(frozen=True, slots=True)
class StageRefusal:
    """Why a toolchain does not (or may not) take the model.

    A refusal with ``change`` is met by that change of how the model is compiled; one that is
    ``uncertain`` says that nobody stated the fact; any other rules the toolchain out. ``fix`` says
    what would remove it, ``versions`` which later ones of operation sets would.
    """

    code: StageCode
    text: str
    fix: str = ""
    change: str | None = None
    uncertain: bool = False
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether it rules the toolchain out."""
        return self.change is None and not self.uncertain
