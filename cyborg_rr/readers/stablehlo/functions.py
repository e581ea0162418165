"""From the functions of a StableHLO module to one block: calls inlined, tuples taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import (
    Attribute,
    Block,
    Node,
    Scalar,
    StoredLocation,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import BlockText, Function, Module, Operation
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.stablehlo.aliases import find_aliases
from cyborg_rr.readers.stablehlo.arguments import EntryArgument
from cyborg_rr.readers.stablehlo.call import NativeCall
from cyborg_rr.readers.stablehlo.calls import find_callee
from cyborg_rr.readers.stablehlo.collectives import change_shards
from cyborg_rr.readers.stablehlo.constants import (
    MAX_PLAIN_CONSTANT,
    scalar_values,
    store_constant,
)
from cyborg_rr.readers.stablehlo.operations import is_check, translate
from cyborg_rr.readers.stablehlo.scope import Scope
from cyborg_rr.readers.stablehlo.values import (
    OPEN,
    Building,
    Frame,
    Names,
    flatten_type,
    flatten_types,
    result_types,
    several,
)

MAX_DEPTH: Final = 128
"""Regions and calls together; each takes three frames of the interpreter."""
_RETURNS = frozenset({"return", "func.return"})
_CONTROL = {"while": "while", "if": "if", "case": "case", "map": "map"}
_INLINED_REGIONS = frozenset({"sdy.manual_computation", "sdy.named_computation"})
_QUIET_DIALECTS = frozenset({"sdy.mesh", "ml_program.global"})


class Lowering(Scope):
    """Writes the entry function out as one block with everything it calls."""

    def __init__(self, module: Module, devices: int) -> None:
        super().__init__(module)
        self._devices = devices
        self._root = Building()
        self._constants: dict[str, tuple[Scalar, ...]] = {}
        self._hoisted: dict[int, str] = {}
        self._calls = 0
        self.unknown: Counter[str] = Counter()

    def lower(self, entry: Function, arguments: Sequence[EntryArgument]) -> Block:
        """The entry as a block; arguments that are weights become stored tensors."""
        frame = Frame("", {})
        for argument in arguments:
            types = flatten_type(argument.type)
            names = several(argument.name, len(types))
            frame.values[argument.value] = names
            self.reserved.update(names)
            for name, type_ in zip(names, types, strict=True):
                self.types[name] = type_
                if argument.weight is None:
                    self._root.inputs[name] = type_
                else:
                    self._root.stored[name] = StoredTensor(type_, "parameter", "absent")
        outputs = self._lower_block(self._single_block(entry), frame, self._root, 0)
        block = self._root.finish(outputs)
        aliases = find_aliases(entry, arguments, [self.types.get(name) for name in outputs])
        return replace(block, aliased_outputs=aliases)

    def _single_block(self, function: Function) -> BlockText:
        if function.body is None:
            raise self.make_error(
                f"the function {function.name[:60]!r} has no body", function.position
            )
        return self._only_block(
            function.body, f"function {function.name[:60]!r}", function.position
        )

    def _only_block(self, region: list[BlockText], what: str, position: int) -> BlockText:
        if len(region) != 1:
            raise self.make_error(
                f"the {what} has branches between blocks, which are not read", position
            )
        return region[0]

    def _lower_block(self, block: BlockText, frame: Frame, building: Building, depth: int) -> Names:
        """Write the operations of a block; what its terminator names is returned."""
        if depth > MAX_DEPTH:
            position = block.operations[0].position if block.operations else 0
            raise self.make_error(
                f"regions and calls are nested more than {MAX_DEPTH} deep", position
            )
        for operation in block.operations:
            name = operation.name
            if name in _RETURNS or name.endswith((".return", ".yield")):
                return self.find_operands(operation, frame)
            self._lower_operation(operation, frame, building, depth)
        return ()

    def _lower_operation(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        dialect, _, name = operation.name.rpartition(".")
        if name == "constant" and dialect in ("stablehlo", "mhlo", "chlo", "arith"):
            self._constant(operation, frame, building)
        elif (callee := find_callee(operation)) is not None:
            self._inline(operation, callee, frame, building, depth)
        elif operation.name in _INLINED_REGIONS:
            self._inline_region(operation, frame, building, depth)
        elif name == "tuple" and dialect in ("stablehlo", "mhlo"):
            self.bind_results(operation, frame, self.find_operands(operation, frame))
        elif name == "get_tuple_element":
            self.bind_tuple_element(operation, frame)
        elif name in _CONTROL and dialect in ("stablehlo", "mhlo") and operation.regions:
            self._control(operation, name, frame, building, depth)
        elif operation.name == "ml_program.global_load":
            self._load_global(operation, frame)
        elif operation.name not in _QUIET_DIALECTS:
            self._plain(operation, name, frame, building)

    # ---- constants

    def _constant(self, operation: Operation, frame: Frame, building: Building) -> None:
        value = operation.attributes.get("value")
        if len(operation.results) != 1:
            raise self.make_error("a constant should have one result", operation.position)
        result = operation.results[0]
        if not isinstance(value, DenseConstant):
            type_ = next(iter(flatten_types(result_types(operation))), TensorType(None, None))
            value = DenseConstant(type_, scalar_values(value))
        stored = store_constant(value, self.module.resources)
        if stored.type.elements is None or stored.type.elements > MAX_PLAIN_CONSTANT:
            name = self._hoisted.get(id(operation))
            if name is None:
                name = self.define(result, (stored.type,), frame, {})[0]
                self._hoisted[id(operation)] = name
                self._root.stored[name] = stored
            frame.values[result] = (name,)
        else:
            name = self.define(result, (stored.type,), frame, {})[0]
            building.stored[name] = stored
        if stored.values is not None and not stored.splat:
            self._constants[name] = stored.values
        elif stored.values is not None and (stored.type.elements or 0) <= MAX_PLAIN_CONSTANT:
            self._constants[name] = stored.values * (stored.type.elements or 0)

    def _load_global(self, operation: Operation, frame: Frame) -> None:
        """A weight that the module keeps under a name, loaded by the function."""
        symbol = operation.symbols[0] if operation.symbols else operation.attributes.get("global")
        types = flatten_types(result_types(operation))
        if not isinstance(symbol, str) or len(types) != 1 or len(operation.results) != 1:
            raise self.make_error("a global is loaded without a name or a type", operation.position)
        name = f"@{symbol}"
        if name not in self._root.stored:
            location: StoredLocation = "absent"
            for each in self.module.operations:
                if each.name == "ml_program.global" and symbol in each.symbols:
                    value = each.attributes.get("value")
                    if isinstance(value, DenseConstant):
                        location = store_constant(value, self.module.resources).location
            self._root.stored[name] = StoredTensor(types[0], "parameter", location)
            self.types[name] = types[0]
        frame.values[operation.results[0]] = (name,)

    # ---- calls and regions

    def _inline(
        self, operation: Operation, callee: str, frame: Frame, building: Building, depth: int
    ) -> None:
        function = self.module.functions.get(callee)
        if function is None:
            raise self.make_error(
                f"the function {callee[:60]!r} is not defined", operation.position
            )
        operands = self.find_operands(operation, frame)
        self._calls += 1
        inner = Frame(f"{callee[:64]}.{self._calls}/", {})
        begin = 0
        for argument in function.arguments:
            count = len(flatten_type(argument.type))
            inner.values[argument.name] = operands[begin : begin + count]
            begin += count
        if begin != len(operands):
            raise self.make_error(f"the call of {callee[:60]!r} has not the operands that it takes",
                              operation.position)  # fmt: skip
        outputs = self._lower_block(self._single_block(function), inner, building, depth + 1)
        self.bind_results(operation, frame, outputs)

    def _inline_region(
        self, operation: Operation, frame: Frame, building: Building, depth: int
    ) -> None:
        """A region that each device runs on its own part: entered through a change of shape."""
        operands = self.find_operands(operation, frame)
        region = operation.regions[0] if operation.regions else []
        block = self._only_block(list(region), operation.name, operation.position)
        arguments = self._region_arguments(operation, block)
        types = flatten_types([type_ for _, type_ in arguments])
        if len(types) != len(operands):
            raise self.make_error(f"{operation.name!r} has not the operands that its region takes",
                              operation.position)  # fmt: skip
        names = self._reshard(operation, operands, types, frame, building)
        begin = 0
        for value, type_ in arguments:
            count = len(flatten_type(type_))
            frame.values[value] = names[begin : begin + count]
            begin += count
        outputs = self._lower_block(block, frame, building, depth + 1)
        stated = flatten_types(result_types(operation))
        if len(stated) != len(outputs):
            raise self.make_error(f"{operation.name!r} has not the results that its region yields",
                              operation.position)  # fmt: skip
        self.bind_results(
            operation, frame, self._reshard(operation, outputs, stated, frame, building)
        )

    def _reshard(
        self, operation: Operation, names: Names, types: Sequence[TensorType], frame: Frame,
        building: Building,
    ) -> Names:  # fmt: skip
        """Nodes where the whole tensor and a device's part of it differ in shape."""
        result = []
        for name, type_ in zip(names, types, strict=True):
            known = self.types.get(name)
            if known == type_ or known is None:
                result.append(name)
                continue
            self._calls += 1
            part = self.define(f"{name}.shard{self._calls}", (type_,), frame, building.types)[0]
            step = change_shards(name, known, type_)
            building.nodes.append(
                Node(step.operation, operation.name, (name,), (part,), step.attributes, name=part)
            )
            result.append(part)
        return tuple(result)

    def _region_arguments(
        self, operation: Operation, block: BlockText
    ) -> Sequence[tuple[str, MlirType]]:
        if block.arguments:
            return block.arguments
        groups = [group for group in operation.groups if group]
        return groups[-1] if groups else ()

    def _control(
        self, operation: Operation, name: str, frame: Frame, building: Building, depth: int
    ) -> None:
        inputs = self.find_operands(operation, frame)
        carried = inputs if name == "while" else ()
        blocks = []
        for region in operation.regions:
            block = self._only_block(list(region), f"region of {name!r}", operation.position)
            blocks.append(self._lower_region(operation, block, carried, frame, depth))
        if name == "while" and len(blocks) != 2:
            raise self.make_error("a while should have two regions", operation.position)
        self._add_node(operation, _CONTROL[name], inputs, {}, frame, building, tuple(blocks))

    def _lower_region(
        self, operation: Operation, block: BlockText, carried: Names, frame: Frame, depth: int
    ) -> Block:
        inner = Building()
        pairs = block.arguments
        if not pairs and operation.bindings:
            types = result_types(operation)
            if len(types) != len(operation.bindings):
                raise self.make_error("a while has not as many types as values", operation.position)
            pairs = [
                (pair[0], type_) for pair, type_ in zip(operation.bindings, types, strict=True)
            ]
        for value, type_ in pairs:
            self.define(value, flatten_type(type_), frame, inner.inputs)
        if carried and len(inner.inputs) != len(carried):
            raise self.make_error("a while has not as many region arguments as operands",
                              operation.position)  # fmt: skip
        outputs = self._lower_block(block, frame, inner, depth + 1)
        return inner.finish(outputs)

    # ---- everything else

    def _plain(self, operation: Operation, name: str, frame: Frame, building: Building) -> None:
        inputs = self.find_operands(operation, frame)
        call = NativeCall(
            operation,
            name,
            inputs,
            [self.types[each] for each in inputs],
            flatten_types(result_types(operation)),
            self._constants.get,
            self.module.place,
            self._devices,
        )
        if is_check(call):
            return
        step = translate(call)
        if step.operation == "unknown":
            self.unknown[operation.name] += 1
        self._add_node(operation, step.operation, step.inputs, step.attributes, frame, building)

    def _add_node(
        self,
        operation: Operation,
        canonical: str,
        inputs: Names,
        attributes: Mapping[str, Attribute],
        frame: Frame,
        building: Building,
        blocks: tuple[Block, ...] = (),
    ) -> None:
        types = result_types(operation)
        outputs: list[str] = []
        for place, result in enumerate(operation.results):
            flat = flatten_type(types[place]) if place < len(types) else OPEN
            outputs.extend(self.define(result, flat, frame, building.types))
            if len(flat) > 1:
                self.count_names(len(flat), operation.position)
        name = outputs[0] if outputs else ""
        building.nodes.append(
            Node(canonical, operation.name, inputs, tuple(outputs), attributes, blocks, name)
        )
