"""Tells TensorFlow's files from others: protobuf without a magic number, and its text form."""

from __future__ import annotations

import re
from typing import Final, Literal

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.reading.source import Source

Form = Literal["graph", "meta_graph", "saved_model"]

SAVED_MODEL: Final = ("saved_model.pb", "saved_model.pbtxt")

_LOOKED_AT: Final = 64
"""Fields of one message that are looked at."""

_NAME: Final = re.compile(rb"[A-Za-z0-9.>_][A-Za-z0-9_.\\/>:-]*\Z")
_OPERATION: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_.>/-]*\Z")
_DEVICE: Final = re.compile(rb"[ -~]*\Z")
_INPUT: Final = re.compile(rb"\^?[A-Za-z0-9.>_][A-Za-z0-9_.\\/>:-]*\Z")
_GRAPH: Final = {1: LENGTH, 2: LENGTH, 3: VARINT, 4: LENGTH, 5: LENGTH}
_META_GRAPH: Final = dict.fromkeys(range(1, 8), LENGTH)
_INFORMATION: Final = {1: LENGTH, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: LENGTH, 6: LENGTH, 7: VARINT,
                       8: LENGTH}  # fmt: skip
_SAVED_MODEL: Final = {1: VARINT, 2: LENGTH}
_NODE: Final = dict.fromkeys(range(1, 8), LENGTH)

_COMMENTS: Final = rb"(?:\s|#[^\n]*\n)*"
_TEXTS: Final[tuple[tuple[Form, bytes, bytes], ...]] = (
    ("saved_model", b"meta_graphs",
     _COMMENTS + rb"saved_model_schema_version\s*:\s*\d+\s*meta_graphs"),
    ("meta_graph", b"meta_info_def", _COMMENTS + rb"meta_info_def\s*:?\s*[{<]"),
    ("graph", b"node",
     _COMMENTS + rb"(?:versions\s*:?\s*\{[^{}]*\}\s*)?node\s*:?\s*[{<]\s*name\s*:\s*"
     rb"(\"[^\"\n]*\"|'[^'\n]*')[\s,;]*op\s*:"),
)  # fmt: skip
"""A word of each form, which is looked for first: patterns take 3 ms to prepare."""

_FIRST: Final = frozenset(b" \t\r\n\f\v#smvn")
"""Bytes that such a text may begin with."""


def find_text_form(head: bytes) -> Form | None:
    """Which message a text is; None for anything else."""
    if not head or head[0] not in _FIRST:
        return None
    texts = (each for each in _TEXTS if each[1] in head)
    return next((form for form, _, pattern in texts if re.match(pattern, head)), None)


def find_form(source: Source) -> Form | None:
    """Which message a binary file is; None for anything else."""
    for form, looks in (
        ("saved_model", _looks_like_saved_model),
        ("meta_graph", _looks_like_meta_graph),
        ("graph", _looks_like_graph),
    ):
        try:
            if looks(Message(source.data, 0, max(len(source.data), 1 << 62))):
                return form  # type: ignore[return-value]  # the words stand just above
        except (UnreadableModel, IndexError):
            continue
    return None


def _looks_like_graph(message: Message) -> bool:
    """Whether the fields are those of a GraphDef, with a node at least."""
    nodes = 0
    for count, (number, wire, value, stop) in enumerate(message):
        if _GRAPH.get(number) != wire:
            return False
        is_cut = stop > len(message.data)
        if number == 1:
            if not is_cut and not _looks_like_node(message, value, stop):
                return False
            nodes += 1 if not is_cut else _begins_as_node(message, value, stop)
        if count >= _LOOKED_AT or stop >= len(message.data):
            break
    return nodes > 0


def _begins_as_node(message: Message, start: int, stop: int) -> bool:
    """Whether what is left of a node that is cut off looks like one."""
    try:
        return _looks_like_node(message, start, stop)
    except IndexError:
        return False


def _looks_like_node(message: Message, start: int, stop: int) -> bool:
    """Whether a message has a name and an operation, and inputs that are names."""
    data = message.data
    seen = set()
    for count, (number, wire, value, end) in enumerate(Message(data, start, stop)):
        if _NODE.get(number) != wire:
            return False
        pattern = {1: _NAME, 2: _OPERATION, 3: _INPUT, 4: _DEVICE}.get(number)
        if pattern is not None:
            if end - value > 4096 or pattern.match(bytes(data[value:end])) is None:
                return False
        elif number == 5 and not _looks_like_attribute(message, value, end):
            return False
        seen.add(number)
        if count >= _LOOKED_AT or end >= len(data):
            break
    return {1, 2} <= seen or (stop > len(data) and 1 in seen)


def _looks_like_attribute(message: Message, start: int, stop: int) -> bool:
    """Whether a message begins as an entry of a map from names."""
    for number, wire, value, end in Message(message.data, start, stop):
        return (
            number == 1
            and wire == LENGTH
            and (end > len(message.data) or _NAME.match(bytes(message.data[value:end])) is not None)
        )
    return False


def _looks_like_meta_graph(message: Message) -> bool:
    """Whether the fields are those of a MetaGraphDef, its information first, and its graph."""
    for count, (number, wire, value, stop) in enumerate(message):
        if _META_GRAPH.get(number) != wire or (count == 0 and number != 1):
            return False
        if number == 1 and not _looks_like_information(message, value, stop):
            return False
        if number == 2:
            return _looks_like_graph(Message(message.data, value, stop))
        if stop >= len(message.data) or count >= _LOOKED_AT:
            return False
    return False


def _looks_like_information(message: Message, start: int, stop: int) -> bool:
    known = 0
    for number, wire, value, end in Message(message.data, start, stop):
        if _INFORMATION.get(number) != wire:
            return False
        if number in (4, 5) and not bytes(message.data[value : min(end, value + 64)]).isascii():
            return False
        known += number in (2, 4, 5, 6)
    return known > 0


def _looks_like_saved_model(message: Message) -> bool:
    """Whether a version of 1 stands in front of a MetaGraphDef."""
    for count, (number, wire, value, stop) in enumerate(message):
        if _SAVED_MODEL.get(number) != wire or (count == 0 and (number, value) != (1, 1)):
            return False
        if number == 2:
            return _looks_like_meta_graph(Message(message.data, value, stop))
    return False
