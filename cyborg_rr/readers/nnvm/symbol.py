"""From a symbol graph to a block: operations of nnvm.top, no shapes but those of its variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, Scalar, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.nnvm.document import Document, DocumentNode
from cyborg_rr.readers.formats.nnvm.element_types import NUMBERS, find_by_text
from cyborg_rr.readers.formats.nnvm.values import Value, parse_value
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import make_nodes
from cyborg_rr.readers.nnvm.naming import Names, find_weights, locate
from cyborg_rr.readers.nnvm.translation.native import NativeNnvmNode
from cyborg_rr.readers.nnvm.translation.operations import OPERATIONS
from cyborg_rr.readers.reading.limits import MAX_RANK

USUAL_TYPE: Final = "f32"
"""What NNVM's compiler takes for a variable of which nothing is said (``build``, ``dtype``)."""

_INDEX_TYPE: Final = "i32"
_PACKED: Final = frozenset({"_contrib_conv2d_NCHWc", "_contrib_depthwise_conv2d_NCHWc", "conv2d"})


class Symbol:
    """One symbol graph on its way to a block."""

    def __init__(self, document: Document, known: Mapping[str, TensorType]) -> None:
        self._document = document
        self._known = known
        self._names = Names(document)
        self._weights = find_weights(document, known)
        self._inputs: dict[str, TensorType] = {}
        self._stored: dict[str, StoredTensor] = {}
        self._types: dict[str, TensorType] = {}
        self._constants: dict[tuple[str, str], str] = {}
        self.unknown: Counter[str] = Counter()

    @property
    def guessed(self) -> int:
        """Weights that nothing beside the graph names."""
        return 0 if self._known else len(self._weights)

    def write(self) -> Block:
        """The whole graph."""
        self._define_variables()
        nodes: list[Node] = []
        for place, node in enumerate(self._document.nodes):
            if not node.is_variable:
                nodes += self._translate(place, node)
        outputs = self._names.at(self._document.heads)
        return Block(self._inputs, outputs, tuple(nodes), self._stored, self._types)

    def _define_variables(self) -> None:
        repacked, indices = self._find_repacked(), self._find_indices()
        for place, node in enumerate(self._document.nodes):
            if not node.is_variable:
                continue
            (name, *_) = self._names.of(place)
            if place in self._weights:
                stated = self._known.get(node.name) or self._state(node, USUAL_TYPE)
                if place in repacked and stated.shape is not None and len(stated.shape) > 4:
                    stated = TensorType(stated.element_type, None)
                self._stored[name] = StoredTensor(
                    stated, "parameter", locate(self._known, node.name)
                )
                self._types[name] = stated
            else:
                usual = _INDEX_TYPE if place in indices else USUAL_TYPE
                self._inputs[name] = self._types[name] = self._state(node, usual)

    def _find_repacked(self) -> frozenset[int]:
        """Kernels whose packed shape gives way to the plain one, which has the same elements."""
        return frozenset(
            node.inputs[1].node
            for node in self._document.nodes
            if node.operation in _PACKED and len(node.inputs) > 1
        )

    def _find_indices(self) -> frozenset[int]:
        """Variables that are read as indices."""
        return frozenset(
            node.inputs[1].node
            for node in self._document.nodes
            if node.operation == "take" and len(node.inputs) > 1
        )

    def _state(self, node: DocumentNode, usual: str) -> TensorType:
        """The type of a variable, as far as its attributes state one."""
        stated = node.attributes.get("__shape__", node.attributes.get("shape", "None"))
        shape = parse_value(stated)
        kind = parse_value(node.attributes.get("__dtype__", node.attributes.get("dtype", "None")))
        element_type = NUMBERS.get(kind) if isinstance(kind, int) else None
        if isinstance(kind, str):
            element_type = find_by_text(kind)[0]
        return TensorType(element_type or usual, self._check_shape(node, shape))

    def _check_shape(self, node: DocumentNode, stated: Value) -> tuple[int, ...] | None:
        """Sizes above zero; a zero is one that NNVM infers, so that nothing is stated."""
        if not isinstance(stated, tuple):
            return None
        sizes = tuple(size for size in stated if type(size) is int)
        if len(sizes) != len(stated) or len(sizes) > MAX_RANK or min(sizes, default=1) < 0:
            raise UnreadableModel(f"variable {quote(node.name)} has a shape that none can have")
        return sizes if all(sizes) else None

    def _translate(self, place: int, node: DocumentNode) -> list[Node]:
        rule = OPERATIONS.get(node.operation, unknown)
        native = NativeNnvmNode(
            node.operation,
            self._names.of(place)[0] if self._names.of(place) else node.name,
            self._names.at(node.inputs),
            self._names.of(place),
            {key: parse_value(text) for key, text in node.attributes.items()},
            self._types.get,
            self._stored.get,
            self._store,
        )
        steps = rule(native)
        if node.operation not in OPERATIONS or any(step.operation == "unknown" for step in steps):
            self.unknown[node.operation] += 1
        return make_nodes(steps, node.operation, native.label)

    def _store(self, values: Scalar | tuple[int, ...], element_type: str) -> str:
        """The name of stored numbers; equal ones are stored once."""
        flat = values if isinstance(values, tuple) else (values,)
        shape = (len(flat),) if isinstance(values, tuple) else ()
        key = (repr(values), element_type)
        if key not in self._constants:
            name = self._constants[key] = self._names.claim(":".join(key))
            known = self._types[name] = TensorType(element_type, shape)
            self._stored[name] = StoredTensor(known, "constant", values=flat)
        return self._constants[key]
