"""Shardy's meshes and shardings: ``<["x"=8]>`` and ``<@mesh, [{"x"}, {}]>``.

The forms are those of Shardy's dialect ``sdy`` (openxla.org/shardy/sdy_dialect); in HLO and in what
jax.export writes they stand as text in ``frontend_attributes``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cyborg_rr.domain.graph.shardings import Freedom, Part, Parts, Sharding, join_parts
from cyborg_rr.readers.formats.shardings.errors import MAX_DEVICES, BadSharding

MAX_TEXT: Final = 1 << 20
MAX_AXES: Final = 64
_AXIS = re.compile(r'"([^"\\]{1,4096})"\s*=\s*([0-9]{1,10})')
_TOKEN = re.compile(
    r'"([^"\\]{1,4096})"(?::\(([0-9]{1,10})\)([0-9]{1,10}))?|([\[\]{}<>,?@=])|([A-Za-z_0-9.$-]+)'
)
_SYMBOL = re.compile(r'\s*@(?:"([^"\\]{1,4096})"|([A-Za-z_0-9.$-]{1,4096}))\s*,')
_INLINE = re.compile(r"\s*mesh<")


@dataclass(frozen=True, slots=True)
class Mesh:
    """The axes of an arrangement of devices; ``is_ordered`` where they are numbered in order."""

    axes: Mapping[str, int]
    is_ordered: bool = True

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return math.prod(self.axes.values())

    def find_part(self, axis: str, before: int = 1, size: int | None = None) -> Part:
        """The division by an axis, or by a part of it that ``before`` others stand outside of."""
        whole = self.axes.get(axis)
        if whole is None:
            raise BadSharding(f"the mesh has no axis {axis[:60]!r}")
        count = whole if size is None else size
        if count < 1 or before < 1 or whole % (before * count):
            raise BadSharding(f"the axis {axis[:60]!r} has no such part")
        names = list(self.axes)
        inner = math.prod(self.axes[name] for name in names[names.index(axis) + 1 :])
        return Part(inner * (whole // (before * count)) if self.is_ordered else 0, count)


def parse_mesh(text: str) -> Mesh:
    """The mesh in ``["x"=8, "y"=2], device_ids=[...]``; ``BadSharding`` where it is none."""
    head, _, rest = text[:MAX_TEXT].partition("]")
    axes: dict[str, int] = {}
    for name, size in _AXIS.findall(head):
        if name in axes or not int(size) or len(axes) >= MAX_AXES:
            raise BadSharding(f"a mesh has an axis twice, one of no device or over {MAX_AXES}")
        axes[name] = int(size)
    mesh = Mesh(axes, "device_ids" not in rest)
    if "[" not in head or mesh.devices >= MAX_DEVICES:
        raise BadSharding("a mesh has no axes, or too many devices")
    return mesh


def parse_meshes(text: str) -> dict[str, Mesh]:
    """``{mesh = #sdy.mesh<["x"=8]>}``, as it stands in HLO: meshes by name."""
    found: dict[str, Mesh] = {}
    for part in text[:MAX_TEXT].split("#sdy.mesh<")[1:]:
        found[f"{len(found)}"] = parse_mesh(part)
    names = re.findall(r"([A-Za-z_0-9.$-]{1,4096})\s*=\s*#sdy\.mesh<", text[:MAX_TEXT])
    return dict(zip(names, found.values(), strict=False))


def parse_shardy(
    text: str, rank: int, meshes: Mapping[str, Mesh], by_hand: Collection[str] = ()
) -> Sharding:
    """The sharding in ``@mesh, [{"x"}, {}]`` of a value of some rank.

    ``by_hand`` are axes whose parts a region states itself: they divide its values no further.
    """
    if len(text) > MAX_TEXT:
        raise BadSharding("it is too long")
    mesh, position = _find_mesh(text, meshes)
    dimensions, is_open = _Dimensions(mesh, by_hand).read(text, position)
    if len(dimensions) != rank:
        raise BadSharding("it has another rank than the value")
    axes = {axis for axis, size in mesh.axes.items() if size > 1}
    freedom: Freedom = "open" if is_open else "closed"
    if by_hand:
        freedom = "manual" if axes <= set(by_hand) else "open"
    sharding = Sharding(tuple(dimensions), freedom)
    used = sorted((p for parts in dimensions for p in parts), key=lambda part: part.stride)
    if mesh.is_ordered and any(a.overlaps(b) for a, b in pairwise(used)):
        raise BadSharding("an axis divides it twice")
    if math.prod(sharding.splits) > mesh.devices:
        raise BadSharding("it has more parts than there are devices")
    return sharding


def split_shardings(text: str) -> list[str]:
    """The single shardings in ``[<@mesh, ...>, <@mesh, ...>]``."""
    found: list[str] = []
    depth = start = 0
    for match in re.finditer(r'"[^"]*"|[<>]', text[:MAX_TEXT]):
        if match[0] == "<":
            start = match.end() if depth == 0 else start
            depth += 1
        elif match[0] == ">":
            depth -= 1
            if depth == 0:
                found.append(text[start : match.start()])
    return found


def list_names(text: str) -> list[str]:
    """The names in quotes in a text, such as ``manual_axes{"d", "m"}``."""
    return re.findall(r'"([^"\\]{1,4096})"', text[:MAX_TEXT])


def _find_mesh(text: str, meshes: Mapping[str, Mesh]) -> tuple[Mesh, int]:
    named = _SYMBOL.match(text)
    if named is not None:
        name = named[1] or named[2]
        if name not in meshes:
            raise BadSharding(f"the mesh {name[:60]!r} is not there")
        return meshes[name], named.end()
    inline = _INLINE.match(text)
    if inline is None:
        raise BadSharding("it names no mesh")
    close = text.find(">", inline.end())
    return parse_mesh(text[inline.end() : close]), close + 1


class _Dimensions:
    """Reads ``[{"x", "y":(1)2, ?}, {}]``; what follows says nothing of the parts' sizes."""

    def __init__(self, mesh: Mesh, by_hand: Collection[str]) -> None:
        self._mesh = mesh
        self._by_hand = by_hand

    def read(self, text: str, position: int) -> tuple[list[Parts], bool]:
        """The divisions of each dimension, and whether any may be divided further."""
        tokens = _TOKEN.finditer(text, position)
        dimensions: list[Parts] = []
        is_open = False
        for token in tokens:
            if token[4] == "]":
                return dimensions, is_open
            if token[4] == "{":
                parts, more = self._read_one(tokens)
                dimensions.append(parts)
                is_open = is_open or more
        raise BadSharding("it has no list of dimensions")

    def _read_one(self, tokens: Iterator[re.Match[str]]) -> tuple[Parts, bool]:
        parts: list[Part] = []
        is_open = False
        for token in tokens:
            if token[4] == "}":
                return join_parts(parts), is_open
            if token[4] == "?":
                is_open = True
            elif token[1] is not None:
                before = int(token[2]) if token[2] else 1
                size = int(token[3]) if token[3] else None
                part = self._mesh.find_part(token[1], before, size)
                if token[1] not in self._by_hand:
                    parts.append(part)
        raise BadSharding("a dimension is not closed")
