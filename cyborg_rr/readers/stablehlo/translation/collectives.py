"""StableHLO operations between devices as canonical ones, with the size of their groups."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode, Rule
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.stablehlo.translation.windows import reduce_function


def _group_size(node: NativeModuleNode) -> int:
    """How many devices exchange data; all of them when the file names no groups."""
    groups = node.attribute("replica_groups")
    if isinstance(groups, DenseConstant) and groups.type.shape and len(groups.type.shape) == 2:
        size = groups.type.shape[1]
        if isinstance(size, int) and size > 0:
            return size
    return node.devices


def _collective(name: str, **axes: tuple[str, ...]) -> Rule:
    def rule(node: NativeModuleNode) -> list[Step]:
        attributes: dict[str, AttributeValue] = {"group_size": _group_size(node)}
        for attribute, sources in axes.items():
            numbers = node.integers(*sources)
            if numbers:
                attributes[attribute] = numbers[0]
        function = reduce_function(node)
        if function is not None:
            attributes["function"] = function
        return [node.step(name, **attributes)]

    return rule


def _permute(node: NativeModuleNode) -> list[Step]:
    pairs = node.integers("source_target_pairs") or ()
    return [node.step("collective_permute", group_size=len(set(pairs)) or node.devices)]


COLLECTIVES: Mapping[str, Rule] = {
    "all_gather": _collective("all_gather", all_gather_dimension=("all_gather_dim",)),
    "all_reduce": _collective("all_reduce"),
    "all_to_all": _collective(
        "all_to_all",
        split_dimension=("split_dimension",),
        concat_dimension=("concat_dimension",),
        split_count=("split_count",),
    ),
    "collective_broadcast": _collective("collective_broadcast"),
    "collective_permute": _permute,
    "cross-replica-sum": _collective("all_reduce"),
    "reduce_scatter": _collective("reduce_scatter", scatter_dimension=("scatter_dimension",)),
}
