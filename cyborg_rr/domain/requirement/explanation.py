"""Warnings that say which figures are missing or lower bounds, why, and what would supply them."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.naming import list_names, shorten
from cyborg_rr.domain.graph.work.workload import Workload
from cyborg_rr.domain.requirement.requirement import ComputeRequirement, MemoryRequirement

CANNOT_BE_RECKONED: Final = "cannot be reckoned: "
"""Stands between the figures that are missing and the cause."""

AT_MOST: Final = "are at most what is said, as data decides: "
"""Stands between the figures that are upper bounds and where that comes from."""

_SHOWN_SOURCES: Final = 5

_INCOMPLETE: Final = {
    "partial": "the file was understood only in part; work and memory are lower bounds",
    "header": "only the file's header was read; work and activation memory are not known",
}


def explain_gaps(
    typed: TypedGraph,
    workload: Workload,
    memory: MemoryRequirement,
    compute: ComputeRequirement,
) -> list[str]:
    """One sentence for each kind of gap in the figures."""
    warnings = []
    if workload.first_uncosted is not None and not typed.unresolved:
        warnings.append(f"{workload.first_uncosted}: its work cannot be reckoned")
    if workload.unknown:
        warnings.append(_explain_unknown(workload))
    elif typed.graph.completeness != "full":
        warnings.append(_INCOMPLETE[typed.graph.completeness])
    lost = _list_lost(memory, compute)
    if lost and typed.unresolved:
        warnings.append(f"{_join(lost)} {CANNOT_BE_RECKONED}{typed.cause}{_remedy(typed)}")
    return warnings


def _explain_unknown(workload: Workload) -> str:
    names = sorted(workload.unknown, key=lambda name: (-workload.unknown[name], name))
    return (
        f"{workload.unknown.total()} operations have no rule here ({list_names(names)}); work is a "
        "lower bound"
    )


def explain_bounds(
    typed: TypedGraph, memory: MemoryRequirement, compute: ComputeRequirement
) -> list[str]:
    """Which figures are upper bounds, and the operations whose results depend on data."""
    names = {"input_bytes": "input bytes", "output_bytes": "output bytes"}
    names |= {"activation_peak_bytes": "activation memory"}
    bounded = [names[figure] for figure in memory.at_most]
    bounded += ["work"] if compute.at_most else []
    if not typed.found or not bounded:
        return []
    shown = "; ".join(typed.found[:_SHOWN_SOURCES])
    more = len(typed.found) - _SHOWN_SOURCES
    others = f"; and {more} more" if more > 0 else ""
    return [f"{_join(bounded)} {AT_MOST}{shown}{others}"]


def _join(figures: list[str]) -> str:
    return " and ".join(", ".join(figures).rsplit(", ", 1))


def _list_lost(memory: MemoryRequirement, compute: ComputeRequirement) -> list[str]:
    """The figures that are missing."""
    figures = {
        "input bytes": memory.input_bytes,
        "output bytes": memory.output_bytes,
        "activation memory": memory.activation_peak_bytes,
        "work": compute.macs,
    }
    return [what for what, figure in figures.items() if figure is None]


def _remedy(typed: TypedGraph) -> str:
    """How the caller can supply the missing shape, when that lies in the inputs."""
    for name in typed.input_names:
        tensor = typed.body.types[name]
        if tensor.is_static:
            continue
        element_type, name = tensor.element_type or "f32", shorten(name)
        if tensor.shape is None:
            return f"; bind it with --input {name}=<shape>:{element_type}"
        shape = "x".join(str(d) if isinstance(d, int) else "N" for d in tensor.shape)
        batch = "--batch N or " if _only_batch_is_open(typed) else ""
        return f"; bind it with {batch}--input {name}={shape}:{element_type}"
    return ""


def _only_batch_is_open(typed: TypedGraph) -> bool:
    """Whether a batch alone would bind all inputs."""
    shapes = [typed.body.types[name].shape for name in typed.input_names]
    return all(shape is not None and all(isinstance(d, int) for d in shape[1:]) for shape in shapes)
