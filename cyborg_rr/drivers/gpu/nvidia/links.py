"""How a GPU is joined to others: its NVLinks, and how near the others are on the PCI bus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import NO_LINKS
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml, render_answer

MAX_LINKS = 36
"""NVML_NVLINK_MAX_LINKS of the newest binding; a GPU has no link of a number past its own."""

MAX_VALUE_LENGTH = 255
"""Of the value of an attribute."""

LEVELS = {
    0: "internal",
    10: "single",
    20: "multiple",
    30: "hostbridge",
    40: "node",
    50: "system",
}
"""``nvmlGpuTopologyLevel_t``: one board, one PCI switch, several, one host bridge, one NUMA node,
the whole machine."""

LINK_RATES = {
    "1.0": 20_000_000_000,
    "2.0": 25_000_000_000,
    "2.2": 25_000_000_000,
    "3.0": 25_000_000_000,
    "3.1": 25_000_000_000,
    "4.0": 25_000_000_000,
    "5.0": 50_000_000_000,
}
"""Bytes per second of one link in one direction, by the versions that the library has constants
for. Source: the catalogue's rates of V100 (6 links), A100 (12), H100 and B200 (18); 1.0: recalled.
"""


@dataclass(frozen=True, slots=True)
class Links:
    """The active NVLinks: name and bytes per second of all of them in one direction, as facts say
    them, and by PCI address how many of which version lead there (to a GPU or an NVSwitch)."""

    interconnect: str | None = None
    bytes_per_second: int | None = None
    peers: Mapping[str, str] = field(default_factory=dict)


def read_links(nvml: Nvml, gpu: Any) -> Links:
    """What the GPU says of its links; nothing for one that has none by design."""
    states = list(_list_states(nvml, gpu))
    active = [link for link, is_active in enumerate(states) if is_active]
    if not active:
        return Links(NO_LINKS) if states else Links()
    versions = [nvml.ask_number("DeviceGetNvLinkVersion", gpu, link) for link in active]
    version = name_version(nvml, max(number or 0 for number in versions))
    peers: Counter[str] = Counter()
    for link in active:
        peer = parse_bus_id(nvml.ask("DeviceGetNvLinkRemotePciInfo", gpu, link))
        if peer is not None:
            peers[peer.render()] += 1
    rate = LINK_RATES.get(version)
    return Links(
        f"NVLink{version.partition('.')[0]}",
        None if rate is None else rate * len(active),
        {address: f"{links} x NVLink {version}" for address, links in sorted(peers.items())},
    )


def _list_states(nvml: Nvml, gpu: Any) -> Iterator[bool]:
    for link in range(MAX_LINKS):
        state = nvml.ask_number("DeviceGetNvLinkState", gpu, link)
        if state is None:
            return
        yield bool(state)


def name_version(nvml: Nvml, value: int) -> str:
    """The version of NVLink that the library has a number for, such as 4.0."""
    for version in LINK_RATES:
        if nvml.constant(f"NVLINK_VERSION_{version.replace('.', '_')}") == value:
            return version
    return str(value)


def parse_bus_id(info: Any) -> PciAddress | None:
    """The address in a PCI info of the library, whose domain has eight digits."""
    text = render_answer(getattr(info, "busId", None))
    try:
        return None if text is None else PciAddress.parse(text)
    except InvalidInput:
        return None


def read_near(nvml: Nvml, gpus: Mapping[PciAddress, Any]) -> dict[PciAddress, dict[str, str]]:
    """For each GPU, by address, how near the others are."""
    near: dict[PciAddress, dict[str, str]] = {address: {} for address in gpus}
    for one, other, level in _list_pairs(nvml, gpus):
        near[one][other.render()] = near[other][one.render()] = level
    return near


def render_near(near: Mapping[str, str]) -> dict[str, str]:
    """How near other GPUs are as attributes: ``topology_single``: those behind the same switch."""
    by_level: defaultdict[str, list[str]] = defaultdict(list)
    for address, level in sorted(near.items()):
        by_level[f"topology_{level}"].append(address)
    return {key: join_short(addresses) for key, addresses in by_level.items()}


def _list_pairs(
    nvml: Nvml, gpus: Mapping[PciAddress, Any]
) -> Iterator[tuple[PciAddress, PciAddress, str]]:
    ordered = sorted(gpus)
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            try:
                level = nvml.ask_number("DeviceGetTopologyCommonAncestor", gpus[one], gpus[other])
            except nvml.module.NVMLError:
                continue  # one of them has just been lost: its own questions will say so
            if level is not None:
                yield one, other, LEVELS.get(level, str(level))


def join_short(texts: list[str]) -> str:
    """The texts with commas between them, as far as they fit into the value of an attribute."""
    while len(joined := ",".join(texts)) > MAX_VALUE_LENGTH:
        texts = texts[:-1]
    return joined
