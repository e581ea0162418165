"""The compute nodes that amdgpu registers (KFD): one for each GPU, or for each partition of one.

Sources: Linux drivers/gpu/drm/amd/amdkfd/kfd_topology.c: the files ``properties`` are lines of a
name and a number; ``location_id`` is bus, device and function, with the partition in bits 28-31
where a GPU has several nodes; ``gfx_target_version`` is major * 10000 + minor * 100 + stepping;
``type`` of a link is that of the HSA runtime (hsakmttypes.h, HSA_IOLINKTYPE): 11 is xGMI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

PROCESSES = "class/kfd/kfd/proc"
NODES = "class/kfd/kfd/topology/nodes"
XGMI = 11
MAX_NODES = 4096

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_LINE = re.compile(r"(\w{1,60}) ([0-9]{1,20})", re.ASCII)
_FIRST_RENDER_MINOR, _LAST_RENDER_MINOR = 128, 1 << 20


@dataclass(frozen=True, slots=True)
class Node:
    """One compute node: on which GPU, which partition of it, and how programs open it."""

    number: int
    address: PciAddress
    partition: int
    render_minor: int | None
    architecture: str | None
    memory_bytes: int | None
    peers: frozenset[int]

    @property
    def render_node(self) -> str | None:
        """The device file for programs; None where there is none."""
        return None if self.render_minor is None else f"/dev/dri/renderD{self.render_minor}"


Nodes = Mapping[PciAddress, tuple[Node, ...]]


def read_nodes(sysfs: Sysfs) -> Nodes:
    """The nodes of each GPU in the order of its partitions; a node that is garbage is none."""
    found: dict[PciAddress, list[Node]] = {}
    for node in _list_nodes(sysfs):
        found.setdefault(node.address, []).append(node)
    return {
        address: tuple(sorted(nodes, key=lambda node: node.partition))
        for address, nodes in found.items()
    }


def list_users(sysfs: Sysfs, nodes: Iterable[Node]) -> list[str]:
    """The processes that have memory of a GPU with these nodes, as far as KFD knows them.

    ``Unreadable`` when that cannot be told.

    Source: Linux drivers/gpu/drm/amd/amdkfd/kfd_process.c: ``proc/<pid>/vram_<gpu_id>`` are bytes
    (recalled); kfd_topology.c: ``gpu_id`` of a node.
    """
    ids = [_find_number(sysfs, f"{NODES}/{node.number}", "gpu_id") for node in nodes]
    return [
        f"process {process}"
        for process in sysfs.names(PROCESSES)
        if _NUMBER.fullmatch(process)
        and any(_find_number(sysfs, f"{PROCESSES}/{process}", f"vram_{own}") for own in ids)
    ]


def name_users(users: Sequence[str]) -> str:
    """Some of them in words."""
    return ", ".join(users[:4])


def _find_number(sysfs: Sysfs, path: str, name: str) -> int:
    with sysfs.open(path) as directory:
        return (directory.find_number(name) if directory else None) or 0


def _list_nodes(sysfs: Sysfs) -> Iterator[Node]:
    try:
        names = [name for name in sysfs.names(NODES) if _NUMBER.fullmatch(name)]
    except Unreadable:
        return
    for name in names[:MAX_NODES]:
        try:
            node = _find_node(sysfs, int(name))
        except Unreadable:
            continue
        if node is not None:
            yield node


def _find_node(sysfs: Sysfs, number: int) -> Node | None:
    path = f"{NODES}/{number}"
    properties = _read_properties(sysfs, path)
    if not properties.get("simd_count"):
        return None  # a processor
    location = properties.get("location_id", 0)
    try:
        address = PciAddress.parse(
            f"{properties.get('domain', 0):04x}:{location >> 8 & 0xFF:02x}"
            f":{location >> 3 & 0x1F:02x}.{location & 7}"
        )
    except InvalidInput:
        return None
    minor = properties.get("drm_render_minor", 0)
    return Node(
        number=number,
        address=address,
        partition=location >> 28 & 0xF,
        render_minor=minor if _FIRST_RENDER_MINOR <= minor < _LAST_RENDER_MINOR else None,
        architecture=_render_architecture(properties.get("gfx_target_version", 0)),
        memory_bytes=_find_memory(sysfs, path),
        peers=frozenset(_list_peers(sysfs, path)),
    )


def _render_architecture(version: int) -> str | None:
    """``gfx942`` from 90402, ``gfx90a`` from 90010."""
    if version < 10000:
        return None
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _find_memory(sysfs: Sysfs, path: str) -> int | None:
    sizes = [
        _read_properties(sysfs, f"{path}/mem_banks/{name}").get("size_in_bytes", 0)
        for name in sysfs.names(f"{path}/mem_banks")
        if _NUMBER.fullmatch(name)
    ]
    return sum(sizes) or None


def _list_peers(sysfs: Sysfs, path: str) -> Iterator[int]:
    for name in sysfs.names(f"{path}/io_links"):
        if _NUMBER.fullmatch(name):
            link = _read_properties(sysfs, f"{path}/io_links/{name}")
            if link.get("type") == XGMI and "node_to" in link:
                yield link["node_to"]


def _read_properties(sysfs: Sysfs, path: str) -> Mapping[str, int]:
    with sysfs.open(path) as directory:
        content = directory.find_bytes("properties") if directory else None
    lines = (content or b"").decode("ascii", "replace").splitlines()
    return {match[1]: int(match[2]) for line in lines if (match := _LINE.fullmatch(line))}
