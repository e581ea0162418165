"""Versions of the IR and of its operation sets: are they those that a toolchain takes?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.naming import is_of_dialect, list_names, native_operation
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.toolchain import Intake, Toolchain

UNCONVERTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "openvino": "OpenVINO's converter (ovc, before 2023.1 mo) of a release that writes it",
        "relay": "a release of TVM that writes it",
    }
)
"""Families of which nothing turns one version into another, and what writes them from the model
that they were made from (openvinotoolkit/openvino#1438 and #29324; TVM's parser checks the version
of Relay's text)."""


def check_versions(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """The IR's version and those of its operation sets."""
    intake = toolchain.find_intake(demand.family, compiled=demand.compiled)
    if intake is None:
        return
    if intake.version is not None and demand.version is not None:
        wanted = intake.version.refuse(demand.version)
        if wanted:
            yield StageRefusal(
                "version",
                f"{toolchain.name} needs {demand.family} version {wanted}, the file is"
                f" {demand.version}",
                _find_fix(demand.family, demand.version, wanted),
            )
    for name, version in demand.dialects.items():
        bounds = intake.dialects.get(name)
        if bounds is None:
            yield from _check_unlisted(demand, toolchain, intake, name)
        elif version is not None and (wanted := bounds.refuse(version)):
            text = f"{toolchain.name} needs {name} {wanted}, the file uses {version}"
            kept = bounds.refuse_conversion(version, demand.native_operations)
            if kept == () and demand.native_operations:
                change = f"convert {name} {version} to {bounds.max}"
                yield StageRefusal("version", text, change=change)
                continue
            why = f" and {list_names(kept, MAX_SHOWN)} changed since" if kept else ""
            fix = f"export the model with {name} {wanted}"
            later = ((name, bounds.min),) if bounds.min and bounds.is_above(version) else ()
            yield StageRefusal("version", text + why, fix, versions=later)


def _find_fix(family: str, version: str, wanted: str) -> str:
    writer = UNCONVERTED.get(family)
    if writer is None:
        return f"convert the model to {family} version {wanted}"
    return (
        f"convert the model that it was made from to {family} version {wanted} anew, with {writer}:"
        f" nothing converts {family} version {version}"
    )


def _check_unlisted(
    demand: ModelDemand, toolchain: Toolchain, intake: Intake, dialect: str
) -> Iterator[StageRefusal]:
    """An operation set without a stated range counts only once an operation of it is used."""
    if not intake.dialects:
        return
    used = list(
        dict.fromkeys(
            native_operation(name)
            for name in demand.native_operations
            if is_of_dialect(name, dialect)
        )
    )
    if used:
        yield StageRefusal(
            "operation",
            f"{toolchain.name} does not take operations of {dialect}"
            f" ({list_names(used, MAX_SHOWN)})",
            f"export the model without operations of {dialect}",
        )
