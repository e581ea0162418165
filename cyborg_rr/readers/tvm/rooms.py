"""Memory in a script that was lowered for the virtual machine: kernels write into what they get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.tvm.program import PACKED_MARK, Plain
from cyborg_rr.readers.tvm.scope import Scope
from cyborg_rr.readers.tvm.translation.native import Argument, NativeTvmNode
from cyborg_rr.readers.tvm.written.arrays import as_weight

MANAGING: Final = frozenset(
    {
        "memory.alloc_tensor", "memory.alloc_storage", "memory.kill_storage", "memory.kill_tensor",
        "builtin.alloc_tensor", "builtin.kill_tensor", "vm.alloc_tensor", "vm.alloc_storage",
        "vm.kill_object", "null_value",
        *(
            f"{PACKED_MARK}vm.builtin.{name}"
            for name in (
                "alloc_shape_heap", "check_tensor_info", "check_shape_info", "check_tuple_info",
                "check_func_info", "check_prim_value_info", "match_shape", "match_prim_value",
            )
        ),
    }
)  # fmt: skip
"""Operations that make room for what kernels write, give it back or check operands: no work."""


class Rooms(Scope):
    """``rooms`` are tensors that room was made for, and nothing was written into yet."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, None] = {}

    def settle(self, names: Iterable[str]) -> None:
        """Store constants that are read, and define rooms that are before anything is in them."""
        names = tuple(names)
        super().settle(names)
        for name in names:
            if name in self.rooms:
                del self.rooms[name]
                step = Step("unknown", (), (name,), {})
                self.home.nodes.extend(make_nodes([step], "relax.memory.alloc_tensor", name))

    def split_rooms(self, inputs: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The operands of a call, and the rooms behind them that it fills; none for other calls."""
        count = len(inputs)
        while count and inputs[count - 1] in self.rooms:
            count -= 1
        operands, outputs = inputs[:count], inputs[count:]
        if not self.rooms.keys().isdisjoint(operands) or len(set(outputs)) != len(outputs):
            return inputs, ()
        for each in outputs:
            del self.rooms[each]
        return operands, outputs

    def state_operands(self, stated: Sequence[TensorType], inputs: Sequence[str]) -> None:
        """Constants that are left out have the types that a kernel states of its operands."""
        for name, known in zip(inputs, stated, strict=False):
            stored = self.absent.pop(name, None)
            if stored is not None:
                self.types[name] = known
                self.home.stored[name] = as_weight(StoredTensor(known, stored.kind, "absent"))

    def make_native(
        self,
        operation: str,
        label: str,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        attributes: Mapping[str, Plain],
        arguments: tuple[Argument, ...],
    ) -> NativeTvmNode:
        """The node as its rule sees it."""
        return NativeTvmNode(
            operation,
            label,
            inputs,
            outputs,
            attributes,
            self.types.get,
            self.home.stored.get,
            arguments,
            self.keep_values,
        )
