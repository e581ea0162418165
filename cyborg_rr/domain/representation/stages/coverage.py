"""Which nodes a toolchain takes as the model calls them, by its coverage table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cyborg_rr.domain.graph.graph import QUANTIZATION
from cyborg_rr.domain.graph.naming import (
    NAMES_MODELS,
    is_spelled,
    list_names,
    native_operation,
    shorten,
    split_native,
)
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.table import CoverageTable, Taken
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand, has_table
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.stages.terms import Terms
from cyborg_rr.domain.representation.toolchain import Toolchain


def check_coverage(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation, terms: Terms
) -> Iterator[StageRefusal]:
    """Nodes that would run on the host's processor instead, or not at all."""
    if not has_table(demand, toolchain) or not (demand.uses or demand.native_operations):
        return
    table = terms.find_coverage(toolchain.operations.table)
    if not demand.uses:
        if table is not None and demand.family not in NAMES_MODELS:
            yield from _check_names(demand, toolchain, table)
        return
    if table is None:
        yield StageRefusal(
            "coverage",
            f"what {toolchain.name} takes stands in the coverage table"
            f" {toolchain.operations.table!r}, which this catalogue has not",
            uncertain=True,
        )
        return
    architecture = representation.architecture
    if terms.refuses(table, demand.uses, architecture):
        yield StageRefusal("operation", toolchain.name)
        return
    judged = terms.judge(table, demand.uses, architecture)
    pairs = list(zip(demand.uses, judged, strict=True))
    elsewhere = [call for call, taken in pairs if taken.where == "otherwise"]
    if elsewhere:
        yield _refuse(demand, toolchain, table, elsewhere, architecture, terms)
    yield from _doubt(toolchain, table, pairs)
    yield from _limit(toolchain, pairs)


def check_packing(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Quantised weights in a form that no table is there to say of whether it is taken.

    Element types do not tell it: a form that no reader knows is shown as what it was before.
    """
    if demand.packing and not has_table(demand, toolchain):
        yield StageRefusal(
            "coverage",
            f"whether {toolchain.name} takes weights quantised by {shorten(demand.packing)} is not"
            " stated anywhere",
            uncertain=True,
        )


def _check_names(
    demand: ModelDemand, toolchain: Toolchain, table: CoverageTable
) -> Iterator[StageRefusal]:
    """Of a model that only tells names, what the tool has under no circumstances."""
    missing = [
        name
        for name in dict.fromkeys(map(native_operation, demand.native_operations))
        if is_spelled(name, demand.family) and not table.has(*split_native(name, demand.family))
    ]
    if missing:
        shown = list_names(missing, MAX_SHOWN)
        yield StageRefusal(
            "operation",
            f"{toolchain.name} does not take {shown}",
            f"replace {shown} in the model",
        )


def _refuse(
    demand: ModelDemand,
    toolchain: Toolchain,
    table: CoverageTable,
    calls: Sequence[Call],
    architecture: str | None,
    terms: Terms,
) -> StageRefusal:
    """Which nodes are not taken, how much of the work they are, and what would help."""
    causes = [terms.explain(table, call, architecture) for call in calls]
    if calls[0].is_model:
        text = f"{toolchain.name} does not take models of {causes[0].text}"
        return StageRefusal("operation", text, causes[0].fix)
    shown = list_names(list(dict.fromkeys(cause.text for cause in causes)), MAX_SHOWN)
    nodes, total = sum(call.count for call in calls), sum(call.count for call in demand.uses)
    work, whole = sum(call.macs for call in calls), sum(call.macs for call in demand.uses)
    share = f" ({100 * work / whole:.3g} % of the matrix work)" if work else ""
    count = f"{nodes} of {total} node{'s' if total > 1 else ''}"
    fix = "; ".join(dict.fromkeys(cause.fix for cause in causes[:MAX_SHOWN] if cause.fix))
    if not fix:
        fix = f"replace {_list_operations(calls)} in the model"
    if table.otherwise == "host":
        text = f"{toolchain.name} runs {count} on the CPU: {shown}{share}"
        if terms.allow_fallback:
            change = f"part on the CPU: {_list_operations(calls)}"
            return StageRefusal("operation", text, fix, change=change)
    else:
        text = f"{toolchain.name} does not take {count}: {shown}{share}"
    versions = dict.fromkeys(
        (call.dialect, str(cause.later))
        for call, cause in zip(calls, causes, strict=True)
        if cause.later is not None
    )
    return StageRefusal("operation", text, fix, versions=tuple(versions))


def _doubt(
    toolchain: Toolchain, table: CoverageTable, pairs: Sequence[tuple[Call, Taken]]
) -> Iterator[StageRefusal]:
    """Calls of which the file, or the table, says too little."""
    open_ones = [call for call, taken in pairs if taken.where == "unknown"]
    names = _list_operations(open_ones)
    if names:
        method = (open_ones[0].attributes or {}).get(QUANTIZATION) if open_ones[0].is_model else ""
        names += f", quantised by {shorten(str(method))}," if method else ""
        yield StageRefusal(
            "coverage",
            f"whether {toolchain.name} takes {names} as the model has it is not known",
            uncertain=True,
        )


def _limit(toolchain: Toolchain, pairs: Sequence[tuple[Call, Taken]]) -> Iterator[StageRefusal]:
    """Calls that are taken under a limit."""
    limited: dict[str, list[Call]] = {}
    for call, taken in pairs:
        if taken.limit:
            limited.setdefault(taken.limit, []).append(call)
    for limit, calls in limited.items():
        names = _list_operations(sorted(calls, key=_by_name))
        text = f"{toolchain.name} takes {names} with a limit: {limit}"
        yield StageRefusal("operation", text, change=f"{names}: {limit}")


def _by_name(call: Call) -> str:
    return call.name


def _list_operations(calls: Sequence[Call]) -> str:
    """The operations by name, each once; empty for no calls."""
    names = dict.fromkeys(call.name for call in calls)
    return list_names(names, MAX_SHOWN) if names else ""
