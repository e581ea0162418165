"""The part of a requirement that falls to each of several devices."""

from __future__ import annotations

from cyborg_rr.domain.documents import MAX_NUMBER
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.sharding.shares import Bounds, find_share
from cyborg_rr.domain.requirement.requirement import DeviceRequirement, Span


def find_device_requirement(typed: TypedGraph) -> DeviceRequirement | None:
    """What one device is asked for; None for a graph that is not divided among several."""
    if typed.graph.completeness == "header":
        return None
    share = find_share(typed)
    if share is None:
        return None
    return DeviceRequirement(
        devices=typed.graph.replicas * typed.graph.partitions,
        parameter_bytes=_span(share.parameters),
        constant_bytes=_span(share.constants),
        input_bytes=_span(share.inputs),
        output_bytes=_span(share.outputs),
        aliased_bytes=_span(share.aliased),
        activation_peak_bytes=_span(share.activation_peak),
        macs=_span(share.macs),
        mesh=typed.graph.mesh,
    )


def _span(bounds: Bounds | None) -> Span | None:
    if bounds is None:
        return None
    if bounds.most > MAX_NUMBER:
        raise UnreadableModel("what one device holds or does exceeds 2**65")
    return Span(bounds.least, bounds.most)
