"""OpSharding of xla/xla_data.proto, written as HLO text has it."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.formats.protobuf_wire import LENGTH, Message
from cyborg_rr.readers.hlo.proto.attributes import read_numbers, read_repeated

_REPLICATED, _MAXIMAL, _TUPLE, _OTHER, _MANUAL = range(5)
_LISTS: Final = {3: "tiles", 4: "devices", 8: "last", 9: "sizes", 10: "order"}


def write_sharding(message: Message) -> str:
    """The text of a sharding; one that has no short form is ``{unknown}``."""
    numbers = read_numbers(message)
    kind = numbers.get(1, _REPLICATED)
    if kind == _REPLICATED:
        named = any(wire == LENGTH for _, wire, _, _ in message)
        return "{unknown}" if named else "{replicated}"
    if kind == _MAXIMAL:
        return "{maximal device=0}"
    if kind == _MANUAL:
        return "{manual}"
    return _write_tiles(message, bool(numbers.get(6))) if kind == _OTHER else "{unknown}"


def _write_tiles(message: Message, replicates_last: bool) -> str:
    lists = read_repeated(message, _LISTS)
    text = f"devices=[{_join(lists.get('tiles', ()))}]"
    if lists.get("sizes"):
        text += f"<=[{_join(lists['sizes'])}]"
        order = lists.get("order", ())
        if order and order != tuple(range(len(order))):
            text += f"T({_join(order)})"
    else:
        text += _join(lists.get("devices", ()))
    last = lists.get("last", ())
    if last:
        words = ", ".join("manual" if kind == _MANUAL else "replicated" for kind in last)
        text += f" last_tile_dims={{{words}}}"
    elif replicates_last:
        text += " last_tile_dim_replicate"
    return f"{{{text}}}"


def _join(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))
