"""One requirement held against one representation: all that a filter may look at."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.choosing import Running
from cyborg_rr.domain.matching.splitting import SplitRefusal
from cyborg_rr.domain.matching.verdict import MemoryNeed
from cyborg_rr.domain.representation.compile_path import PathSearch
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement


@dataclass(frozen=True, slots=True)
class Case:
    """The two documents, the options and what was worked out from them.

    ``devices`` is the least count that holds the model (None: not known, or more than allowed);
    ``split_refusal`` says why the model cannot be divided (None: it can); ``link_unknown`` that a
    set would hold it if only the link between such devices were known; ``available`` how many
    devices of the class the inventory has (None: not asked); ``devices_if_weights`` the least
    count if inputs that nobody calls weights were such (None: no count, or no such inputs).
    """

    requirement: IRRequirement
    representation: ResourceRepresentation
    options: MatchOptions
    search: PathSearch
    running: Running
    need: MemoryNeed
    devices: int | None
    split_refusal: SplitRefusal | None
    link_unknown: bool = False
    available: int | None = None
    devices_if_weights: int | None = None

    @property
    def name(self) -> str:
        """The device class, as reasons call it."""
        return self.representation.device_class
