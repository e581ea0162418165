"""StableHLO operations between devices as canonical ones, with the size of their groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyborg_rr.domain.graph.graph import Attribute, TensorType
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.stablehlo.call import NativeCall, Step
from cyborg_rr.readers.stablehlo.windows import reduce_function


def _group_size(call: NativeCall) -> int:
    """How many devices exchange data; all of them when the file names no groups."""
    groups = call.attribute("replica_groups")
    if isinstance(groups, DenseConstant) and groups.type.shape and len(groups.type.shape) == 2:
        size = groups.type.shape[1]
        if isinstance(size, int) and size > 0:
            return size
    return call.devices


def _collective(name: str, **axes: tuple[str, ...]) -> Callable[[NativeCall], Step]:
    def rule(call: NativeCall) -> Step:
        attributes: dict[str, Attribute] = {"group_size": _group_size(call)}
        for attribute, sources in axes.items():
            numbers = call.integers(*sources)
            if numbers:
                attributes[attribute] = numbers[0]
        function = reduce_function(call)
        if function is not None:
            attributes["function"] = function
        return Step(name, call.inputs, attributes)

    return rule


def _permute(call: NativeCall) -> Step:
    pairs = call.integers("source_target_pairs") or ()
    return Step("collective_permute", call.inputs, {"group_size": len(set(pairs)) or call.devices})


def change_shards(name: str, before: TensorType, after: TensorType) -> Step:
    """Between a whole tensor and the part that one device holds: nothing is computed.

    A part is a slice of the whole; the whole stands for as many parts as there are devices.
    """
    if before.is_static and after.is_static and len(before.shape or ()) == len(after.shape or ()):
        old, new = _sizes(before), _sizes(after)
        if all(part <= whole for part, whole in zip(new, old, strict=True)):
            axes = tuple(range(len(new)))
            starts, steps = (0,) * len(new), (1,) * len(new)
            return Step("slice", (name,),
                        {"starts": starts, "ends": new, "axes": axes, "steps": steps})  # fmt: skip
        if all(part and whole % part == 0 for part, whole in zip(old, new, strict=True)):
            repeats = tuple(whole // part for part, whole in zip(old, new, strict=True))
            return Step("tile", (name,), {"repeats": repeats})
    return Step("custom_call", (name,), {"target": "change of shards"})


def _sizes(tensor: TensorType) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape or ())


COLLECTIVES: Mapping[str, Callable[[NativeCall], Step]] = {
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
