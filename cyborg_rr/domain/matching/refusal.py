"""Why a device is out, or in only under a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyborg_rr.domain.representation.stages.refusal import StageCode
from cyborg_rr.domain.words import Outcome

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

    ``fix`` is the nearest thing that would remove the refusal.
    """

    code: RefusalCode
    text: str
    outcome: Outcome
    fix: str = ""
    change: str | None = None

    def render(self) -> str:
        """One line for people."""
        return f"{self.text} (nearest fix: {self.fix})" if self.fix else self.text
