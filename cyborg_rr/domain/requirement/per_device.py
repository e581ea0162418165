"""The part of a requirement that falls to each of several devices."""

from __future__ import annotations

from cyborg_rr.domain.documents import MAX_NUMBER
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.sharding.shares import NOTHING, Bounds, find_share
from cyborg_rr.domain.requirement.requirement import DeviceRequirement, Span
from cyborg_rr.domain.requirement.stored import Stored


def find_device_requirement(typed: TypedGraph, stored: Stored) -> DeviceRequirement | None:
    """What one device is asked for; None for a graph that is not divided among several.

    Of what inner blocks store nothing is known but its size.
    """
    if typed.graph.completeness == "header":
        return None
    share = find_share(typed)
    if share is None:
        return None
    whole = {"parameter": 0, "constant": 0}
    for name, tensor in typed.body.block.stored.items():
        whole[tensor.kind] += tensor.find_bytes(typed.body.types[name]) or 0
    devices = typed.graph.partitions
    inner_parameters = _part(stored.parameters.total() - whole["parameter"], devices)
    inner_constants = _part(stored.constant_bytes - whole["constant"], devices)
    return DeviceRequirement(
        devices=typed.graph.replicas * devices,
        parameter_bytes=_span(share.parameters, inner_parameters),
        constant_bytes=_span(share.constants, inner_constants),
        input_bytes=_span(share.inputs),
        output_bytes=_span(share.outputs),
        aliased_bytes=_span(share.aliased),
        activation_peak_bytes=_span(share.activation_peak),
        macs=_span(share.macs),
        mesh=typed.graph.mesh,
    )


def _part(size: int, devices: int) -> Bounds:
    return Bounds(-(-size // devices), size)


def _span(bounds: Bounds | None, more: Bounds = NOTHING) -> Span | None:
    if bounds is None:
        return None
    bounds += more
    if bounds.most > MAX_NUMBER:
        raise UnreadableModel("what one device holds or does exceeds 2**65")
    return Span(bounds.least, bounds.most)
