"""From a function of torch-mlir to a block, by the rules that exported programs have too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    Block,
    Graph,
    IRIdentity,
    Node,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.dialects.aten import arguments as calls
from cyborg_rr.readers.dialects.aten.arguments import Symbol
from cyborg_rr.readers.dialects.aten.element_types import ELEMENT_TYPES
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.dialects.aten.operations import ATEN, NUMBERS, RULES
from cyborg_rr.readers.dialects.aten.scope import Scope
from cyborg_rr.readers.dialects.aten.signatures import SIGNATURES
from cyborg_rr.readers.dialects.mlir.constants import store_dense
from cyborg_rr.readers.dialects.mlir.lowering import take_out
from cyborg_rr.readers.dialects.mlir.values import OPEN, flatten_type, result_types
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Function, Module, Operation
from cyborg_rr.readers.formats.mlir.types import MlirType, OpaqueType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.mlir.entry import list_arguments
from cyborg_rr.readers.mlir.program import assemble_program
from cyborg_rr.readers.mlir.torch.numbers import (
    Tensor,
    Value,
    fold,
    is_constant,
    read_constant,
)

_LITERALS: Final = frozenset({"torch.vtensor.literal", "torch.tensor.literal", "arith.constant"})
_LISTS: Final = frozenset({"torch.prim.ListConstruct", "torch.prim.TupleConstruct"})
_SAME: Final = frozenset(
    {"torch.copy.to_tensor", "torch.copy.to_vtensor", "torch.derefine", "torch.prim.unchecked_cast",
     "torch.tensor_static_info_cast", "torch_c.from_builtin_tensor", "torch_c.to_builtin_tensor",
     "torch.prim.NumToTensor.Scalar", "torch_c.to_i64", "torch_c.from_i64"}
)  # fmt: skip
_UNPACKED: Final = frozenset({"torch.prim.ListUnpack", "torch.prim.TupleUnpack"})
_ELEMENT: Final = "torch.aten.__getitem__.t"
_QUIET: Final = ("torch.bind_symbolic_shape", "torch.runtime.assert", "torch.prim.RaiseException")
_ATEN: Final = "torch.aten."
_NUMBERS: Final = (".int", ".Scalar", ".float")
"""How the names end of calls that may reckon with numbers alone."""

_TYPES: Final = ("dtype", "out_dtype")
"""Arguments that name an element type by its number."""

_MAX_PARTS: Final = 65536


@dataclass(slots=True)
class _Called:
    """What is called under one name: that in aten, names of its arguments, and its rule."""

    name: str
    plain: str
    arguments: Sequence[str]
    rule: Rule
    may_fold: bool


def read_torch(module: Module, entry: Function, identity: IRIdentity) -> Graph:
    """The graph of a function of torch-mlir."""
    writing = _Writing(module)
    arguments = list_arguments(module, entry)
    inputs: dict[str, TensorType] = {}
    for argument in arguments:
        writing.scope.define(argument.name, argument.type)
        writing.values[argument.value] = Tensor(argument.name)
        if argument.weight is None:
            inputs[argument.name] = argument.type
        else:
            weight = StoredTensor(argument.type, "parameter", "absent")
            writing.scope.stored[argument.name] = weight
    outputs = writing.write(entry)
    scope = writing.scope
    stated = {
        name: known for name, known in scope.types.items()
        if name not in scope.stored and name not in inputs
    }  # fmt: skip
    body = Block(inputs, outputs, tuple(writing.nodes), scope.stored, stated)
    return assemble_program(identity, body, arguments, writing.unknown)


class _Writing:
    """``values`` are what names of the text stand for; ``taken`` how lists are taken apart."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = Scope()
        self.values: dict[str, Value | Tensor] = {}
        self.nodes: list[Node] = []
        self.unknown: Counter[str] = Counter()
        self._taken: dict[str, Operation] = {}
        self._called: dict[str, _Called] = {}

    def write(self, entry: Function) -> tuple[str, ...]:
        """Write all operations; the names of the results."""
        blocks = entry.body or []
        if len(blocks) != 1:
            raise UnreadableModel("the function has branches between blocks, which are not read")
        operations = blocks[0].operations
        for operation in operations:
            if operation.name in _UNPACKED and len(operation.operands) == 1:
                self._taken.setdefault(operation.operands[0], operation)
        for operation in take_out(blocks[0]):
            if operation.name in ("return", "func.return"):
                return self._list_results(operation)
            self._write(operation)
        return ()

    def _list_results(self, operation: Operation) -> tuple[str, ...]:
        """Tensors that the function returns, those in lists too."""
        names: list[str] = []
        for name in operation.operands:
            value = self._find(name, operation)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Tensor):
                    names.append(str(each))
                elif isinstance(each, Symbol):
                    names.append(each.name)
        return tuple(names)

    def _find(self, name: str, operation: Operation) -> Value | Tensor:
        if name in self.values:
            return self.values[name]
        other = name[:-2] if name.endswith("#0") else f"{name}#0"
        if other in self.values:
            return self.values[other]
        where = self.module.place(operation.position)
        raise UnreadableModel(f"%{name[:60]} is not defined at {where}")

    def _write(self, operation: Operation) -> None:
        """One operation: a value that is known, or nodes."""
        name = operation.name
        if name.startswith(_ATEN):
            self._call(operation)
        elif is_constant(operation):
            self.values[operation.results[0]] = read_constant(operation)
        elif name in _LITERALS and len(operation.results) == 1:
            self._store(operation)
        elif name in _LISTS and len(operation.results) == 1:
            found = [self._find(each, operation) for each in operation.operands]
            self.values[operation.results[0]] = found
        elif name in _SAME and len(operation.operands) == len(operation.results) == 1:
            found_one = self._find(operation.operands[0], operation)
            self.values[operation.results[0]] = found_one
        elif name in _UNPACKED and len(operation.operands) == 1:
            self._unpack(operation)
        elif operation.results or not name.startswith(_QUIET):
            self._call(operation)

    def _store(self, operation: Operation) -> None:
        """A literal: a weight, or a constant."""
        value = operation.attributes.get("value")
        if not isinstance(value, DenseConstant):
            self._call(operation)
            return
        name = self._name(operation.results[0])
        stored = store_dense(value, self.module.resources)
        self.scope.define(name, stored.type)
        self.scope.stored[name] = stored
        self.values[operation.results[0]] = Tensor(name)

    def _name(self, result: str) -> str:
        return f"%{result}" if self.scope.defines(result) else result

    def _unpack(self, operation: Operation) -> None:
        """The elements of a list that is known; one that is not was taken apart before."""
        value = self._find(operation.operands[0], operation)
        if isinstance(value, list) and len(value) == len(operation.results):
            self.values.update(zip(operation.results, value, strict=True))
        elif any(result not in self.values for result in operation.results):
            self._call(operation)

    def _call(self, operation: Operation) -> None:
        """A call of aten, or of something that no rule knows."""
        called = self._called.get(operation.name) or self._look_up(operation)
        values = self.values
        found = [
            values[each] if each in values else self._find(each, operation)
            for each in operation.operands
        ]
        if called.may_fold and self._fold(operation, called, found):
            return
        arguments = _name_arguments(called.arguments, found)
        outputs, types = self._list_outputs(operation)
        label = next(filter(None, outputs), operation.name)
        known = dict(zip(outputs, types, strict=True))
        node = NativeTorchNode(
            called.plain, label, arguments.list_tensors(), outputs, arguments.plain,
            lambda each: known[each] if each in known else self.scope.find_type(each),
            self.scope.find_stored, arguments, self.scope.constant,
        )  # fmt: skip
        try:
            steps = called.rule(node)
        except UnreadableModel as error:
            where = self.module.place(operation.position)
            raise UnreadableModel(f"{error} at {where}") from error
        self._keep(operation, steps, known, label)

    def _look_up(self, operation: Operation) -> _Called:
        """``torch.aten.add.Tensor``: add.Tensor, plainly add; ``torch.operator`` names another."""
        written = operation.name
        if written == "torch.operator" and operation.strings:
            written = operation.strings[0]
        domain, _, name = written.removeprefix("torch.").partition(".")
        plain = name.partition(".")[0]
        arguments = SIGNATURES.get(name) or SIGNATURES.get(plain, ())
        may_fold = domain == "aten" and (name.endswith(_NUMBERS) or operation.name == _ELEMENT)
        called = _Called(name, plain, arguments, _find_rule(domain, name), may_fold)
        if written is operation.name:
            self._called[written] = called
        return called

    def _keep(
        self,
        operation: Operation,
        steps: Sequence[Step],
        known: dict[str, TensorType],
        label: str,
    ) -> None:
        """Add the steps of a call; what they yield is there from now on."""
        for step in steps:
            for name in step.outputs:
                if name and name not in known and not self.scope.defines(name):
                    self.scope.define(name, step.stated.get(name))
        for name, type_ in known.items():
            self.scope.define(name, type_)
        if steps and steps[-1].operation == "unknown":
            self.unknown[operation.name] += 1
        self.nodes.extend(make_nodes(steps, operation.name, label))

    def _list_outputs(self, operation: Operation) -> tuple[tuple[str, ...], list[TensorType]]:
        """Names and types of the results; a list is taken apart as the text does so later."""
        stated = result_types(operation)
        if len(operation.results) == 1 == len(stated) and not _is_list(stated):
            name = self._name(operation.results[0])
            self.values[operation.results[0]] = _stand_for(name, stated[0])
            return (name,), [flatten_type(stated[0])[0]]
        if len(operation.results) == 1 and _is_list(stated):
            unpacked = self._taken.get(operation.results[0])
            if unpacked is not None and len(unpacked.results) <= _MAX_PARTS:
                names = tuple(self._name(result) for result in unpacked.results)
                parts: list[Value] = [Tensor(name) for name in names]
                self.values[operation.results[0]] = parts
                self.values.update(zip(unpacked.results, parts, strict=True))
                return names, _list_types(result_types(unpacked), len(names))
        names = tuple(self._name(result) for result in operation.results)
        types = _list_types(stated, len(names))
        for result, name, type_ in zip(operation.results, names, stated, strict=False):
            self.values[result] = _stand_for(name, type_)
        for result, name in zip(operation.results, names, strict=True):
            self.values.setdefault(result, Tensor(name))
        return names, types

    def _fold(self, operation: Operation, called: _Called, found: list[Value | Tensor]) -> bool:
        """Whether the result is a number that is known, or an element of a list that is."""
        if len(operation.results) != 1:
            return False
        name = called.name
        value: Value | Tensor = None
        if operation.name == _ELEMENT and len(found) == 2:
            parts, place = found
            if isinstance(parts, list) and isinstance(place, int) and -len(parts) <= place < len(
                parts
            ):  # fmt: skip
                self.values[operation.results[0]] = parts[place]
                return True
            return False
        if name == "size.int" and len(found) == 2:
            value = self._size(found[0], found[1])
        else:
            value = fold(called.plain, list(found))
        if value is None:
            return False
        self.values[operation.results[0]] = value
        return True

    def _size(self, tensor: Value | Tensor, axis: Value | Tensor) -> int | None:
        """The size of a dimension that is stated."""
        known = self.scope.find_type(tensor) if isinstance(tensor, Tensor) else None
        if known is None or known.shape is None or not isinstance(axis, int):
            return None
        if not -len(known.shape) <= axis < len(known.shape):
            return None
        size = known.shape[axis]
        return size if isinstance(size, int) else None


def _name_arguments(names: Sequence[str], found: list[Value | Tensor]) -> calls.Arguments:
    """Values by the names of the schema; what is none is left out, as a default is."""
    arguments = calls.Arguments()
    for place, value in enumerate(found):
        key = names[place] if place < len(names) else f"#{place}"
        arguments.order.append(key)
        if isinstance(value, Tensor):
            arguments.tensors[key] = (str(value),)
        elif isinstance(value, list):
            if any(isinstance(each, Tensor) for each in value):
                arguments.tensors[key] = tuple(
                    str(each) if isinstance(each, Tensor) else "" for each in value
                )
            else:
                arguments.plain[key] = tuple(each for each in value if each is not None)
        elif isinstance(value, int) and key in _TYPES:
            arguments.plain[key] = ELEMENT_TYPES.get(int(value), "")
        elif value is not None:
            arguments.plain[key] = value
    return arguments


def _find_rule(domain: str, name: str) -> Rule:
    plain = name.partition(".")[0]
    if domain == "aten":
        if name.endswith((".int", ".float_int", ".int_float")) and plain in NUMBERS:
            return NUMBERS[plain]
        if name == "size.int":
            return ATEN.get("sym_size", unknown)
        if plain == "__interpolate":
            return _interpolate
        in_place = plain.endswith("_") and not plain.startswith("__")
        return ATEN.get(plain) or ATEN.get(plain[:-1] if in_place else plain, unknown)
    return RULES.get(domain, {}).get(plain, unknown)


def _interpolate(node: NativeTorchNode) -> list[Step]:
    """__interpolate(input, size, scale_factor, mode): one of the upsample operations."""
    linear = "linear" in node.text("mode")
    known = node.type_of(node.output(0)).shape
    shape = {3: ("nearest1d", "linear1d"), 4: ("nearest2d", "bilinear2d"),
             5: ("nearest3d", "trilinear3d")}.get(len(known or ()))  # fmt: skip
    if shape is None or not node.inputs:
        return unknown(node)
    node.arguments.tensors.setdefault("self", node.inputs[:1])
    return ATEN[f"upsample_{shape[linear]}"](node)


def _is_list(types: Sequence[MlirType]) -> bool:
    first = next(iter(types), None)
    return isinstance(first, OpaqueType) and first.text.startswith(
        ("!torch.list<", "!torch.tuple<")
    )


def _stand_for(name: str, type_: MlirType) -> Symbol | Tensor:
    """What the name of a result stands for: a number, or else a tensor."""
    return Symbol(name) if _is_number(type_) else Tensor(name)


def _is_number(type_: MlirType) -> bool:
    return isinstance(type_, OpaqueType) and type_.text in (
        "!torch.int", "!torch.float", "!torch.bool",
    )  # fmt: skip


def _list_types(stated: Sequence[MlirType], count: int) -> list[TensorType]:
    """So many types, open where none is stated."""
    types = [flatten_type(each)[0] for each in stated][:count]
    return types if len(types) == count else types + [OPEN[0]] * (count - len(types))
