"""Warnings that say which figures are missing or lower bounds, why, and what would supply them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.naming import list_names, shorten
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.domain.graph.work.workload import Workload
from cyborg_rr.domain.requirement.requirement import ComputeRequirement, MemoryRequirement

CANNOT_BE_RECKONED: Final = "cannot be reckoned: "
"""Stands between the figures that are missing and the cause."""

_SHOWN_INPUTS: Final = 8
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
    example: Sequence[str],
) -> list[str]:
    """One sentence for each kind of gap in the figures; ``example`` would fill them."""
    warnings = []
    if workload.first_uncosted is not None and not typed.unresolved:
        warnings.append(f"{workload.first_uncosted}: its work cannot be reckoned")
    if workload.unknown:
        warnings.append(_explain_unknown(workload, is_at_most=bool(compute.at_most)))
    elif typed.graph.completeness != "full":
        warnings.append(_INCOMPLETE[typed.graph.completeness])
    lost = _list_lost(memory, compute)
    if lost and typed.unresolved:
        warnings.append(f"{_join(lost)} {CANNOT_BE_RECKONED}{_explain_open(typed, example)}")
    return warnings


def _explain_unknown(workload: Workload, *, is_at_most: bool) -> str:
    """What is left out; a figure that is also an upper bound in part is no bound of the whole."""
    names = sorted(workload.unknown, key=lambda name: (-workload.unknown[name], name))
    result = "work is said without theirs" if is_at_most else "work is a lower bound"
    count = workload.unknown.total()
    return f"{count} operations have no rule here ({list_names(names)}); {result}"


def explain_bounds(
    found: Sequence[str], memory: MemoryRequirement, compute: ComputeRequirement
) -> list[str]:
    """Which figures are upper bounds, and the operations, ``found``, that data decides."""
    names = {"input_bytes": "input bytes", "output_bytes": "output bytes"}
    names |= {"activation_peak_bytes": "activation memory"}
    bounded = [names[figure] for figure in memory.at_most]
    bounded += ["work"] if compute.at_most else []
    if not found or not bounded:
        return []
    shown = "; ".join(found[:_SHOWN_SOURCES])
    more = len(found) - _SHOWN_SOURCES
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


def _explain_open(typed: TypedGraph, example: Sequence[str]) -> str:
    """All that the inputs leave open, with sizes that may be given; else where the gap begins."""
    types = typed.body.types
    open_inputs = [name for name in typed.input_names if not types[name].is_static]
    if not open_inputs:
        return typed.cause or ""
    shown = [f"{shorten(name)} ({_render(types[name])})" for name in open_inputs[:_SHOWN_INPUTS]]
    more = len(open_inputs) - len(shown)
    listed = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    if not example:
        cause = typed.cause or f"open: {listed}"
        forms = [f"{shorten(name)}={_render_form(types[name])}" for name in open_inputs]
        return f"{cause}. Give sizes that fit the model: {render_options(forms[:_SHOWN_INPUTS])}"
    return f"open: {listed}. Give them: {render_options(example)}"


def render_options(example: Sequence[str]) -> str:
    """An example as options of the command line, quoted for a shell."""
    return " ".join(f"--input {shlex.quote(each)}" for each in example)


def _render_form(tensor: TensorType) -> str:
    """What is to be filled in: the sizes that are known stand there already."""
    if tensor.shape is None:
        return "SIZExSIZE..."
    return "x".join(str(size) if isinstance(size, int) else "SIZE" for size in tensor.shape)


def _render(tensor: TensorType) -> str:
    if tensor.shape is None:
        return "any shape"
    sizes = ["?" if size in ("", ANY) else shorten(str(size)) for size in tensor.shape]
    return " x ".join(sizes) or "scalar of unknown type"
