"""What the model does: operations, open shapes, control flow, collectives."""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.graph.naming import OWN_SETS, list_names, native_operation
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand, is_judged_by_table
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.toolchain import OperationCoverage, Toolchain

NEED_NO_COVER = frozenset(
    operation.name
    for operation in REGISTRY.values()
    if not operation.runs_code or not operation.is_known
)
"""No toolchain is refused for these: what nobody here knows is counted elsewhere."""


def check_operations(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Operations that would run on the host's processor instead, or not at all."""
    if demand.compiled:
        return  # its functions were made beforehand: nothing is left to be covered
    if is_judged_by_table(demand, toolchain):
        return
    yield from _check_natives(demand, toolchain)
    yield from _check_conversions(demand, toolchain)
    coverage = toolchain.operations
    if coverage.cover == "unknown":
        yield StageRefusal(
            "coverage",
            f"which operations {toolchain.name} covers is not stated anywhere",
            uncertain=True,
        )
        return
    asked = {name: count for name, count in demand.operations.items() if name not in NEED_NO_COVER}
    missing = [
        name
        for name in asked
        if name in coverage.excluded or (coverage.cover == "list" and name not in coverage.listed)
    ]
    if not missing:
        return
    nodes = sum(asked[name] for name in missing)
    shares = [demand.work_shares[name] for name in missing if name in demand.work_shares]
    share = f", {100 * sum(shares):.3g} % of the matrix work" if shares else ""
    yield StageRefusal(
        "operation",
        f"{toolchain.name} does not cover {list_names(missing, MAX_SHOWN)} ({nodes} of"
        f" {sum(demand.operations.values())} nodes{share})",
        f"replace {list_names(missing, MAX_SHOWN)} in the model",
    )


def _check_natives(demand: ModelDemand, toolchain: Toolchain) -> Iterator[StageRefusal]:
    """Operations that are not taken as the model spells them, whatever they mean."""
    coverage = toolchain.operations
    if not coverage.natives and not coverage.excluded_natives:
        return
    used = dict.fromkeys(map(native_operation, demand.native_operations))
    missing = [name for name in used if not _takes(coverage, name)]
    if missing:
        shown = list_names(missing, MAX_SHOWN)
        yield StageRefusal(
            "operation",
            f"{toolchain.name} does not take {shown}",
            f"replace {shown} in the model",
        )


def _check_conversions(demand: ModelDemand, toolchain: Toolchain) -> Iterator[StageRefusal]:
    """Operations that are taken once they are changed, one condition for each change."""
    converted = toolchain.operations.converted_natives
    changes: dict[str, list[str]] = {}
    for name in dict.fromkeys(map(native_operation, demand.native_operations)) if converted else ():
        dialect, operation = _split(name)
        change = converted.get(dialect, {}).get(operation)
        if change is not None:
            changes.setdefault(change, []).append(name)
    for change, names in changes.items():
        shown = list_names(names, MAX_SHOWN)
        yield StageRefusal("operation", f"{toolchain.name} does not take {shown}", change=change)


def _split(name: str) -> tuple[str, str]:
    """The operation set of a native operation and its name there."""
    dialect, _, operation = name.rpartition(":")
    return dialect or OWN_SETS["onnx"], operation


def _takes(coverage: OperationCoverage, name: str) -> bool:
    dialect, operation = _split(name)
    only = coverage.natives.get(dialect)
    if only is not None and operation not in only:
        return False
    return operation not in coverage.excluded_natives.get(dialect, ())


def check_shapes(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Open dimensions, which some compilers want fixed or bounded."""
    if not demand.dynamic or not demand.bound or toolchain.dynamic_shapes != "none":
        return  # without sizes the figures are missing anyway, which is a refusal of its own
    yield StageRefusal(
        "dynamic",
        f"{toolchain.name} compiles fixed shapes only",
        change=f"bind {demand.binding}",
    )


def check_control_flow(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Loops and branches."""
    if demand.control_flow and not toolchain.control_flow:
        yield StageRefusal(
            "control_flow",
            f"{toolchain.name} takes no control flow"
            f" ({list_names(demand.control_flow, MAX_SHOWN)})",
            "unroll loops and fold branches before",
        )


def check_collectives(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Communication between devices."""
    if demand.collectives and not toolchain.collectives:
        yield StageRefusal(
            "collectives",
            f"{toolchain.name} takes no collectives ({list_names(demand.collectives, MAX_SHOWN)})",
            "export the model for one device",
        )
