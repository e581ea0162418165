"""Reads the messages of an ONNX file into records.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx).
"""

from __future__ import annotations

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dialects.onnx.schema import OnnxFunction, OnnxGraph, OnnxModel, OnnxNode
from cyborg_rr.readers.dialects.onnx.tensors import read_sparse_tensor, read_tensor
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message, signed
from cyborg_rr.readers.onnx.attributes import read_attribute
from cyborg_rr.readers.onnx.types import read_value_info
from cyborg_rr.readers.reading.limits import MAX_NODES


def parse_model(message: Message) -> OnnxModel:
    """The whole file. Raises ``UnreadableModel`` with the byte where it stops making sense."""
    model = OnnxModel()
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT:
            model.ir_version = signed(value)
        elif wire != LENGTH:
            continue
        elif number == 2:
            model.producer = message.text(value, stop, 256)
        elif number == 3:
            model.producer_version = message.text(value, stop, 256)
        elif number == 7:
            if model.graph is not None:
                raise UnreadableModel(f"a second main graph at byte {message.offset(value)}")
            model.graph = parse_graph(message.message(value, stop), model.opsets, is_main=True)
        elif number == 8:
            domain, version = _opset(message.message(value, stop))
            model.opsets[domain] = max(version, model.opsets.get(domain, version))
        elif number == 20:
            model.has_training = True
        elif number == 25:
            function = _function(message.message(value, stop))
            if function.key in model.functions:
                raise UnreadableModel(
                    f"function {function.domain}:{function.name} is defined twice, the second time"
                    f" at byte {function.offset}"
                )
            model.functions[function.key] = function
    return model


def parse_graph(message: Message, opsets: dict[str, int], is_main: bool = False) -> OnnxGraph:
    """A graph and, through attributes of its nodes, the graphs within it."""
    graph = OnnxGraph()
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 1:
            graph.nodes.append(parse_node(message.message(value, stop), opsets))
            if len(graph.nodes) > MAX_NODES:
                raise UnreadableModel(f"more than {MAX_NODES} nodes in one graph")
        elif number == 2:
            graph.name = message.text(value, stop, 256)
        elif number == 5:
            name, tensor = read_tensor(message.message(value, stop), "parameter")
            _store(graph, name, tensor, message.offset(value))
        elif number == 11:
            name, tensor_type = read_value_info(message.message(value, stop), is_main)
            if name in graph.inputs:
                raise UnreadableModel(f"graph input {quote(name)} is listed twice")
            graph.inputs[name] = tensor_type
        elif number == 12:
            name, tensor_type = read_value_info(message.message(value, stop))
            graph.outputs.append(name)
            graph.types[name] = tensor_type
        elif number == 13:
            name, tensor_type = read_value_info(message.message(value, stop))
            graph.types.setdefault(name, tensor_type)
        elif number == 15:
            name, tensor = read_sparse_tensor(message.message(value, stop))
            _store(graph, name, tensor, message.offset(value))
            graph.sparse.append(name)
    return graph


def _store(graph: OnnxGraph, name: str, tensor: StoredTensor, offset: int) -> None:
    if not name:
        raise UnreadableModel(f"an initializer without a name at byte {offset}")
    if name in graph.stored:
        raise UnreadableModel(f"initializer {quote(name)} is defined twice, again at byte {offset}")
    graph.stored[name] = tensor


def parse_node(message: Message, opsets: dict[str, int]) -> OnnxNode:
    """One node with its attributes."""
    node = OnnxNode(opsets, message.offset(message.start))
    inputs: list[str] = []
    outputs: list[str] = []
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 1:
            inputs.append(message.name(value, stop))
        elif number == 2:
            outputs.append(message.name(value, stop))
        elif number == 3:
            node.name = message.name(value, stop)
        elif number == 4:
            node.operation = message.name(value, stop, 256)
        elif number == 5:
            _add_attribute(message.message(value, stop), opsets, node)
        elif number == 7:
            domain = message.name(value, stop, 256)
            node.domain = "" if domain == "ai.onnx" else domain
        elif number == 8:
            node.overload = message.name(value, stop, 256)
    if not node.operation:
        raise UnreadableModel(f"a node without an operation at byte {node.offset}")
    node.inputs, node.outputs = tuple(inputs), tuple(outputs)
    return node


def _add_attribute(message: Message, opsets: dict[str, int], node: OnnxNode) -> None:
    name, value, graphs = read_attribute(message)
    for index, graph in enumerate(graphs):
        node.graphs[f"{name}_{index}" if index else name] = parse_graph(graph, opsets)
    if value is not None:
        node.attributes[name] = value


def _opset(message: Message) -> tuple[str, int]:
    domain, version = "", 0
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            domain = message.name(value, stop, 256)
        elif number == 2 and wire == VARINT:
            version = signed(value)
    if not 1 <= version < 1 << 31:
        raise UnreadableModel(
            f"operator set {domain or 'ai.onnx'} of version {version} at byte"
            f" {message.offset(message.start)}"
        )
    return "" if domain == "ai.onnx" else domain, version


def _function(message: Message) -> OnnxFunction:
    opsets: dict[str, int] = {}
    function = OnnxFunction(opsets, message.offset(message.start))
    holder = OnnxNode(opsets, function.offset)
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 1:
            function.name = message.name(value, stop, 256)
        elif number == 4:
            function.inputs.append(message.name(value, stop))
        elif number == 5:
            function.outputs.append(message.name(value, stop))
        elif number == 6:
            function.attributes.append(message.name(value, stop, 256))
        elif number == 7:
            function.nodes.append(parse_node(message.message(value, stop), opsets))
        elif number == 9:
            domain, version = _opset(message.message(value, stop))
            opsets[domain] = version
        elif number == 10:
            domain = message.name(value, stop, 256)
            function.domain = "" if domain == "ai.onnx" else domain
        elif number == 11:
            _add_attribute(message.message(value, stop), opsets, holder)
        elif number == 13:
            function.overload = message.name(value, stop, 256)
    function.defaults = holder.attributes
    if not function.name:
        raise UnreadableModel(f"a function without a name at byte {function.offset}")
    return function
