"""What one NVIDIA GPU says of itself through NVML that stays as it is while a guest has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cyborg_rr.drivers.gpu.nvidia.boards import read_board_number
from cyborg_rr.drivers.gpu.nvidia.links import Links, read_links
from cyborg_rr.drivers.gpu.nvidia.mig.profiles import MigState, parse_mig
from cyborg_rr.drivers.gpu.nvidia.mig.reading import read_mig
from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml

IDENTITY = "nvidia"
"""What stands before the UUID of a GPU in its identity."""

SWITCH = {0: "disabled", 1: "enabled"}
"""``nvmlEnableState_t``."""


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What the library knows of one GPU; None where it does not say.

    ``pcie`` and ``links`` are as ``DeviceFacts`` has them. ``attributes`` are what has no field of
    its own, as they are shown. ``near`` says by address how near other GPUs are, ``board_number``
    which board a GPU shares with others.
    """

    name: str | None = None
    uuid: str | None = None
    serial: str | None = None
    memory_bytes: int | None = None
    architecture: str | None = None
    firmware_version: str | None = None
    driver_version: str | None = None
    cuda_version: str | None = None
    bandwidth_bytes_per_second: int | None = None
    pcie: str | None = None
    links: Links = field(default_factory=Links)
    mig: MigState | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    near: Mapping[str, str] = field(default_factory=dict)
    board_number: int | None = None

    @property
    def identity(self) -> str | None:
        """Its UUID; its serial number, which the GPUs of one board share, where it has no UUID."""
        if self.uuid:
            return f"{IDENTITY}:{self.uuid}"
        return f"serial:{IDENTITY}-{self.serial}" if self.serial else None


def render_facts(facts: GpuFacts) -> dict[str, Any]:
    """The facts as plain data, to be remembered."""
    return asdict(facts)


def parse_facts(data: Mapping[str, Any]) -> GpuFacts:
    """What ``render_facts`` made, also by another release: unknown facts are dropped."""
    whole = {"links": Links(**data["links"]), "mig": parse_mig(data["mig"])}
    known = {name: value for name, value in data.items() if name in GpuFacts.__slots__}
    return GpuFacts(**{**known, **whole})


def read_facts(nvml: Nvml, gpu: Any) -> GpuFacts:
    """Ask one GPU everything; the module's ``NVMLError`` when it does not answer (lost)."""
    capability = nvml.ask("DeviceGetCudaComputeCapability", gpu)
    return GpuFacts(
        name=nvml.ask_text("DeviceGetName", gpu),
        uuid=nvml.ask_text("DeviceGetUUID", gpu),
        serial=nvml.ask_text("DeviceGetSerial", gpu),
        memory_bytes=_read_memory(nvml, gpu),
        architecture=f"sm_{capability[0]}{capability[1]}" if capability else None,
        firmware_version=nvml.ask_text("DeviceGetVbiosVersion", gpu),
        driver_version=nvml.driver_version,
        cuda_version=_read_cuda_version(nvml),
        bandwidth_bytes_per_second=_read_bandwidth(nvml, gpu),
        pcie=_read_pcie(nvml, gpu),
        links=read_links(nvml, gpu),
        mig=read_mig(nvml, gpu),
        attributes=dict(_list_attributes(nvml, gpu)),
        board_number=read_board_number(nvml, gpu),
    )


def _read_memory(nvml: Nvml, gpu: Any) -> int | None:
    """Bytes that programs can have: the total without what the driver reserves.

    Drivers before the second version of this question report the total only.
    """
    memory = nvml.ask("DeviceGetMemoryInfo", gpu, nvml.module.nvmlMemory_v2)
    if memory is not None:
        return int(memory.total) - int(memory.reserved)
    memory = nvml.ask("DeviceGetMemoryInfo", gpu)
    return None if memory is None else int(memory.total)


def _read_cuda_version(nvml: Nvml) -> str | None:
    """The newest CUDA that the driver takes; the library says 1000 x major + 10 x minor."""
    version = nvml.ask_number("SystemGetCudaDriverVersion")
    return f"{version // 1000}.{version % 1000 // 10}" if version else None


def _read_bandwidth(nvml: Nvml, gpu: Any) -> int | None:
    """Of its memory: the width of its bus, at its highest clock, twice in each cycle.

    So 5120 bits at 2619 MHz are the 3352 GB/s of an H100 SXM, 256 at 5001 the 320 of a T4.
    """
    bits = nvml.ask_number("DeviceGetMemoryBusWidth", gpu)
    megahertz = nvml.ask_number("DeviceGetMaxClockInfo", gpu, nvml.constant("CLOCK_MEM"))
    return bits * megahertz * 1_000_000 * 2 // 8 if bits and megahertz else None


def _read_pcie(nvml: Nvml, gpu: Any) -> str | None:
    """What GPU and slot can reach together, not what they run at now: that changes with load."""
    generation = nvml.ask_number("DeviceGetMaxPcieLinkGeneration", gpu)
    width = nvml.ask_number("DeviceGetMaxPcieLinkWidth", gpu)
    return f"{generation}.0x{width}" if generation and width else None


def _list_attributes(nvml: Nvml, gpu: Any) -> Iterator[tuple[str, str]]:
    part_number = nvml.ask_text("DeviceGetBoardPartNumber", gpu)
    if part_number:
        yield "board_part_number", part_number
    for key, question, *arguments in (
        ("max_sm_clock_mhz", "DeviceGetMaxClockInfo", nvml.constant("CLOCK_SM")),
        ("max_memory_clock_mhz", "DeviceGetMaxClockInfo", nvml.constant("CLOCK_MEM")),
        ("pcie_width", "DeviceGetCurrPcieLinkWidth"),
    ):
        number = nvml.ask_number(question, gpu, *arguments)
        if number is not None:
            yield key, str(number)
    milliwatts = nvml.ask_number("DeviceGetPowerManagementLimit", gpu)
    if milliwatts is not None:
        yield "power_limit_watts", f"{milliwatts / 1000:g}"
    yield from _list_switches(nvml, gpu)


def _list_switches(nvml: Nvml, gpu: Any) -> Iterator[tuple[str, str]]:
    ecc = nvml.ask("DeviceGetEccMode", gpu)
    if ecc is not None:
        yield "ecc_mode", SWITCH.get(int(ecc[0]), str(ecc[0]))
    persistence = nvml.ask_number("DeviceGetPersistenceMode", gpu)
    if persistence is not None:
        yield "persistence_mode", SWITCH.get(persistence, str(persistence))
