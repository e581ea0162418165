"""Reads ONNX's own syntax: the grammar of onnx/defs/parser.cc, which onnx.printer writes.

The text becomes the bytes of a ModelProto, field by field; nesting is bounded.
"""

from __future__ import annotations

import struct
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.onnx.textual.encoding import content, number, pack_float, packed, real
from cyborg_rr.readers.onnx.textual.names import ELEMENT_TYPES, KINDS
from cyborg_rr.readers.onnx.textual.tokens import Tokens

MAX_DEPTH: Final = 32
"""Graphs and types within one another."""

_FLOAT, _DOUBLE, _STRING, _INT64 = 1, 11, 8, 7
_FLOAT_FIELD, _INT32_FIELD, _STRING_FIELD, _INT64_FIELD = 4, 5, 6, 7
_DOUBLE_FIELD, _UINT64_FIELD = 10, 11
"""Fields of TensorProto."""

_UNSIGNED: Final = (12, 13)
_COMPLEX: Final = {14: 1, 15: 11}
_MODEL_TEXTS: Final = {"producer_name": 2, "producer_version": 3, "domain": 4, "doc_string": 6}
_MODEL_NUMBERS: Final = {"ir_version": 1, "model_version": 5}
_GRAPH_TEXTS: Final = {"domain": 10, "overload": 13, "doc_string": 8}
_Type = tuple[bytes, int, tuple[int, ...] | None]
"""A TypeProto, its element type, and its shape where it is all numbers."""


def encode_model(data: bytes) -> bytes:
    """The ModelProto of a text; ``UnreadableModel`` names line and column."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableModel(f"byte {error.start} of the text is no UTF-8") from error
    return _Parser(Tokens(text)).model()


class _Parser:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def model(self) -> bytes:
        """Facts, the graph, functions."""
        tokens = self._tokens
        parts = [self._facts(_MODEL_TEXTS, 8), content(7, self._graph(0))]
        while tokens.kind != "end":
            parts.append(content(25, self._function()))
        return b"".join(parts)

    def _facts(self, texts: dict[str, int], opsets: int) -> bytes:
        """What stands between angle brackets in front of a graph or a function."""
        tokens, parts = self._tokens, []
        if not tokens.take("<"):
            return b""
        while not tokens.take(">"):
            key = tokens.name()
            tokens.want(":")
            if key in _MODEL_NUMBERS:
                parts.append(number(_MODEL_NUMBERS[key], tokens.integer()))
            elif key == "opset_import":
                parts += [content(opsets, entry) for entry in self._opsets()]
            elif key in texts:
                parts.append(content(texts[key], tokens.text()))
            elif key == "metadata_props":
                self._pairs()
            else:
                raise tokens.refuse(f"follows {key!r}, which is no fact of a model")
            if not tokens.is_(">"):
                tokens.want(",")
        return b"".join(parts)

    def _opsets(self) -> list[bytes]:
        tokens, found = self._tokens, []
        tokens.want("[")
        while not tokens.take("]"):
            domain = tokens.text()
            tokens.want(":")
            found.append(content(1, domain) + number(2, tokens.integer()))
            if not tokens.is_("]"):
                tokens.want(",")
        return found

    def _pairs(self) -> list[tuple[str, str]]:
        """A list of texts with texts."""
        tokens, found = self._tokens, []
        tokens.want("[")
        while not tokens.take("]"):
            key = tokens.text()
            tokens.want(":")
            value = tokens.text() if tokens.kind == "text" else str(tokens.integer())
            found.append((key, value))
            if not tokens.is_("]"):
                tokens.want(",")
        return found

    # ---- graphs and functions

    def _graph(self, depth: int) -> bytes:
        if depth > MAX_DEPTH:
            raise self._tokens.refuse(f"is nested more than {MAX_DEPTH} deep")
        parts = [content(2, self._tokens.name())]
        if self._tokens.is_("("):
            parts += self._values("(", ")", 11)
        self._tokens.want("=>")
        parts += self._values("(", ")", 12)
        if self._tokens.is_("<"):
            parts += self._values("<", ">", 13)
        return b"".join(parts + [content(1, node) for node in self._nodes(depth)])

    def _values(self, opening: str, closing: str, field: int) -> list[bytes]:
        """Values with their types, and among them tensors that are stored."""
        tokens, parts = self._tokens, []
        tokens.want(opening)
        while not tokens.take(closing):
            kind = self._type(0) if self._is_type() else None
            name = tokens.name()
            value = content(1, name) + (content(2, kind[0]) if kind is not None else b"")
            if tokens.take("="):
                if kind is None:
                    raise tokens.refuse("follows a tensor without a type")
                parts.append(content(5, content(8, name) + self._data(kind)))
                if field == 11:
                    parts.append(content(field, value))
            else:
                parts.append(content(field, value))
            if not tokens.is_(closing):
                tokens.want(",")
        return parts

    def _function(self) -> bytes:
        tokens = self._tokens
        parts = [self._facts(_GRAPH_TEXTS, 9), content(1, tokens.name())]
        if tokens.take("<"):
            while not tokens.take(">"):
                name = tokens.name()
                if tokens.is_(":") or tokens.is_("="):
                    parts.append(content(11, self._attribute(name, 0)))
                else:
                    parts.append(content(6, name))
                if not tokens.is_(">"):
                    tokens.want(",")
        for field in (4, 5):
            if field == 5:
                tokens.want("=>")
            tokens.want("(")
            while not tokens.take(")"):
                if self._is_type():
                    self._type(0)
                parts.append(content(field, tokens.name()))
                if not tokens.is_(")"):
                    tokens.want(",")
        if tokens.is_("<"):
            self._values("<", ">", 13)
        return b"".join(parts + [content(7, node) for node in self._nodes(0)])

    def _nodes(self, depth: int) -> list[bytes]:
        nodes = []
        self._tokens.want("{")
        while not self._tokens.take("}"):
            nodes.append(self._node(depth))
        return nodes

    def _node(self, depth: int) -> bytes:
        """``[label] outputs = domain.Operation:overload <attributes> (inputs) <attributes>``."""
        tokens, parts = self._tokens, []
        if tokens.take("["):
            parts.append(content(3, tokens.name()))
            tokens.want("]")
        parts += [content(2, name) for name in self._names("=")]
        path = [tokens.name()]
        while tokens.take("."):
            path.append(tokens.name())
        parts.append(content(4, path[-1]))
        if len(path) > 1:
            parts.append(content(7, ".".join(path[:-1])))
        if tokens.take(":"):
            parts.append(content(8, tokens.name()))
        parts += self._attributes(depth)
        tokens.want("(")
        parts += [content(1, name) for name in self._names(")")]
        parts += self._attributes(depth)
        return b"".join(parts)

    def _names(self, closing: str) -> list[str]:
        """Names with commas between them; an absent one stands as nothing or as empty text."""
        tokens, names = self._tokens, []
        while not tokens.take(closing):
            names.append("" if tokens.value == "," else tokens.name())
            if tokens.value != closing:
                tokens.want(",")
        return names

    # ---- attributes

    def _attributes(self, depth: int) -> list[bytes]:
        tokens, found = self._tokens, []
        if tokens.take("<"):
            while not tokens.take(">"):
                found.append(content(5, self._attribute(tokens.name(), depth)))
                if not tokens.is_(">"):
                    tokens.want(",")
        return found

    def _attribute(self, name: str, depth: int) -> bytes:
        tokens, kind = self._tokens, 0
        if tokens.take(":"):
            word = tokens.name()
            kind = KINDS.get(word, 0)
            if not kind:
                raise tokens.refuse(f"follows {word!r}, which is no kind of attribute")
        tokens.want("=")
        parts = [content(1, name)]
        if tokens.take("@"):
            parts.append(content(21, tokens.name()))
        elif tokens.take("["):
            found, value = self._list(kind, depth)
            kind = kind or found
            parts.append(value)
        else:
            found, value = self._single(kind, depth)
            kind = kind or found
            parts.append(value)
        return b"".join([*parts, number(20, kind)])

    def _single(self, kind: int, depth: int) -> tuple[int, bytes]:
        """One value, with the kind that it shows."""
        tokens = self._tokens
        if tokens.kind == "number":
            text = tokens.next()
            if kind == KINDS["float"] or not text.lstrip("-").isdigit():
                return KINDS["float"], real(2, self._real(text))
            return KINDS["int"], number(3, self._whole(text))
        if tokens.kind == "text" and kind != KINDS["graph"]:
            return KINDS["string"], content(4, tokens.text())
        if kind == KINDS["type_proto"]:
            return kind, content(14, self._type(0)[0])
        if self._is_type() and kind != KINDS["graph"]:
            return KINDS["tensor"], content(5, self._tensor())
        return KINDS["graph"], content(6, self._graph(depth + 1))

    def _list(self, kind: int, depth: int) -> tuple[int, bytes]:
        tokens, parts = self._tokens, []
        kinds = set()
        numbers: list[str] = []
        while not tokens.take("]"):
            if tokens.kind == "number":
                numbers.append(tokens.next())
            elif tokens.kind == "text":
                kinds.add(KINDS["strings"])
                parts.append(content(9, tokens.text()))
            elif self._is_type():
                kinds.add(KINDS["tensors"])
                parts.append(content(10, self._tensor()))
            else:
                kinds.add(KINDS["graphs"])
                parts.append(content(11, self._graph(depth + 1)))
            if not tokens.is_("]"):
                tokens.want(",")
        if numbers:
            whole = kind != KINDS["floats"] and all(n.lstrip("-").isdigit() for n in numbers)
            kinds.add(KINDS["ints"] if whole else KINDS["floats"])
            if whole:
                parts.append(packed(8, map(self._whole, numbers)))
            else:
                parts.append(content(7, b"".join(pack_float(self._real(n)) for n in numbers)))
        if len(kinds) > 1:
            raise tokens.refuse("ends a list of several kinds of values")
        return next(iter(kinds), kind), b"".join(parts)

    # ---- types and tensors

    def _is_type(self) -> bool:
        words = ("seq", "map", "optional", "sparse_tensor")
        return self._tokens.kind == "name" and (
            self._tokens.value in ELEMENT_TYPES or self._tokens.value in words
        )

    def _type(self, depth: int) -> _Type:
        """A TypeProto: ``float`` is a scalar, ``float[]`` of no stated rank."""
        tokens = self._tokens
        if depth > MAX_DEPTH:
            raise tokens.refuse(f"is nested more than {MAX_DEPTH} deep")
        word = tokens.name()
        code = ELEMENT_TYPES.get(word)
        if code is not None:
            shape, sizes = self._shape()
            return content(1, number(1, code) + shape), code, sizes
        tokens.want("(")
        if word == "map":
            key = ELEMENT_TYPES.get(tokens.name(), 0)
            tokens.want(",")
            made = content(5, number(1, key) + content(2, self._type(depth + 1)[0]))
        elif word == "sparse_tensor":
            code = ELEMENT_TYPES.get(tokens.name(), 0)
            made = content(8, number(1, code) + self._shape()[0])
        elif word in ("seq", "optional"):
            made = content(4 if word == "seq" else 9, content(1, self._type(depth + 1)[0]))
        else:
            raise tokens.refuse("follows what is no type")
        tokens.want(")")
        return made, 0, None

    def _shape(self) -> tuple[bytes, tuple[int, ...] | None]:
        tokens, parts = self._tokens, []
        sizes: list[int] = []
        if not tokens.take("["):
            return content(2, b""), ()
        if tokens.take("]"):
            return b"", None
        while not tokens.take("]"):
            if tokens.kind == "number" and not tokens.value.isalpha():
                sizes.append(tokens.integer())
                parts.append(content(1, number(1, sizes[-1])))
            elif tokens.take("?"):
                parts.append(content(1, b""))
            else:
                parts.append(content(1, content(2, tokens.name())))
            if not tokens.is_("]"):
                tokens.want(",")
        known = tuple(sizes) if len(sizes) == len(parts) else None
        return content(2, b"".join(parts)), known

    def _tensor(self) -> bytes:
        """``float[2] name {1, 2}``: a tensor within an attribute."""
        kind = self._type(0)
        name = self._tokens.name() if self._tokens.kind in ("name", "text") else ""
        self._tokens.take("=")
        return content(8, name) + self._data(kind)

    def _data(self, kind: _Type) -> bytes:
        """What a tensor holds: values, or where they lie in another file."""
        _, code, sizes = kind
        if sizes is None or not code:
            raise self._tokens.refuse("follows a type that no stored tensor has")
        head = packed(1, sizes) + number(2, code)
        if self._tokens.is_("["):
            entries = [content(13, content(1, k) + content(2, v)) for k, v in self._pairs()]
            return b"".join([head, *entries, number(14, 1)])
        if not self._tokens.is_("{"):
            raise self._tokens.refuse("should be the values of a tensor")
        if code == _STRING:
            return head + self._strings()
        values = self._tokens.numbers()
        return head + self._encode_values(_COMPLEX.get(code, code), values)

    def _strings(self) -> bytes:
        tokens, parts = self._tokens, []
        tokens.want("{")
        while not tokens.take("}"):
            parts.append(content(_STRING_FIELD, tokens.text()))
            if not tokens.is_("}"):
                tokens.want(",")
        return b"".join(parts)

    def _encode_values(self, code: int, values: list[str]) -> bytes:
        if not values:
            return b""
        if code == _FLOAT:
            return content(_FLOAT_FIELD, b"".join(pack_float(self._real(v)) for v in values))
        if code == _DOUBLE:
            numbers = [self._real(value) for value in values]
            return content(_DOUBLE_FIELD, struct.pack(f"<{len(numbers)}d", *numbers))
        field = _INT64_FIELD if code == _INT64 else _INT32_FIELD
        return packed(_UINT64_FIELD if code in _UNSIGNED else field, map(self._whole, values))

    def _real(self, text: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise self._tokens.refuse("stands behind what is no number") from error

    def _whole(self, text: str) -> int:
        if len(text) > 21 or not text.lstrip("-").isdigit() or not text.isascii():
            raise self._tokens.refuse("stands behind what is no whole number of 64 bits")
        return int(text)
