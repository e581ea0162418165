"""May a model be divided among several devices of a class?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyborg_rr.domain.representation.compile_path import PathSearch
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement


@dataclass(frozen=True, slots=True)
class SplitRefusal:
    """Why not; ``link`` says that a set might hold the model if only its link were known."""

    code: Literal["divided", "toolchain", "link"]
    text: str


def refuse_split(
    requirement: IRRequirement, representation: ResourceRepresentation, search: PathSearch
) -> SplitRefusal | None:
    """Why the model cannot be divided among several devices of the class, or None."""
    if requirement.replicas * requirement.partitions > 1:
        return SplitRefusal("divided", "the file divides the model already")
    if search.path is None or not search.path.multi_device:
        text = "no toolchain here divides a model among several devices"
        return SplitRefusal("toolchain", text)
    if representation.interconnect is None and representation.host_link is None:
        return SplitRefusal("link", "no link between such devices is known")
    return None
