"""Partition modes as the catalogue writes them: MIG profiles, vNPU templates, whole-card modes.

``1g.10gb*7;2g.20gb*3`` (MIG), ``vir02(6144,2);vir04(12288,4) of 8 AI cores`` (vNPU, in which the
larger number is MiB) and ``CPX*8`` (a mode that splits the card evenly) are understood. Other
words, such as the name of an FPGA shell, name no partition that a model could be matched with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.representation.representation import Partition

GIB = 1 << 30
MIB = 1 << 20

_MIG = re.compile(r"(\d)g\.(\d+)gb(?:\*(\d+))?", re.ASCII)
_VNPU = re.compile(
    r"(vir\w+)(?:\((\d+)(?:\s*MiB)?(?:\s*cores?)?,\s*(\d+)(?:\s*MiB)?(?:\s*cores?)?\))?"
)
_CORES = re.compile(r"\bof (\d+)")
_MODE = re.compile(r"([A-Z]{2,4})\*(\d+)")

MIG_COMPUTE_SLICES = 7
MIG_QUARTERS = 4
"""A30 and RTX PRO 6000 are cut in four: their largest profile is 4g."""


def parse_partitions(text: str, memory_bytes: int | None) -> tuple[Partition, ...]:
    """The partitions that a cell describes; shares are of the whole device of that memory."""
    total_cores = _CORES.search(text)
    cores = int(total_cores[1]) if total_cores else None
    largest = max((int(match[1]) for match in _MIG.finditer(text)), default=0)
    slices = MIG_QUARTERS if 0 < largest <= MIG_QUARTERS else MIG_COMPUTE_SLICES
    return tuple(
        partition
        for part in text.split(";")
        for partition in _parse(_strip_remark(part), memory_bytes, slices, cores)
    )


def find_partition(partitions: Sequence[Partition], name: str) -> Partition | None:
    """The one of that profile; a mode may have that of the memory behind it (``cpx-nps1``)."""
    mode, _, memory = name.partition("-")
    for partition in partitions:
        if partition.profile == name:
            return partition
        if memory[:3] in ("", "nps") and partition.profile.lower() == mode:
            return partition
    return None


_STARTS = re.compile(r"\dg|vir|vNPU|[A-Z]{2,4}\*", re.ASCII)
_WHOLE = re.compile(
    rf"{_MIG.pattern}|(?:vNPU )?{_VNPU.pattern}(?: of \d+(?: (?:AI )?cores)?)?|{_MODE.pattern}",
    re.ASCII,
)
_ZERO = re.compile(r"(?<!\w)0+(?!\d)", re.ASCII)
_REMARK = re.compile(r"\s+\([^()]*\)$")


def check_partitions(text: str) -> None:
    """Refuse with ``InvalidInput`` what begins like a partition and is not one that is understood.

    A remark in brackets may stand behind the last one.
    """
    for part in text.split(";"):
        own = _strip_remark(part)
        if _STARTS.match(own) and (not _WHOLE.fullmatch(own) or _ZERO.search(own)):
            raise InvalidInput(
                f"{part.strip()!r} is not a partition such as 1g.10gb*7, vir02(6144 MiB,2 cores)"
                " or CPX*8"
            )


def list_modes(text: str) -> Iterator[str]:
    """The words of a cell that a file must declare: letters of modes, and what is no partition."""
    for part in text.split(";"):
        own = _strip_remark(part)
        if match := _MODE.fullmatch(own):
            yield match[1]
        elif own and not _WHOLE.fullmatch(own):
            yield own


def _strip_remark(part: str) -> str:
    own = part.strip()
    return own if _WHOLE.fullmatch(own) else _REMARK.sub("", own)


def _parse(
    text: str, memory_bytes: int | None, slices: int, cores: int | None
) -> Iterator[Partition]:
    if match := _MIG.match(text):
        own = int(match[2]) * GIB
        yield Partition(
            profile=f"{match[1]}g.{match[2]}gb",
            count=int(match[3]) if match[3] else None,
            memory_bytes=own,
            compute_share=min(1.0, int(match[1]) / slices),
            bandwidth_share=min(1.0, own / memory_bytes) if memory_bytes else None,
        )
    elif match := _VNPU.match(text.removeprefix("vNPU ")):
        sizes = sorted(int(size) for size in match.groups()[1:] if size)
        memory = sizes[1] * MIB if sizes else None
        share = sizes[0] / cores if sizes and cores else None
        yield Partition(match[1], None, memory, share, share)
    elif match := _MODE.fullmatch(text):
        count = int(match[2])
        own_memory = memory_bytes // count if memory_bytes else None
        yield Partition(match[1], count, own_memory, 1 / count, 1 / count)
