"""Executables of AWS Neuron (NEFF): a header of 1024 bytes, then a TAR archive, mostly in gzip.

The header: NEFF.lean of aws-neuron's KLR. The archive has ``kelf-a.json`` (or ``kelf-0.json``),
whose ``target`` names the generation of NeuronCores that the runtime holds it against, as the
runtime's loader is known to: sunda or v2, cayman or v3, mariana or v4, and ``*`` for any.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target, join_targets
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.artifact.found import BUILT_ON, Found
from cyborg_rr.readers.formats.json_values import parse_json
from cyborg_rr.readers.formats.tar import inflate, list_members
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_LOOKED_BYTES: Final = 16 << 20
"""Of the unpacked archive: the descriptions stand in front of weights."""

MAX_DESCRIPTION_BYTES: Final = 4 << 20
GENERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("trn1", "inf2"),
    "sunda": ("trn1", "inf2"),
    "v2": ("trn1", "inf2"),
    "cayman": ("trn2",),
    "v3": ("trn2",),
    "mariana": ("trn3",),
    "v4": ("trn3",),
}
"""Devices with NeuronCores of that generation (AWS Neuron documentation, architecture guides)."""

ANY: Final = "*"
_HEADER: Final = struct.Struct("<5Q128sI32s16s256sI")
_HEADER_BYTES: Final = 1024
_DESCRIPTION: Final = re.compile(r"(?:\./)?kelf-(?:a|[0-9]{1,3})\.json")


def read(data: Buffer) -> Found:
    """Version, and the generation of NeuronCores where the archive says it."""
    head = bytes(data[:_HEADER_BYTES])
    if len(head) < _HEADER_BYTES:
        raise UnreadableModel("the header of the NEFF is cut off")
    fields = _HEADER.unpack_from(head)
    package, size, major, minor = fields[0], fields[2], fields[3], fields[4]
    if _HEADER_BYTES + size > len(data):
        raise UnreadableModel(f"the NEFF states an archive of {size} bytes and is cut off")
    generation = _find_generation(data, packed=package == 2, stop=_HEADER_BYTES + size)
    lacks, target = _judge(generation)
    cores = fields[10]
    return Found(
        kind="neff",
        what="an executable of AWS Neuron (NEFF)",
        targets=(Target("backend", "neuron"), *target),
        version=f"{major}.{minor}",
        producer="neuron-cc",
        producer_version=_text(fields[5]) or None,
        name=_text(fields[9]),
        lacks=lacks,
        notes=(f"it asks for {cores} NeuronCores",) if cores else (),
    )


def _judge(generation: str | None) -> tuple[tuple[str, ...], tuple[Target, ...]]:
    """What is not known, and the target."""
    if generation == ANY:
        return (), ()
    names = None if generation is None else GENERATIONS.get(generation)
    if names is not None:
        return (), join_targets(Target("arch", name) for name in names)
    said = "is not stated" if generation is None else f"is {quote(generation)}, unknown here"
    lack = f"the generation of NeuronCores that it was compiled for {said}"
    return (lack,), (Target(BUILT_ON, "generation of NeuronCores"),)


def _find_generation(data: Buffer, *, packed: bool, stop: int) -> str | None:
    archive: Buffer = data
    start, end = _HEADER_BYTES, stop
    if packed:
        archive = inflate(data, start, stop, MAX_LOOKED_BYTES)
        start, end = 0, len(archive)
    for member in list_members(archive, start, end):
        if _DESCRIPTION.fullmatch(member.name) and member.size <= MAX_DESCRIPTION_BYTES:
            content = bytes(archive[member.start : member.start + member.size])
            described = parse_json(content, quote(member.name))
            target = described.get("target") if isinstance(described, dict) else None
            return (
                printable(target.encode(errors="replace"))[:64] if isinstance(target, str) else None
            )
    return None


def _text(field: bytes) -> str:
    return printable(field.partition(b"\0")[0])
