"""Reads models in ONNX Runtime's own form (.ort) into the same records as those of ONNX.

Fields by number: onnxruntime/core/flatbuffers/schema/ort.fbs; the file's identifier is ``ORTM``.
Nodes carry types of all their values, since the runtime has inferred them. Weights stay where
they are.
"""

from __future__ import annotations

from sys import intern
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension, StoredKind, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.readers.dialects.onnx.schema import (
    AttributeValue,
    LongList,
    OnnxGraph,
    OnnxModel,
    OnnxNode,
)
from cyborg_rr.readers.dialects.onnx.tensors import check_size, checked_type, decode_raw, is_small
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table
from cyborg_rr.readers.formats.protobuf_wire import MAX_VALUES
from cyborg_rr.readers.onnx.types import NO_TYPE, make_symbol
from cyborg_rr.readers.reading.limits import MAX_NODES, MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

MAX_DEPTH: Final = 32
"""Graphs within graphs."""

_FLOAT, _INT, _STRING, _TENSOR, _GRAPH = 1, 2, 3, 4, 5
_FLOATS, _INTS, _STRINGS, _TENSORS, _GRAPHS = 6, 7, 8, 9, 10
_VALUE, _PARAMETER = 1, 2
"""DimensionValueType."""

_TENSOR_TYPE: Final = 1
"""TypeInfoValue."""


def parse_ort(data: Buffer) -> OnnxModel:
    """The whole file. Raises ``UnreadableModel`` with the byte where it stops making sense."""
    session = FlatFile(data).root()
    found = session.table(1)
    if found is None:
        raise UnreadableModel("the session holds no model")
    model = OnnxModel(
        ir_version=found.integer(0, "q"),
        producer=_text(found, 2)[:256],
        producer_version=_text(found, 3)[:256],
    )
    for entry in found.tables(1):
        domain = _text(entry, 0)
        model.opsets["" if domain == "ai.onnx" else domain] = entry.integer(1, "q")
    graph = found.table(7)
    if graph is not None:
        model.graph = _graph(graph, model.opsets, 0)
    return model


def _graph(table: Table, opsets: dict[str, int], depth: int) -> OnnxGraph:
    """A graph and, through attributes of its nodes, the graphs within it."""
    if depth > MAX_DEPTH:
        raise UnreadableModel(f"graphs are nested more than {MAX_DEPTH} deep")
    graph = OnnxGraph()
    for entry in table.tables(0):
        name, tensor = _tensor(entry, "parameter")
        _store(graph, name, tensor)
    for entry in table.tables(7):
        values = entry.table(0)
        if values is not None:
            name, tensor = _tensor(values, "parameter")
            dense = TensorType(tensor.type.element_type, entry.integers(2, "q"))
            check_size(dense, f"sparse tensor {quote(name)}")
            _store(graph, name, StoredTensor(dense, "parameter"))
            graph.sparse.append(name)
    inputs = _texts(table, 5)
    own = frozenset(inputs) if depth == 0 else frozenset()
    for entry in table.tables(1):
        name = _text(entry, 0)
        graph.types[name] = _type(entry.table(2), name if name in own else None)
    for name in inputs:
        if name in graph.inputs:
            raise UnreadableModel(f"graph input {quote(name)} is listed twice")
        graph.inputs[name] = graph.types.pop(name, NO_TYPE)
    graph.outputs.extend(_texts(table, 6))
    for name in graph.outputs:
        graph.types.setdefault(name, NO_TYPE)
    for name in graph.stored:
        graph.types.pop(name, None)
    for entry in table.tables(2):
        graph.nodes.append(_node(entry, opsets, depth))
        if len(graph.nodes) > MAX_NODES:
            raise UnreadableModel(f"more than {MAX_NODES} nodes in one graph")
    return graph


def _store(graph: OnnxGraph, name: str, tensor: StoredTensor) -> None:
    if not name or name in graph.stored:
        raise UnreadableModel(f"initializer {quote(name)} has no name of its own")
    graph.stored[name] = tensor


def _node(table: Table, opsets: dict[str, int], depth: int) -> OnnxNode:
    domain = _text(table, 2)
    node = OnnxNode(
        opsets,
        table.position,
        operation=intern(_text(table, 5)[:256]),
        domain="" if domain == "ai.onnx" else domain,
        name=_text(table, 0),
        inputs=_texts(table, 8),
        outputs=_texts(table, 9),
    )
    if not node.operation:
        raise UnreadableModel(f"a node without an operation at byte {table.position}")
    for attribute in table.tables(10):
        _add_attribute(node, attribute, depth)
    return node


def _add_attribute(node: OnnxNode, table: Table, depth: int) -> None:
    name, kind = _text(table, 0), table.integer(2, "i")
    if kind in (_GRAPH, _GRAPHS):
        single = table.table(7)
        graphs = [single] if single is not None else list(table.tables(12))
        for place, graph in enumerate(graphs):
            called = f"{name}_{place}" if place else name
            node.graphs[called] = _graph(graph, node.opsets, depth + 1)
        return
    value = _value(table, kind)
    if value is not None:
        node.attributes[name] = value


def _value(table: Table, kind: int) -> AttributeValue:
    """The value of an attribute that is no graph; None for kinds that steer nothing."""
    if kind == _FLOAT:
        return float(table.number(3, "f"))
    if kind == _INT:
        return table.integer(4, "q")
    if kind == _STRING:
        return _text(table, 5)
    if kind == _TENSOR:
        tensor = table.table(6)
        return None if tensor is None else _tensor(tensor, "constant")[1]
    widths = {_FLOATS: (8, 4), _INTS: (9, 8), _STRINGS: (10, 4)}
    if kind not in widths:
        return None
    field, width = widths[kind]
    _, count = table.span(field, width)
    if count > MAX_VALUES:
        return LongList(count)
    if kind == _FLOATS:
        return tuple(float(number) for number in table.numbers(field, "f"))
    return table.integers(field, "q") if kind == _INTS else _texts(table, field)


def _tensor(table: Table, kind: StoredKind) -> tuple[str, StoredTensor]:
    """The name and the type of a tensor, with its values when it is small."""
    name = _text(table, 0)
    place = f"tensor {quote(name)} at byte {table.position}"
    known = checked_type(table.integer(3, "i"), table.integers(2, "q"), place)
    elements, size = known.elements, known.byte_size
    start, count = table.span(4)
    if known.element_type == "str":
        return name, StoredTensor(known, kind)
    if elements == 0:
        return name, StoredTensor(known, kind, values=())
    if not count:
        external = table.integer(6, "q", -1) >= 0
        return name, StoredTensor(known, kind, "external" if external else "absent")
    if count != size or elements is None:
        raise UnreadableModel(f"{place}: {count} bytes of data, but its type takes {size}")
    values = None
    if is_small(known):
        content = table.content(start, start + count)
        values = decode_raw(content, known.element_type or "", elements)
    return name, StoredTensor(known, kind, "inline", values)


def _type(table: Table | None, symbols_for: str | None) -> TensorType:
    """The tensor type in a TypeInfo; a sequence or a map has none."""
    found = None
    if table is not None and table.integer(1, "B") == _TENSOR_TYPE:
        found = table.table(2)
    if found is None:
        return NO_TYPE
    code, stated = found.integer(0, "i"), found.table(1)
    shape: list[Dimension] = []
    for entry in stated.tables(0) if stated is not None else ():
        value = entry.table(0)
        unknown = ANY if symbols_for is None else make_symbol(symbols_for, len(shape))
        shape.append(unknown if value is None else _dimension(value, unknown))
        if len(shape) > MAX_RANK:
            raise UnreadableModel(f"the type at byte {found.position} has a rank over {MAX_RANK}")
    if code == 0:
        return TensorType(None, None if stated is None else tuple(shape))
    checked = checked_type(code, tuple(shape), f"type at byte {found.position}")
    return checked if stated is not None else TensorType(checked.element_type, None)


def _dimension(table: Table, unknown: str) -> Dimension:
    kind = table.integer(0, "b")
    if kind == _VALUE:
        size = table.integer(1, "q")
        return unknown if size == -1 else size
    name = _text(table, 2) if kind == _PARAMETER else ""
    return name if name and name != ANY else unknown


def _text(table: Table, field: int) -> str:
    """A text, safe to print as those of protobuf bytes are."""
    return render_printable(table.text(field))


def _texts(table: Table, field: int) -> tuple[str, ...]:
    return tuple(map(render_printable, table.texts(field)))
