"""What TVM exports as .tar: object files for a host, one with the code for devices in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.marks import GZIP
from cyborg_rr.readers.artifact.modules import embedded
from cyborg_rr.readers.artifact.modules.program import describe, find_machine
from cyborg_rr.readers.formats.tar import BLOCK, inflate, list_members
from cyborg_rr.readers.reading.source import Buffer

MAX_UNPACKED_BYTES: Final = 64 << 20
_CUT: Final = (
    "the archive is cut off, as by a download that has not finished: what stood behind lacks"
)


def read(data: Buffer) -> Found:
    """What its code for devices is for, and the host's processor."""
    packed = bytes(data[: len(GZIP)]) == GZIP
    archive = inflate(data, 0, len(data), MAX_UNPACKED_BYTES) if packed else data
    hosts: list[str] = []
    targets: list[Target] = []
    for member in list_members(archive):
        stop = member.start + member.size
        machine = find_machine(archive, member.start, stop)
        if machine is not None:
            hosts.append(machine)
        targets += embedded.list_targets(archive, member.start, stop)
    if not hosts and not targets:
        raise UnreadableModel("the archive holds no object file for a processor that is known here")
    found = describe(
        dict.fromkeys(targets), hosts[0] if hosts else "no known kind", "an archive of TVM"
    )
    notes = found.notes if _is_whole(archive) else (*found.notes, _CUT)
    return replace(found, encoding="tar", producer="tvm", notes=notes)


def _is_whole(archive: Buffer) -> bool:
    """Whether empty blocks stand at the end, as they must (ustar), or more than is unpacked."""
    return len(archive) >= MAX_UNPACKED_BYTES or bytes(archive[-BLOCK:]) == bytes(BLOCK)
