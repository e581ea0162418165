"""HLO operations between devices as canonical ones, with the size of their groups."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.hlo.translation.native import NativeHloNode, Rule
from cyborg_rr.readers.kit.steps import Step


def _collective(name: str, *axes: str) -> Rule:
    """All devices take part where the file names no groups."""

    def rule(node: NativeHloNode) -> list[Step]:
        size = node.integer("group_size", default=0) or node.devices
        attributes: dict[str, AttributeValue] = {"group_size": size}
        for axis in axes:
            numbers = node.integers("dimensions")
            if numbers:
                attributes[axis] = numbers[0]
        if name in ("all_reduce", "reduce_scatter"):
            attributes.update(node.reduction())
        return [node.step(name, **attributes)]

    return rule


def _permute(node: NativeHloNode) -> list[Step]:
    devices = set(node.integers("source_target_pairs") or ())
    return [
        node.step("collective_permute", node.inputs[:1], group_size=len(devices) or node.devices)
    ]


_GATHER = _collective("all_gather", "all_gather_dimension")
_REDUCE = _collective("all_reduce")

COLLECTIVES: Mapping[str, Rule] = {
    "all-gather": _GATHER,
    "all-gather-start": _GATHER,
    "all-reduce": _REDUCE,
    "all-reduce-start": _REDUCE,
    "all-to-all": _collective("all_to_all", "split_dimension", "concat_dimension"),
    "collective-broadcast": _collective("collective_broadcast"),
    "collective-permute": _permute,
    "collective-permute-start": _permute,
    "cross-replica-sum": _REDUCE,
    "reduce-scatter": _collective("reduce_scatter", "scatter_dimension"),
}
