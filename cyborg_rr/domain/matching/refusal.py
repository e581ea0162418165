"""Why a device is out, or in only under a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cyborg_rr.domain.representation.stages.refusal import StageCode
from cyborg_rr.domain.words import Outcome

_BEFORE_FIX: Final = " (nearest fix: "

RefusalCode = (
    StageCode
    | Literal[
        "kind",
        "target",
        "header",
        "unknown_operation",
        "custom_call",
        "toolchain",
        "weights",
        "shapes",
        "memory",
        "devices",
    ]
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a device is out, or under which change or missing fact it is in.

    ``fix`` is what would remove this refusal alone; ``versions`` are operation sets in a later
    version that would, as far as they are known.
    """

    code: RefusalCode
    text: str
    outcome: Outcome
    fix: str = ""
    change: str | None = None
    versions: tuple[tuple[str, str], ...] = ()

    def render(self) -> str:
        """One line for people."""
        return f"{self.text}{_BEFORE_FIX}{self.fix})" if self.fix else self.text


def split_reason(line: str) -> tuple[str, str]:
    """What ``Refusal.render`` made one line of: the text, and the fix or nothing."""
    text, found, fix = line.partition(_BEFORE_FIX)
    return (text, fix.removesuffix(")")) if found else (line, "")
