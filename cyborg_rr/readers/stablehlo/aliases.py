"""Donated arguments: which outputs take over the memory of which arguments."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir.structure import Function
from cyborg_rr.readers.stablehlo.arguments import EntryArgument


def find_aliases(
    entry: Function, arguments: Sequence[EntryArgument], outputs: Sequence[TensorType | None]
) -> dict[int, str]:
    """Stated pairs first, then donors with outputs of equal type; each output once, as in XLA.

    Memory is shared only between equal static types: any other pair stays counted twice.
    """
    aliases: dict[int, str] = {}
    donors: list[EntryArgument] = []
    for argument, written in zip(arguments, entry.arguments, strict=True):
        if not isinstance(argument.type, TensorType) or not argument.type.is_static:
            continue
        place = written.attributes.get("tf.aliasing_output")
        if isinstance(place, int) and 0 <= place < len(outputs):
            if outputs[place] == argument.type:
                aliases.setdefault(place, argument.name)
        elif written.attributes.get("jax.buffer_donor") is True:
            donors.append(argument)
    for donor in donors:
        for place, type_ in enumerate(outputs):
            if place not in aliases and type_ == donor.type:
                aliases[place] = donor.name
                break
    return aliases
