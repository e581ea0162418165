"""GSPMD's shardings: ``{devices=[2,1,4]<=[2,4]T(1,0) last_tile_dim_replicate}`` and its like.

The forms are those that ``HloSharding::ToString`` writes and XLA's ``hlo_parser.cc`` reads: tiles
by dimension, then either all devices in order or, in short, how they are numbered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.shardings import Part, Sharding, join_parts, whole
from cyborg_rr.readers.formats.shardings.errors import MAX_DEVICES, BadSharding

MAX_TEXT: Final = 1 << 20
MAX_TILES: Final = 128
_NUMBERS = r"[0-9]{1,10}(?:,[0-9]{1,10})*"
_DEVICES = re.compile(
    rf"devices=\[({_NUMBERS})\](?:<=\[({_NUMBERS})\](?:T\(({_NUMBERS})\))?|({_NUMBERS}))"
)
_LAST = re.compile(r"last_tile_dims=\{([a-z_, ]{0,99})\}")


@dataclass(frozen=True, slots=True)
class Tiled:
    """A sharding with the number of devices that it is over, None where it names none."""

    sharding: Sharding
    devices: int | None


def parse_gspmd(text: str, rank: int) -> Tiled:
    """The sharding of a value of some rank; ``BadSharding`` where it is none."""
    if len(text) > MAX_TEXT:
        raise BadSharding("it is too long")
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}")) or body.startswith("{{"):
        raise BadSharding("it is no single sharding")
    words = body[1:-1].split(maxsplit=1)
    kind = words[0] if words else ""
    if kind in ("replicated", "maximal"):
        return Tiled(whole(rank), None)
    if kind == "manual":
        return Tiled(whole(rank, "manual"), None)
    found = _DEVICES.match(body, 1)
    if found is None:
        raise BadSharding("it names neither devices nor another kind of sharding")
    return _read_tiles(body, found, rank)


def _read_tiles(body: str, found: re.Match[str], rank: int) -> Tiled:
    tiles = _numbers(found[1])
    if len(tiles) > MAX_TILES:
        raise BadSharding("it has too many dimensions")
    count = math.prod(tiles)
    if not 0 < count < MAX_DEVICES or len(tiles) < rank:
        raise BadSharding("its tiles are not those of the value")
    last = _LAST.search(body)
    kinds = [word.strip() for word in last[1].split(",")] if last else []
    if " last_tile_dim_replicate" in body:
        kinds = ["replicated"]
    if len(tiles) != rank + len(kinds):
        raise BadSharding("it has another rank than the value")
    queue = _list_strides(found, count)
    dimensions = [join_parts(_take(queue, tile)) for tile in tiles]
    by_hand = any(
        kind == "manual" and tile > 1 for kind, tile in zip(kinds, tiles[rank:], strict=True)
    )
    rest = any(parts for parts in dimensions[:rank]) or any(
        kind != "manual" and tile > 1 for kind, tile in zip(kinds, tiles[rank:], strict=True)
    )
    freedom: Final = ("open" if rest else "manual") if by_hand else "closed"
    return Tiled(Sharding(tuple(dimensions[:rank]), freedom), count)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _list_strides(found: re.Match[str], count: int) -> list[Part]:
    """How the devices are numbered, the outermost division first; empty where nobody knows."""
    if found[4] is not None:
        devices = _numbers(found[4])
        if len(devices) != count:
            raise BadSharding("it has not as many devices as tiles")
        return [Part(1, count)] if devices == tuple(range(count)) else []
    sizes = _numbers(found[2])
    if len(sizes) > MAX_TILES:
        raise BadSharding("it has too many dimensions")
    if math.prod(sizes) != count:
        raise BadSharding("it has not as many devices as tiles")
    order = _numbers(found[3]) if found[3] else tuple(range(len(sizes)))
    if sorted(order) != list(range(len(sizes))):
        raise BadSharding("it has no permutation of its devices")
    strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    return [Part(strides[place], sizes[place]) for place in order]


def _take(queue: list[Part], tile: int) -> Sequence[Part]:
    """The divisions that one dimension takes off the front; a stride of 0 where they do not fit."""
    taken: list[Part] = []
    rest = tile
    while rest > 1:
        first = queue.pop(0) if queue else Part(0, 1)
        if first.count == 1 and queue:
            continue
        if first.stride and rest % first.count == 0:
            taken.append(first)
            rest //= first.count
        elif first.stride and first.count % rest == 0:
            inner = first.count // rest
            taken.append(Part(first.stride * inner, rest))
            queue.insert(0, Part(first.stride, inner))
            rest = 1
        else:
            queue.clear()
            return [Part(0, tile)]
    return taken
