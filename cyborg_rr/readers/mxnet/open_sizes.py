"""Which tensor gives a constant of a symbol the size that its shape leaves open.

Cells of Gluon and of ``mx.rnn`` begin with ``_zeros(shape=(0, 12))``: a size of 0 (below 0 since
2.0) is what MXNet infers from the operations around. Those that want equal shapes give it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cyborg_rr.readers.formats.nnvm.document import Document, DocumentNode, Entry
from cyborg_rr.readers.formats.nnvm.values import parse_value
from cyborg_rr.readers.mxnet.roles import get_plain_name

FILLED: Final = frozenset({"zeros", "zeroswithoutdtype", "ones", "full"})
"""Operations that make a tensor of a shape."""

_WORDS: Final = (
    "add", "plus", "sub", "minus", "mul", "div", "mod", "power", "maximum", "minimum", "hypot",
)  # fmt: skip
_EQUAL: Final = frozenset(
    {*_WORDS, *(f"elemwise{word}" for word in _WORDS), "gradadd", "addn", "elementwisesum", "where"}
)
"""Operations of tensors of one shape, but numpy's of that name, which broadcast."""

_KEPT: Final = frozenset(
    {
        "activation", "leakyrelu", "dropout", "relu", "sigmoid", "tanh", "softsign", "exp", "log",
        "negative", "abs", "square", "sqrt", "copy", "identity", "blockgrad", "cast", "ampcast",
        "clip", "softmax", "logsoftmax", "layernorm", "zoneout",
        *(f"{turned}{word}scalar" for word in _WORDS for turned in ("", "r")),
    }
)  # fmt: skip
"""Operations whose result has the shape of their first operand."""

_MOST_STEPS: Final = 16
"""Steps of all searches together, for each node of the graph."""


class Giver(NamedTuple):
    """A tensor and its dimension that an open size is like."""

    entry: Entry
    axis: int


Givers = Mapping[int, Mapping[int, Giver]]
"""By the place of a node that makes a constant, and the dimension that it leaves open."""


def list_open(node: DocumentNode) -> list[int]:
    """The dimensions that the shape of a constant leaves open."""
    if get_plain_name(node.operation) not in FILLED:
        return []
    shape = parse_value(node.attributes.get("shape", "()"))
    sizes = shape if isinstance(shape, tuple) else (shape,)
    least = 0 if node.operation.startswith("_np") else 1  # numpy's shapes may have a size of 0
    return [axis for axis, size in enumerate(sizes) if type(size) is int and size < least]


def find_givers(document: Document, read: frozenset[int]) -> Givers:
    """What the sizes that constants leave open are like; what nothing gives is left out."""
    opened = {place: axes for place in sorted(read) if (axes := list_open(document.nodes[place]))}
    return _Search(document, read).run(opened) if opened else {}


class _Search:
    """One graph in which open sizes are looked for."""

    def __init__(self, document: Document, read: frozenset[int]) -> None:
        self._nodes, self._read = document.nodes, read
        self._left = _MOST_STEPS * len(document.nodes)
        self._readers: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[int, dict[int, Giver]] = {}
        self._is_turned = False
        for place in sorted(read):
            for operand, entry in enumerate(self._nodes[place].inputs):
                self._readers.setdefault(entry.node, []).append((place, operand))

    def run(self, opened: Mapping[int, list[int]]) -> Givers:
        for place, axes in opened.items():
            for axis in axes:
                giver = self._find(place, axis)
                if giver is not None:
                    self._is_turned = self._is_turned or giver.entry.node > place
                    self._found.setdefault(place, {})[axis] = giver
        return self._found

    def _find(self, place: int, axis: int) -> Giver | None:
        """The first tensor of known size: one before the constant, else one that needs it not.

        One before it may need it once another constant has its size from behind.
        """
        waiting, seen = [(place, axis)], {(place, axis)}
        later: list[Giver] = []
        while waiting:
            node, at = waiting.pop(0)
            for reader, operand in self._readers.get(node, ()):
                self._left -= 1
                if self._left < 0:
                    return None
                for giver in _list_givers(self._nodes[reader], operand, at):
                    if giver.entry.node not in self._read:
                        continue
                    if giver.entry.node < place and not self._is_turned:
                        return giver
                    later.append(giver)
                goes_on = _follow(self._nodes[reader], operand, at)
                if goes_on is not None and (reader, goes_on) not in seen:
                    seen.add((reader, goes_on))
                    waiting.append((reader, goes_on))
        return next((each for each in later if not self._needs(each.entry.node, place)), None)

    def _needs(self, start: int, wanted: int) -> bool:
        """Whether a node is made of another; yes also where finding out takes too long."""
        waiting, seen = [start], {start}
        while waiting:
            place = waiting.pop()
            self._left -= 1
            if place == wanted or self._left < 0:
                return True
            givers = self._found.get(place, {}).values()
            for entry in (*self._nodes[place].inputs, *(giver.entry for giver in givers)):
                if entry.node not in seen:
                    seen.add(entry.node)
                    waiting.append(entry.node)
        return False


def _list_givers(node: DocumentNode, operand: int, axis: int) -> Iterator[Giver]:
    """Other operands that have to be as large there."""
    name = get_plain_name(node.operation)
    if name == "rnn" and operand >= 2 and axis == 1:
        yield Giver(node.inputs[0], 1)
    is_concat = name == "concat" and _read_axis(node, "dim", 1) != axis
    if is_concat or (name in _EQUAL and not node.operation.startswith("_np")):
        for place, entry in enumerate(node.inputs):
            if place != operand:
                yield Giver(entry, axis)


def _follow(node: DocumentNode, operand: int, axis: int) -> int | None:
    """Where the dimension stands in the result; None where it may be another."""
    name = get_plain_name(node.operation)
    if name in _EQUAL and not node.operation.startswith("_np"):
        return axis
    if operand:
        return None
    if name in _KEPT:
        return axis
    if name == "fullyconnected":
        return axis if axis == 0 else None
    if name in ("slicechannel", "split"):
        cut = _read_axis(node, "axis", 1)
        squeezed = node.attributes.get("squeeze_axis", "False") in ("1", "True")
        return None if cut in (axis, None) or cut < 0 else axis - (squeezed and cut < axis)
    if name == "expanddims":
        added = _read_axis(node, "axis", 0)
        return None if added is None or added < 0 else axis + (added <= axis)
    return None


def _read_axis(node: DocumentNode, name: str, usual: int) -> int | None:
    found = parse_value(node.attributes.get(name, str(usual)))
    return found if type(found) is int else None


def order_nodes(document: Document, read: frozenset[int], givers: Givers) -> list[int]:
    """The nodes that are read, each behind what it is made of and what gives it its sizes."""
    if not any(
        giver.entry.node > place for place, found in givers.items() for giver in found.values()
    ):
        return sorted(read)
    order: list[int] = []
    done: set[int] = set()
    for root in sorted(read):
        waiting = [(root, False)]
        while waiting:
            place, is_ready = waiting.pop()
            if is_ready:
                order.append(place)
            elif place not in done:
                done.add(place)
                waiting.append((place, True))
                found = givers.get(place, {}).values()
                before = [*document.nodes[place].inputs, *(giver.entry for giver in found)]
                waiting.extend(
                    (entry.node, False) for entry in reversed(before) if entry.node in read
                )
    return order
