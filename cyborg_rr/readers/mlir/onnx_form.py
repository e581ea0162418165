"""ONNX's operations in MLIR as records of an ONNX graph, which its own rules translate.

onnx-mlir writes them as a dialect (``"onnx.Conv"``), IREE's importer as operators of torch-mlir
(``torch.operator "onnx.Conv"``) whose attributes are called ``torch.onnx.kernel_shape``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from sys import intern
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    Arguments,
    Block,
    Graph,
    IRIdentity,
    Node,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.dialects.mlir.calls import list_operations
from cyborg_rr.readers.dialects.mlir.constants import store_dense
from cyborg_rr.readers.dialects.mlir.lowering import MAX_DEPTH, take_out
from cyborg_rr.readers.dialects.mlir.values import flatten_type, flatten_types, result_types
from cyborg_rr.readers.dialects.onnx.graph import Translation
from cyborg_rr.readers.dialects.onnx.schema import AttributeValue, OnnxGraph, OnnxNode
from cyborg_rr.readers.dialects.onnx.tensors import ELEMENT_TYPES
from cyborg_rr.readers.dialects.onnx.translation.operations import NEWEST_VERSION
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import BlockText, Function, Module, Operation
from cyborg_rr.readers.formats.mlir.values import Value
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.mlir.entry import list_arguments

_DIALECT: Final = "onnx."
_OPERATOR: Final = "torch.operator"
_CONSTANT: Final = "torch.constant."
_PREFIX: Final = "torch.onnx."
_OPSET: Final = "torch.onnx_meta.opset_version"
_IR_VERSION: Final = 10
_VERSIONED: Final = re.compile(r"([A-Za-z]\w*?)V([0-9]{1,2})")
"""How onnx-mlir calls an operation as it was in an older operator set: ``onnx.PadV13``."""

_LABEL: Final = "onnx_node_name"
"""What onnx-mlir keeps a node's own name in: no attribute of the operation."""

_CODES: Final = {name: code for code, name in ELEMENT_TYPES.items()}
_ABSENT: Final = frozenset({"onnx.NoValue", "torch.constant.none"})
_CONSTANTS: Final = frozenset({"onnx.Constant", "arith.constant", "torch.vtensor.literal"})
_TERMINATORS: Final = ("return", ".Return", ".Yield", ".return", ".yield", "operator_terminator")
_RENAMED: Final = {
    "BatchNormalizationInferenceMode": "BatchNormalization", "LayoutTransform": "Identity",
    "MaxPoolSingleOut": "MaxPool", "RMSLayerNormalization": "RMSNormalization",
}  # fmt: skip
"""Operations of onnx-mlir's own that are those of ONNX with fewer results, or the like."""

_BRANCHES: Final = {"If": ("then_branch", "else_branch"), "Loop": ("body",), "Scan": ("body",)}
_MAX_LISTED: Final = 4096


def is_onnx(entry: Function) -> bool:
    """Whether most operations of a function are ONNX's, in either spelling."""
    operators = ours = 0
    names = Counter[str]()
    for operation in list_operations(entry.body or []):
        if operation.name == _OPERATOR:
            operators += 1
            ours += _find_name(operation) is not None
        else:
            names[operation.name] += 1
    ours += sum(count for name, count in names.items() if name.startswith(_DIALECT))
    constants = sum(count for name, count in names.items() if name.startswith(_CONSTANT))
    return ours * 2 >= names.total() + operators - constants > 0 and ours > 0


def read_onnx(module: Module, entry: Function, identity: IRIdentity) -> Graph:
    """The graph of a function of ONNX's operations."""
    if len(entry.body or []) != 1:
        raise UnreadableModel("the function has branches between blocks, which are not read")
    reading = _Reading(module, _find_version(entry))
    arguments = list_arguments(module, entry)
    graph = OnnxGraph(name=entry.name)
    for argument in arguments:
        reading.names[argument.value] = argument.name
        graph.inputs[argument.name] = argument.type
    reading.fill(graph, (entry.body or [])[0], 0)
    translation = Translation(_IR_VERSION)
    body = translation.block(graph)
    unknown = Counter[str]()
    for node in _list_nodes(body):
        if ":" not in node.native_name:
            node.native_name = intern(f"{_DIALECT}{node.native_name}")
        if node.operation == "unknown":
            unknown[node.native_name] += 1
    return Graph(
        ir=identity,
        name="",
        body=body,
        completeness="partial" if unknown else "full",
        warnings=(*translation.warnings(), *explain_unknown(unknown)),
        arguments=Arguments(tuple((argument.name,) for argument in arguments)),
    )


def _find_version(entry: Function) -> int:
    """The operator set that an importer notes; onnx-mlir writes each operation in its newest."""
    stated = entry.attributes.get(_OPSET)
    return stated if isinstance(stated, int) and 0 < stated <= NEWEST_VERSION else NEWEST_VERSION


def _find_name(operation: Operation) -> str | None:
    """The name of an ONNX operation without its dialect's; None for another."""
    if operation.name.startswith(_DIALECT):
        return operation.name[len(_DIALECT) :]
    if operation.name == _OPERATOR:
        name = next(iter(operation.strings), operation.attributes.get("name"))
        if isinstance(name, str) and name.startswith(_DIALECT):
            return name[len(_DIALECT) :]
    return None


def _list_nodes(block: Block) -> Iterator[Node]:
    seen: set[int] = set()
    pending = [block]
    while pending:
        for node in pending.pop().nodes:
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                pending.extend(node.blocks)


class _Reading:
    """One function on its way to records; ``names`` are what values of the text are called."""

    def __init__(self, module: Module, version: int) -> None:
        self.module = module
        self.version = version
        self.names: dict[str, str] = {}

    def fill(self, graph: OnnxGraph, block: BlockText, depth: int) -> None:
        """The nodes, constants and results of a block."""
        if depth > MAX_DEPTH:
            raise UnreadableModel(f"regions are nested more than {MAX_DEPTH} deep")
        for operation in take_out(block):
            if operation.name.endswith(_TERMINATORS):
                graph.outputs.extend(self._find(name, operation) for name in operation.operands)
                return
            if operation.name in _ABSENT:
                self.names.update(dict.fromkeys(operation.results, ""))
                continue
            self._define(graph, operation)
            stored = self._find_constant(operation)
            if stored is not None and len(operation.results) == 1:
                graph.stored[self.names[operation.results[0]]] = stored
            elif operation.results:
                graph.nodes.append(self._make_node(operation, depth))

    def _define(self, graph: OnnxGraph, operation: Operation) -> None:
        types = flatten_types(result_types(operation))
        for place, result in enumerate(operation.results):
            name = result if result not in graph.inputs else f"%{result}"
            self.names[result] = name
            if place < len(types):
                graph.types[name] = types[place]

    def _find(self, name: str, operation: Operation) -> str:
        other = name[:-2] if name.endswith("#0") else f"{name}#0"
        found = self.names.get(name, self.names.get(other))
        if found is None:
            where = self.module.place(operation.position)
            raise UnreadableModel(f"%{name[:60]} is not defined at {where}")
        return found

    def _find_constant(self, operation: Operation) -> StoredTensor | None:
        name = _find_name(operation)
        if name != "Constant" and operation.name not in _CONSTANTS:
            return None
        attributes = operation.attributes
        value = attributes.get("value", attributes.get(f"{_PREFIX}value"))
        return store_dense(value, self.module.resources) if isinstance(value, DenseConstant) else (
            None
        )  # fmt: skip

    def _make_node(self, operation: Operation, depth: int) -> OnnxNode:
        """The record of an operation; one of another dialect is of a domain of that name."""
        name, domain, version = _find_name(operation), "", self.version
        if name is None:
            domain, _, name = operation.name.partition(".")
        elif match := _VERSIONED.fullmatch(name):
            name, version = match[1], int(match[2])
        name = _RENAMED.get(name, name)
        attributes: dict[str, AttributeValue] = {
            key.removeprefix(_PREFIX): converted
            for key, value in operation.attributes.items()
            if (converted := self._convert(value)) is not None
        }
        if name == "Custom":
            domain, name = str(attributes.get("domain_name", "")), str(
                attributes.get("function_name", name)
            )  # fmt: skip
        inputs = tuple(self._find(each, operation) for each in operation.operands)
        label = attributes.pop(_LABEL, None)
        outputs = tuple(self.names[result] for result in operation.results)
        node = OnnxNode(
            {"": version, domain: version} if domain else {"": version},
            operation.position,
            name[:256],
            domain[:256],
            name=label if isinstance(label, str) and label else outputs[0],
            inputs=inputs,
            outputs=outputs,
            attributes=attributes,
        )
        for key, region in zip(_BRANCHES.get(name, ()), operation.regions, strict=False):
            if len(region) == 1:
                node.graphs[key] = self._make_graph(region[0], depth + 1)
        return node

    def _make_graph(self, block: BlockText, depth: int) -> OnnxGraph:
        graph = OnnxGraph()
        for value, type_ in block.arguments:
            self.names[value] = value
            graph.inputs[value] = flatten_type(type_)[0]
        self.fill(graph, block, depth)
        return graph

    def _convert(self, value: Value) -> AttributeValue:
        """An attribute as ONNX has it: element types by number, truth as one and zero."""
        if isinstance(value, TensorType):
            return _CODES.get(value.element_type or "")
        if isinstance(value, DenseConstant):
            return store_dense(value, self.module.resources)
        if isinstance(value, list):
            return _convert_list(value)
        return value if isinstance(value, int | float | str) else None


def _convert_list(values: list[Value]) -> AttributeValue:
    if len(values) > _MAX_LISTED:
        return None
    whole = tuple(value for value in values if isinstance(value, int))
    if len(whole) == len(values):
        return whole
    numbers = tuple(float(value) for value in values if isinstance(value, int | float))
    if len(numbers) == len(values):
        return numbers
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(values) else None
