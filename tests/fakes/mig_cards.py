"""What cards can be cut into, as NVIDIA publishes it.

Names, slices, engines and instance counts: NVIDIA Multi-Instance GPU User Guide (v580), Supported
MIG Profiles, tables of A30, A100, H100, H200, B200 and RTX PRO 6000; places and profile numbers:
its ``nvidia-smi mig -lgipp`` of A100 and H100 (which agree), for the other cards of eight slices
the same, for those of four by the fraction of memory; memory in MiB: NVIDIA/go-nvml, pkg/nvml/mock
(H100: as a real one with driver 580.159 says; RTX PRO 6000: its share of 96 GiB).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

EIGHT = """
1_SLICE,19,1g.{1}gb,1,0 1 2 3 4 5 6,1,7,{m1},{e1}
1_SLICE_REV1,20,1g.{1}gb+me,1,0 1 2 3 4 5 6,1,1,{m1},{e1me}
1_SLICE_REV2,15,1g.{2}gb,2,0 2 4 6,1,4,{m2},{e1b}
2_SLICE,14,2g.{2}gb,2,0 2 4,2,3,{m2},{e2}
3_SLICE,9,3g.{4}gb,4,0 4,3,2,{m4},{e3}
4_SLICE,5,4g.{4}gb,4,0,4,1,{m4},{e4}
7_SLICE,0,7g.{8}gb,8,0,7,1,{m8},{e7}
"""

A100_ENGINES = {
    "e1": "0,0,0,0",
    "e1me": "1,0,1,1",
    "e1b": "1,0,0,0",
    "e2": "1,0,0,0",
    "e3": "2,0,0,0",
    "e4": "2,0,0,0",
    "e7": "5,0,1,1",
}

HOPPER_ENGINES = {
    "e1": "1,0,1,0",
    "e1me": "1,0,1,1",
    "e1b": "1,0,1,0",
    "e2": "2,0,2,0",
    "e3": "3,0,3,0",
    "e4": "4,0,4,0",
    "e7": "7,0,7,1",
}

B200_ENGINES = dict.fromkeys(HOPPER_ENGINES, "1,0,1,0") | {"e1me": "1,0,1,1", "e7": "1,0,1,1"}

A30 = """
1_SLICE,14,1g.6gb,1,0 1 2 3,1,4,5836,0,0,0,0
1_SLICE_REV1,21,1g.6gb+me,1,0 1 2 3,1,1,5836,1,0,1,1
2_SLICE,5,2g.12gb,2,0 2,2,2,11672,2,0,0,0
2_SLICE_REV1,6,2g.12gb+me,2,0 2,2,1,11672,2,0,1,1
4_SLICE,0,4g.24gb,4,0,4,1,23344,4,0,1,1
"""

RTX_PRO_6000 = """
1_SLICE,14,1g.24gb,1,0 1 2 3,1,4,24576,1,1,1,0
1_SLICE_REV1,21,1g.24gb+me,1,0 1 2 3,1,1,24576,1,1,1,1
1_SLICE_GFX,47,1g.24gb+gfx,1,0 1 2 3,1,4,24576,1,1,1,0
1_SLICE_ALL_ME,65,1g.24gb+me.all,1,0 1 2 3,1,1,24576,4,4,4,1
1_SLICE_NO_ME,67,1g.24gb-me,1,0 1 2 3,1,4,24576,0,0,0,0
2_SLICE,5,2g.48gb,2,0 2,2,2,49152,2,2,2,0
2_SLICE_GFX,35,2g.48gb+gfx,2,0 2,2,2,49152,2,2,2,0
2_SLICE_ALL_ME,64,2g.48gb+me.all,2,0 2,2,1,49152,4,4,4,1
2_SLICE_NO_ME,66,2g.48gb-me,2,0 2,2,2,49152,0,0,0,0
4_SLICE,0,4g.96gb,4,0,4,1,98304,4,4,4,1
4_SLICE_GFX,32,4g.96gb+gfx,4,0,4,1,98304,4,4,4,1
"""


@dataclass(frozen=True)
class CardProfile:
    """One row: what NVML says of a profile of a card."""

    constant: str
    id: int
    name: str
    size: int
    starts: tuple[int, ...]
    slices: int
    count: int
    memory: int
    engines: tuple[int, int, int, int]


def _fill(gigabytes: tuple[int, ...], mebibytes: tuple[int, ...], engines: dict[str, str]) -> str:
    names = dict(zip("1248", gigabytes, strict=True))
    memory = dict(zip(("m1", "m2", "m4", "m8"), mebibytes, strict=True))
    text = EIGHT
    for key, value in (names | memory | engines).items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def _read(text: str) -> tuple[CardProfile, ...]:
    rows = csv.reader(io.StringIO(text.strip()))
    return tuple(
        CardProfile(
            row[0],
            int(row[1]),
            row[2],
            int(row[3]),
            tuple(int(start) for start in row[4].split()),
            int(row[5]),
            int(row[6]),
            int(row[7]),
            (int(row[8]), int(row[9]), int(row[10]), int(row[11])),
        )
        for row in rows
    )


CARDS: dict[str, tuple[CardProfile, ...]] = {
    "A30": _read(A30),
    "A100-40": _read(_fill((5, 10, 20, 40), (4864, 9856, 19968, 40192), A100_ENGINES)),
    "A100-80": _read(_fill((10, 20, 40, 80), (9856, 19968, 40192, 80384), A100_ENGINES)),
    "H100-80": _read(_fill((10, 20, 40, 80), (9984, 20096, 40448, 81152), HOPPER_ENGINES)),
    "H200-141": _read(_fill((18, 35, 71, 141), (18432, 35840, 72704, 144384), HOPPER_ENGINES)),
    "B200-180": _read(_fill((23, 45, 90, 180), (23552, 46080, 92160, 184320), B200_ENGINES)),
    "RTX-PRO-6000": _read(RTX_PRO_6000),
}
