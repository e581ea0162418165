"""Versions of the IR and of its operation sets: are they those that a toolchain takes?"""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.graph.naming import is_of_dialect, list_names, native_operation
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.toolchain import Intake, Toolchain


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
                f"convert the model to {demand.family} version {wanted}",
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
            yield StageRefusal("version", text + why, f"export the model with {name} {wanted}")


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
