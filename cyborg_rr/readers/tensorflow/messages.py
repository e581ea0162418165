"""Records of GraphDef, FunctionDef, MetaGraphDef and SavedModel, read without their weights.

Attributes are read when a rule asks for them. Fields: tensorflow/core/framework/{graph,node_def,
function,op_def}.proto and tensorflow/core/protobuf/{meta_graph,saved_model}.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.tensorflow.values import TypeWord, read_shape, read_value


class Attributes(Mapping[str, object]):
    """The attributes of a node, each read when it is asked for and kept then."""

    __slots__ = ("_entries", "_message", "_read", "_spans")

    def __init__(self, message: Message, entries: Sequence[tuple[int, int]]) -> None:
        self._message = message
        self._entries = entries
        self._spans: dict[str, tuple[Message, int, int]] | None = None
        self._read: dict[str, object] | None = None

    def forget(self) -> None:
        """Keep nothing of what was read; it is read again when it is asked for."""
        self._spans = self._read = None

    def _index(self) -> dict[str, tuple[Message, int, int]]:
        if self._spans is None:
            self._spans = {}
            for start, stop in self._entries:
                entry = self._message.message(start, stop)
                key, span = "", None
                for number, wire, value, end in entry:
                    if number == 1 and wire == LENGTH:
                        key = entry.text(value, end, 256)
                    elif number == 2 and wire == LENGTH:
                        span = (value, end)
                if span is not None:
                    self._spans[key] = (entry, *span)
        return self._spans

    def __getitem__(self, name: str) -> object:
        if self._read is None:
            self._read = {}
        if name not in self._read:
            entry, start, stop = self._index()[name]
            self._read[name] = read_value(entry.message(start, stop))
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._index()

    def __iter__(self) -> Iterator[str]:
        return iter(self._index())

    def __len__(self) -> int:
        return len(self._index())


@dataclass(slots=True)
class NodeDef:
    """A node: its inputs are ``name``, ``name:place``, ``name:result:place`` or ``^name``."""

    name: str
    operation: str
    inputs: list[str]
    attributes: Mapping[str, object]

    def forget(self) -> None:
        """Keep nothing of its attributes that can be read again."""
        if isinstance(self.attributes, Attributes):
            self.attributes.forget()


@dataclass(slots=True)
class Argument:
    """An argument of a function, or a result of it. A list of several tensors is ``many``."""

    name: str
    type: TypeWord | None
    many: bool
    shape: Shape | None = None


@dataclass(slots=True)
class FunctionDef:
    """A function: its results are named by ``returned``."""

    name: str
    inputs: list[Argument]
    outputs: list[Argument]
    nodes: list[NodeDef]
    returned: dict[str, str]


@dataclass(slots=True)
class GraphDef:
    """A graph with its library; functions are read when they are called.

    ``raised`` are those that the graph's loops of version 1 were made into.
    """

    nodes: list[NodeDef] = field(default_factory=list)
    producer: int | None = None
    functions: dict[str, tuple[Message, int, int]] = field(default_factory=dict)
    raised: dict[str, FunctionDef] = field(default_factory=dict)

    def find_function(self, name: str) -> FunctionDef | None:
        """A function of the library."""
        if name in self.raised:
            return self.raised[name]
        span = self.functions.get(name)
        return None if span is None else _read_function(span[0].message(*span[1:]))


@dataclass(slots=True)
class TensorInfo:
    """What a signature says of a tensor; its name is empty where it is composed of several."""

    name: str
    type: TypeWord | None
    shape: Shape | None


@dataclass(slots=True)
class Signature:
    """Inputs and outputs by the names that callers use."""

    inputs: dict[str, TensorInfo] = field(default_factory=dict)
    outputs: dict[str, TensorInfo] = field(default_factory=dict)


@dataclass(slots=True)
class MetaGraph:
    """A graph with its signatures. ``tags`` tell several of one SavedModel apart."""

    graph: GraphDef = field(default_factory=GraphDef)
    tags: list[str] = field(default_factory=list)
    version: str | None = None
    signatures: dict[str, Signature] = field(default_factory=dict)
    has_graph: bool = False


def read_graph(message: Message) -> GraphDef:
    """A GraphDef."""
    graph = GraphDef()
    for number, wire, value, stop in message:
        if wire == LENGTH and number == 1:
            if len(graph.nodes) >= MAX_NODES:
                raise UnreadableModel(f"the graph has more than {MAX_NODES} nodes")
            graph.nodes.append(_read_node(message.message(value, stop)))
        elif wire == LENGTH and number == 2:
            library = message.message(value, stop)
            for inner, kind, start, end in library:
                if inner == 1 and kind == LENGTH:
                    graph.functions[_name_function(library.message(start, end))] = (
                        library, start, end,
                    )  # fmt: skip
        elif wire == LENGTH and number == 4:
            graph.producer = _find_number(message.message(value, stop), 1)
        elif wire == VARINT and number == 3 and graph.producer is None:
            graph.producer = value
    return graph


def _find_number(message: Message, wanted: int) -> int | None:
    found = None
    for number, wire, value, _ in message:
        if number == wanted and wire == VARINT:
            found = value
    return found


def _read_node(message: Message) -> NodeDef:
    name = operation = ""
    inputs: list[str] = []
    spans: list[tuple[int, int]] = []
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 5:
            spans.append((value, stop))
        elif number == 3:
            inputs.append(message.name(value, stop))
        elif number == 1:
            name = message.name(value, stop)
        elif number == 2:
            operation = message.name(value, stop, 256)
    if not name or not operation:
        raise UnreadableModel(
            f"a node at byte {message.offset(message.start)} has no name or no operation"
        )
    return NodeDef(name, intern(operation), inputs, Attributes(message, tuple(spans)))


def _name_function(message: Message) -> str:
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            signature = message.message(value, stop)
            for inner, kind, start, end in signature:
                if inner == 1 and kind == LENGTH:
                    return signature.name(start, end)
    return ""


def _read_function(message: Message) -> FunctionDef:
    function = FunctionDef("", [], [], [], {})
    shapes: dict[int, Shape | None] = {}
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        inner = message.message(value, stop)
        if number == 1:
            _read_signature(inner, function)
        elif number == 3:
            function.nodes.append(_read_node(inner))
        elif number == 4:
            key, span = _read_entry(inner)
            if span is not None:
                function.returned[key] = inner.name(*span)
        elif number == 7:
            _read_argument_attributes(inner, shapes)
    for place, argument in enumerate(function.inputs):
        argument.shape = shapes.get(place)
    return function


def _read_signature(message: Message, function: FunctionDef) -> None:
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 1:
            function.name = message.name(value, stop)
        elif number in (2, 3):
            argument = _read_argument(message.message(value, stop))
            (function.inputs if number == 2 else function.outputs).append(argument)


def _read_argument(message: Message) -> Argument:
    argument = Argument("", None, many=False)
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            argument.name = message.name(value, stop)
        elif number == 3 and wire == VARINT:
            argument.type = TypeWord.of(value)
        elif number in (5, 6) and wire == LENGTH and stop > value:
            argument.many = True
    return argument


def _read_entry(message: Message) -> tuple[str, tuple[int, int] | None]:
    """Key and place of the value in an entry of a map."""
    key, span = "", None
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            key = message.name(value, stop)
        elif number == 2 and wire == LENGTH:
            span = (value, stop)
    return key, span


def _read_argument_attributes(message: Message, shapes: dict[int, Shape | None]) -> None:
    place = 0
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT:
            place = value
        elif number == 2 and wire == LENGTH:
            inner = message.message(value, stop)
            spans = [(start, end) for each, _, start, end in inner if each == 1]
            stated = Attributes(inner, spans).get("_output_shapes")
            if isinstance(stated, tuple) and stated and isinstance(stated[0], tuple):
                shapes[place] = stated[0]


def read_meta_graph(message: Message) -> MetaGraph:
    """A MetaGraphDef."""
    meta = MetaGraph()
    for number, wire, value, stop in message:
        if wire != LENGTH:
            continue
        if number == 1:
            _read_information(message.message(value, stop), meta)
        elif number == 2:
            meta.graph = read_graph(message.message(value, stop))
            meta.has_graph = True
        elif number == 5:
            entry = message.message(value, stop)
            key, span = _read_entry(entry)
            if span is not None:
                meta.signatures[key] = _read_signature_def(entry.message(*span))
    return meta


def _read_information(message: Message, meta: MetaGraph) -> None:
    for number, wire, value, stop in message:
        if wire == LENGTH and number == 4:
            meta.tags.append(message.text(value, stop, 256))
        elif wire == LENGTH and number == 5:
            meta.version = message.text(value, stop, 64)


def _read_signature_def(message: Message) -> Signature:
    signature = Signature()
    for number, wire, value, stop in message:
        if wire != LENGTH or number not in (1, 2):
            continue
        entry = message.message(value, stop)
        key, span = _read_entry(entry)
        if span is not None:
            side = signature.inputs if number == 1 else signature.outputs
            side[key] = _read_info(entry.message(*span))
    return signature


def _read_info(message: Message) -> TensorInfo:
    info = TensorInfo("", None, None)
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            info.name = message.name(value, stop)
        elif number == 2 and wire == VARINT:
            info.type = TypeWord.of(value)
        elif number == 3 and wire == LENGTH:
            info.shape = read_shape(message.message(value, stop))
    return info


def read_saved_model(message: Message) -> list[MetaGraph]:
    """The graphs of a SavedModel, told apart by their tags."""
    found = []
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT and value != 1:
            raise UnreadableModel(f"version {value} of SavedModel is not read, only 1")
        if number == 2 and wire == LENGTH:
            found.append(read_meta_graph(message.message(value, stop)))
    if not found:
        raise UnreadableModel("the SavedModel has no graph")
    return found


def place_of(node: NodeDef) -> str:
    """How messages call a node."""
    return f"node {quote(node.name)} ({quote(node.operation)[1:-1]})"
