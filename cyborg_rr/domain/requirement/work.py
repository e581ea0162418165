"""The work of a requirement: kernels as items, and which of them are attention."""

from __future__ import annotations

from collections import Counter

from cyborg_rr.domain.graph.work.attending import Fusible
from cyborg_rr.domain.graph.work.kernels import Kernel
from cyborg_rr.domain.graph.work.workload import Workload
from cyborg_rr.domain.requirement.requirement import AttentionItem, Replaced, WorkItem


def list_work(workload: Workload) -> tuple[WorkItem, ...]:
    """Kernels as work items, the heaviest first."""
    return tuple(
        WorkItem(
            kind=kernel.kind,
            element_type=kernel.element_type,
            count=workload.kernels[kernel],
            macs=kernel.macs,
            flops_other=kernel.flops_other,
            transcendentals=kernel.transcendentals,
            bytes_read=kernel.bytes_read,
            bytes_written=kernel.bytes_written,
            parameter_bytes=kernel.parameter_bytes,
            at_most=kernel.at_most,
            fused=kernel.fused,
            inner_bytes=kernel.inner_bytes,
        )
        for kernel in _order(workload)
    )


def _order(workload: Workload) -> list[Kernel]:
    counts = workload.kernels
    return sorted(
        counts,
        key=lambda k: (
            -k.macs * counts[k],
            -(k.bytes_read + k.bytes_written) * counts[k],
            k.kind,
            k.element_type,
            k.flops_other,
            k.transcendentals,
            k.bytes_read,
            k.parameter_bytes,
            k.at_most,
            k.fused,
            k.inner_bytes,
        ),
    )


def list_attention(workload: Workload) -> tuple[AttentionItem, ...]:
    """The attentions that may run as one kernel, by the places of the items that they replace."""
    if not workload.attentions:
        return ()
    places = {kernel: place for place, kernel in enumerate(_order(workload))}
    items = [
        _render(attention, count, places)
        for attention, count in workload.attentions.items()
        if all(kernel in places for kernel in attention.replaced)
    ]
    return tuple(sorted(items, key=lambda item: [(r.item, r.count) for r in item.replaces]))


def _render(attention: Fusible, count: int, places: dict[Kernel, int]) -> AttentionItem:
    kernel, scores = attention.kernel, attention.scores
    replaced = Counter(places[each] for each in attention.replaced)
    return AttentionItem(
        element_type=kernel.element_type,
        count=count,
        heads=scores.heads,
        queries=scores.queries,
        keys=scores.keys,
        width=scores.width,
        value_width=scores.value_width,
        macs=kernel.macs,
        flops_other=kernel.flops_other,
        transcendentals=kernel.transcendentals,
        bytes_read=kernel.bytes_read,
        bytes_written=kernel.bytes_written,
        parameter_bytes=kernel.parameter_bytes,
        score_bytes=attention.score_bytes,
        replaces=tuple(Replaced(place, replaced[place]) for place in sorted(replaced)),
        called=attention.called,
        at_most=attention.at_most,
    )
