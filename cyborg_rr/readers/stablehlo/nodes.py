"""Nodes of a StableHLO module: canonical steps under the names of their results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import NativeCall, TensorType
from cyborg_rr.domain.graph.shardings import Sharding
from cyborg_rr.readers.dialects.mlir.lowering import ModuleLowering
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode, demand_operands
from cyborg_rr.readers.dialects.mlir.values import (
    Building,
    Frame,
    Names,
    result_tensors,
)
from cyborg_rr.readers.formats.mlir.structure import Module, Operation
from cyborg_rr.readers.kit.shards import change_shards
from cyborg_rr.readers.kit.steps import make_nodes
from cyborg_rr.readers.stablehlo.shardings import Shardings
from cyborg_rr.readers.stablehlo.targets import find_target
from cyborg_rr.readers.stablehlo.translation.natives import list_native_attributes
from cyborg_rr.readers.stablehlo.translation.operations import (
    is_check,
    translate,
)

_CONSTRAINTS = frozenset({"sdy.sharding_constraint", "sdy.reshard"})
_ANNOTATING = frozenset({"Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape"})
_FREE = frozenset({"custom_call", "composite"})
"""Operations whose operands a program of its own defines."""


class NodeWriter(ModuleLowering):
    """Writes operations that hold no calls; ``devices`` take part where none are named."""

    def __init__(self, module: Module, devices: int) -> None:
        super().__init__(module)
        self._devices = devices
        self.shardings = Shardings(module)
        self.unknown: Counter[str] = Counter()

    def write_operation(
        self, operation: Operation, name: str, frame: Frame, building: Building
    ) -> None:
        """An operation by its translation; ``name`` lacks the dialect."""
        inputs = self.find_operands(operation, frame)
        types = result_tensors(operation)
        if not types and is_check(operation):
            return
        outputs = self.define_results(operation, frame, building)
        label = outputs[0] if outputs else ""
        node = NativeModuleNode(
            name,
            label,
            inputs,
            outputs,
            operation.attributes,
            self.types.get,
            self.constants.get,
            operation,
            types,
            self.module.place,
            self._devices,
        )
        self._note_shardings(operation, name, outputs, types)
        steps = translate(node)
        if steps[-1].operation == "unknown":
            self.unknown[operation.name] += 1
        if name not in _FREE:
            demand_operands(node, steps)
        # forms of a module spell attributes, and the operands of a reduce, in ways of their own
        operands = steps[-1].inputs if name == "reduce" else inputs
        attributes, more = steps[-1].attributes, list_native_attributes(node)
        call = NativeCall(operands, outputs, {**attributes, **more} if more else attributes)
        building.nodes.extend(make_nodes(steps, operation.name, label, native=call))

    def _note_shardings(
        self, operation: Operation, name: str, outputs: Names, types: Sequence[TensorType]
    ) -> None:
        """Keep how the results of operations are divided that only say so."""
        if name != "custom_call" and operation.name not in _CONSTRAINTS:
            return
        found: Sequence[Sharding | None] = ()
        if operation.name in _CONSTRAINTS and len(types) == 1:
            found = [self.shardings.find_constraint(operation, types[0])]
        elif name == "custom_call":
            target = find_target(operation)
            if target in _ANNOTATING and len(types) == 1:
                found = [self.shardings.find_constraint(operation, types[0])]
            else:
                found = self.shardings.find_exported(operation, target, types)
        for output, type_, sharding in zip(outputs, types, found, strict=False):
            self.shardings.note(output, type_, sharding)

    def reshard(
        self,
        operation: Operation,
        names: Names,
        types: Sequence[TensorType],
        shardings: Sequence[Sharding | None],
        frame: Frame,
        building: Building,
    ) -> Names:
        """Nodes where the whole tensor and a device's part of it differ in shape.

        ``shardings`` are those of the results.
        """
        result = []
        for name, type_, sharding in zip(names, types, shardings, strict=True):
            known = self.types.get(name)
            if known == type_ or known is None:
                result.append(name)
                continue
            value = f"{name}.shard{self.number_copy()}"
            part = self.define(value, (type_,), frame, building.types)[0]
            self.shardings.note(part, type_, sharding)
            step = change_shards((name,), (part,), known, type_)
            building.nodes.extend(make_nodes([step], operation.name, part))
            result.append(part)
        return tuple(result)
