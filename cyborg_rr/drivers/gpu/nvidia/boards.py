"""Which GPUs sit on one board, for products that carry several.

NVML says it where it answers. Else the ids of these products do, and the bus: the GPUs of a board
stand behind one switch of its own, so that their bus numbers follow one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml
from cyborg_rr.drivers.pci.reading.function import PciFunction

GPUS_PER_BOARD: Mapping[tuple[str, str | None], int] = MappingProxyType(
    {
        ("25b6", "14a9"): 4,  # A16; the A2 has its own subsystem ids
        ("102d", None): 2,  # K80
        ("13bd", None): 4,  # M10
        ("13f2", None): 2,  # M60
    }
)
"""By device id and, where it matters, subsystem device id.

Source: the A16 and A2 in the list of GPUs that NVIDIA's open kernel modules support (10de:25b6 with
subsystem 10de:14a9 and 10de:157e); K80, M10 and M60 and how many GPUs each board has: recalled.
"""


def group_by_board(functions: Iterable[PciFunction]) -> dict[PciAddress, PciAddress]:
    """The first GPU of its board for each GPU of a product with several, told by ids and bus."""
    alike: defaultdict[tuple[object, ...], list[PciFunction]] = defaultdict(list)
    for function in functions:
        ids = (function.identity, function.subsystem_vendor_id, function.subsystem_device_id)
        alike[(*ids, function.address.domain)].append(function)
    return {
        address: board[0]
        for group in alike.values()
        for board in _cut(sorted(function.address for function in group), _count(group[0]))
        for address in board
    }


def _count(function: PciFunction) -> int:
    device = function.identity.device_id
    own = GPUS_PER_BOARD.get((device, function.subsystem_device_id))
    return own or GPUS_PER_BOARD.get((device, None), 1)


def _cut(addresses: list[PciAddress], count: int) -> Iterator[list[PciAddress]]:
    """Boards of so many GPUs; a gap in the bus numbers that a board cannot span begins another."""
    board: list[PciAddress] = []
    for address in addresses if count > 1 else ():
        if board and (len(board) == count or address.bus - board[0].bus >= 2 * count):
            yield board
            board = []
        board.append(address)
    if board:
        yield board


def group_by_number(numbers: Mapping[PciAddress, int]) -> dict[PciAddress, PciAddress]:
    """The same by the number that the library gives the board of a GPU that shares it."""
    boards: defaultdict[int, list[PciAddress]] = defaultdict(list)
    for address, number in sorted(numbers.items()):
        boards[number].append(address)
    return {address: board[0] for board in boards.values() for address in board}


def read_board_number(nvml: Nvml, gpu: Any) -> int | None:
    """The number of its board, for a GPU that shares it."""
    number = nvml.ask_number("DeviceGetBoardId", gpu)
    return number if nvml.ask_number("DeviceGetMultiGpuBoard", gpu) else None
