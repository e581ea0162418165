"""The ONNX reader: a model in any of its forms into a graph, weights left where they are.

``forms`` tells the forms apart; here protobuf bytes are recognised, which have no magic number.
"""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dialect, Graph, IRIdentity
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.onnx.forms import find_form
from cyborg_rr.readers.onnx.functions import inline_functions
from cyborg_rr.readers.onnx.graph import Translation
from cyborg_rr.readers.onnx.messages import parse_model
from cyborg_rr.readers.onnx.schema import OnnxModel
from cyborg_rr.readers.onnx.translation.operations import NEWEST_VERSION
from cyborg_rr.readers.reading.source import Source

NEWEST_IR_VERSION = 14
MAX_FILE_BYTES = 1 << 31
"""Protobuf goes no further."""

MAX_IR_VERSION = 99
"""Beyond this the number is no version: the newest after eleven years is 14."""

_MODEL_FIELDS = {
    1: VARINT, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: LENGTH, 7: LENGTH, 8: LENGTH,
    14: LENGTH, 20: LENGTH, 25: LENGTH, 26: LENGTH,
}  # fmt: skip
_GRAPH_FIELDS = frozenset({1, 2, 5, 10, 11, 12, 13, 14, 15, 16})
_NODE_FIELDS = frozenset(range(1, 11))


class OnnxReader:
    """Reads ONNX models of any version since IR version 1, without the ``onnx`` package."""

    family = "onnx"

    def recognises(self, source: Source) -> bool:
        """Whether the fields at the start are those of a ModelProto: there is no magic number."""
        try:
            return find_form(source) is not None or _looks_like_model(source.head, len(source.data))
        except UnreadableModel:
            return False

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``."""
        form = find_form(source)
        model = parse_model(Message(source.data)) if form is None else form.parse(source.data)
        warnings = _check_header(model)
        if model.graph is None:
            raise UnreadableModel("no graph in this file, so it is not an ONNX model")
        translation = Translation(model.ir_version or 0)
        body = translation.block(inline_functions(model, model.graph))
        return Graph(
            ir=IRIdentity(
                family=self.family,
                version=str(model.ir_version),
                encoding="protobuf" if form is None else form.encoding,
                producer=model.producer or None,
                producer_version=model.producer_version or None,
                dialects=_dialects(model, translation.versions),
            ),
            name=source.name or model.graph.name,
            body=body,
            warnings=tuple(warnings + translation.warnings()),
        )


def _check_header(model: OnnxModel) -> list[str]:
    """Refuse what cannot be an ONNX model; warn about what is newer than this reader."""
    if model.ir_version is None:
        raise UnreadableModel("no ir_version in this file, so it is not an ONNX model")
    if not 1 <= model.ir_version <= MAX_IR_VERSION:
        raise UnreadableModel(f"IR version {model.ir_version} does not exist")
    warnings: list[str] = []
    if model.ir_version > NEWEST_IR_VERSION:
        warnings.append(
            f"IR version {model.ir_version} is newer than {NEWEST_IR_VERSION}, the newest known"
        )
    version = model.opsets.get("", 0)
    if version > NEWEST_VERSION:
        warnings.append(
            f"ai.onnx operator set {version} is newer than {NEWEST_VERSION}, the newest known here;"
            f" its operations are read as those of {NEWEST_VERSION}"
        )
    if model.has_training:
        warnings.append("the training part of this file was not read")
    return warnings


def _dialects(model: OnnxModel, used: Mapping[str, int]) -> tuple[Dialect, ...]:
    """Operator sets that nodes come from, ONNX's own under its full name.

    Files import more than they use: only what a node needs is required of a toolchain.
    """
    versions = used or {domain: version for domain, version in model.opsets.items() if not domain}
    return tuple(
        Dialect(domain or "ai.onnx", str(version)) for domain, version in sorted(versions.items())
    )


def _looks_like_model(head: bytes, size_bytes: int) -> bool:
    """Whether every field that the head shows is one of ModelProto, and its graph one of ONNX."""
    seen: set[int] = set()
    cut = False
    window = Message(head, 0, max(size_bytes, MAX_FILE_BYTES))  # the file may be cut off
    try:
        for number, wire, value, stop in window:
            if _MODEL_FIELDS.get(number) != wire:
                return False
            seen.add(number)
            if number == 1 and not 1 <= value <= MAX_IR_VERSION:
                return False
            if number in (2, 3) and (stop - value > 4096 or not _is_text(head[value:stop])):
                return False
            if number == 7 and not _looks_like_graph(head, value, stop):
                return False
            if stop >= len(head):
                cut = True
                break
    except IndexError:  # the window reaches beyond the head, into bytes that are not here
        cut = True
    return 1 in seen and (7 in seen or (cut and bool(seen & {6, 8, 25})))


def _looks_like_graph(head: bytes, start: int, stop: int) -> bool:
    """Whether the first fields of a message are those of GraphProto and its nodes."""
    message = Message(head, start, stop)
    try:
        for count, (number, wire, value, end) in enumerate(message):
            if number not in _GRAPH_FIELDS or wire != LENGTH:
                return False
            if number == 1 and not _looks_like_node(head, value, end):
                return False
            if count > 64 or end >= len(head):
                return True
    except IndexError:
        return True
    return True


def _looks_like_node(head: bytes, start: int, stop: int) -> bool:
    """Whether the fields of a message are those of NodeProto."""
    try:
        return all(
            number in _NODE_FIELDS and wire == LENGTH
            for number, wire, _, _ in Message(head, start, stop)
        )
    except IndexError:
        return True


def _is_text(content: bytes) -> bool:
    try:
        return content.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False
