"""The work of a model as its runtime launches it: kernels, in the form that the sums run over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import WorkItem
from cyborg_rr.domain.words import MATRIX_KINDS, find_bits

TRANSCENDENTAL_COST = 4.0
"""Vector operations that an exponential, logarithm or the like takes."""

EAGER_KERNELS = 4
"""At most so many kernels of an eager runtime stand for what a compiler fuses into one step."""

Kernels = tuple[tuple[int, float, float, float], ...]
"""Kernels as (count, matrix operations, vector operations, bytes)."""

Profile = Mapping[tuple[str, str, bool], Kernels]
"""(kind, element type, whether the work is an upper bound) -> kernels."""


def make_profile(items: Iterable[WorkItem], runtime: Runtime) -> Profile:
    """The work in the form that the sums run over, made once for all devices.

    An eager runtime runs elementwise work that a compiler would have fused as kernels of its own,
    each of which reads and writes the kernel's result once more.
    """
    groups: dict[tuple[str, str, bool], list[tuple[int, float, float, float]]] = {}
    for item in items:
        is_matrix = item.kind in MATRIX_KINDS
        vector = item.flops_other + TRANSCENDENTAL_COST * item.transcendentals
        if not is_matrix:
            vector += 2.0 * item.macs
        groups.setdefault((item.kind, item.element_type, item.at_most), []).append(
            (
                item.count,
                2.0 * item.macs if is_matrix else 0.0,
                float(vector),
                float(item.bytes_read + item.bytes_written),
            )
        )
        unfused = _count_unfused(item) if runtime.fuses == "nothing" else 0
        if unfused:
            groups.setdefault(("elementwise", item.element_type, item.at_most), []).append(
                (item.count * unfused, 0.0, 0.0, 2.0 * item.bytes_written)
            )
    return {key: tuple(kernels) for key, kernels in groups.items()}


def _count_unfused(item: WorkItem) -> int:
    """Kernels that an eager runtime runs beside the kernel's own one."""
    bits = find_bits(item.element_type)
    if (item.kind not in MATRIX_KINDS and item.kind != "elementwise") or not bits:
        return 0
    elements = max(1, item.bytes_written * 8 // bits)
    kernels = min(EAGER_KERNELS, -(-(item.flops_other + item.transcendentals) // elements))
    return max(0, kernels - (item.kind == "elementwise"))
