"""A management library that answers for GPUs of our making, in the manner of pynvml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.fakes.nvml_errors import ERROR_CODES, NVMLError
from tests.fakes.nvml_mig import GPU_INSTANCE_PROFILES, MigAnswers, MigCard, MigDevice

__all__ = ["ERROR_CODES", "FakeNvml", "Gpu", "Link", "NVMLError", "Process"]

RECOVERY_FIELD = 230
"""NVML_FI_DEV_GET_GPU_RECOVERY_ACTION."""

CONSTANTS = {
    "CLOCK_SM": 1,
    "CLOCK_MEM": 2,
    "NVLINK_VERSION_3_0": 4,
    "NVLINK_VERSION_4_0": 6,
    "FI_DEV_GET_GPU_RECOVERY_ACTION": RECOVERY_FIELD,
} | {f"GPU_INSTANCE_PROFILE_{name}": number for name, number in GPU_INSTANCE_PROFILES.items()}

NO_INSTANCE = 0xFFFFFFFF


@dataclass
class Process:
    """A process of the host on a GPU; the library's own names."""

    pid: int
    gpuInstanceId: int = NO_INSTANCE  # noqa: N815
    usedGpuMemory: int = 1 << 30  # noqa: N815


@dataclass
class EventSet:
    """What was registered, and what happened since."""

    gpus: list[Gpu] = field(default_factory=list)
    events: list[SimpleNamespace] = field(default_factory=list)


@dataclass
class Link:
    """One NVLink: the PCI address at its other end, and the library's number of its version."""

    peer: str
    version: int = 6
    is_active: bool = True


@dataclass
class Gpu:
    """What one GPU answers; ``error`` makes every question about it fail so.

    What is None it does not support.
    """

    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str | None = "GPU-1b5a0f2e-0000-4000-8000-000000000000"
    serial: str | None = None
    part_number: str | None = None
    total: int = 81_559 << 20
    reserved: int = 551 << 20
    used: int = 1 << 20
    capability: tuple[int, int] = (9, 0)
    mig_mode: tuple[int, int] | None = (0, 0)
    mig: MigCard = field(default_factory=MigCard)
    vbios: str = "96.00.74.00.01"
    error: str | None = None
    processes: list[Process] = field(default_factory=list)
    clocks: dict[int, int] = field(default_factory=dict)
    power_limit: int | None = None
    ecc_mode: tuple[int, int] | None = None
    persistence: int | None = None
    minor: int | None = None
    virtualization: int | None = None
    pcie: tuple[int, int, int] | None = None
    bus_width: int | None = None
    links: list[Link] = field(default_factory=list)
    board_id: int | None = None
    remapped_rows: tuple[int, int, int, int] | None = None
    retired_pending: int | None = None
    ecc_uncorrectable: int | None = None
    recovery_action: int | None = None
    throttle_reasons: int = 0
    event_types: int | None = 0x1F


def _given(value: Any) -> Any:
    if value is None:
        raise NVMLError("NOT_SUPPORTED")
    return value


@dataclass
class FakeNvml(MigAnswers):
    """Stands in for the module ``pynvml``: same names, same errors, real state.

    It refuses questions while it is not open, so that a missing ``nvmlInit`` shows.
    """

    gpus: dict[str, Gpu] = field(default_factory=dict)
    driver_version: str = "570.133.20"
    cuda_version: int = 12080
    init_error: str | None = None
    has_second_memory_question: bool = True
    topology: dict[frozenset[str], int] = field(default_factory=dict)
    open_count: int = 0
    look_count: int = 0
    event_sets: list[EventSet] = field(default_factory=list)

    nvmlMemory_v2 = 0x02000028  # noqa: N815 - the library's own name
    NVMLError = NVMLError

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(f"NVML_ERROR_{name}" for name in ERROR_CODES)]

    def __getattr__(self, name: str) -> int:
        for prefix, values in (("NVML_ERROR_", ERROR_CODES), ("NVML_", CONSTANTS)):
            if name.startswith(prefix) and name.removeprefix(prefix) in values:
                return values[name.removeprefix(prefix)]
        raise AttributeError(name)

    def nvmlInit(self) -> None:
        if self.init_error:
            raise NVMLError(self.init_error)
        self.open_count += 1
        self.look_count += 1

    def nvmlShutdown(self) -> None:
        self._check_open()
        self.open_count -= 1
        if not self.open_count:
            self.event_sets.clear()

    def nvmlSystemGetDriverVersion(self) -> str:
        self._check_open()
        return self.driver_version

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        self._check_open()
        return self.cuda_version

    def nvmlDeviceGetHandleByPciBusId(self, address: str) -> Gpu:
        self._check_open()
        if address not in self.gpus:
            raise NVMLError("NOT_FOUND")
        return self._ask(self.gpus[address])

    def nvmlDeviceGetName(self, gpu: Gpu) -> str:
        return self._ask(gpu).name

    def nvmlDeviceGetUUID(self, gpu: Gpu | MigDevice) -> str:
        if isinstance(gpu, MigDevice):
            return gpu.instance.uuid
        return str(_given(self._ask(gpu).uuid))

    def nvmlDeviceGetSerial(self, gpu: Gpu) -> str:
        return str(_given(self._ask(gpu).serial))

    def nvmlDeviceGetBoardPartNumber(self, gpu: Gpu) -> str:
        return str(_given(self._ask(gpu).part_number))

    def nvmlDeviceGetVbiosVersion(self, gpu: Gpu) -> str:
        return self._ask(gpu).vbios

    def nvmlDeviceGetCudaComputeCapability(self, gpu: Gpu) -> tuple[int, int]:
        return self._ask(gpu).capability

    def nvmlDeviceGetMigMode(self, gpu: Gpu) -> list[int]:
        return list(_given(self._ask(gpu).mig_mode))

    def nvmlDeviceGetMemoryInfo(self, gpu: Gpu, version: int | None = None) -> SimpleNamespace:
        gpu = self._ask(gpu)
        if version is None:
            return SimpleNamespace(total=gpu.total, free=gpu.total - gpu.used, used=gpu.used)
        if not self.has_second_memory_question:
            raise NVMLError("FUNCTION_NOT_FOUND")
        free = gpu.total - gpu.reserved - gpu.used
        return SimpleNamespace(total=gpu.total, reserved=gpu.reserved, free=free, used=gpu.used)

    def nvmlDeviceGetMaxClockInfo(self, gpu: Gpu, kind: int) -> int:
        return int(_given(self._ask(gpu).clocks.get(kind)))

    def nvmlDeviceGetMemoryBusWidth(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).bus_width))

    def nvmlDeviceGetPowerManagementLimit(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).power_limit))

    def nvmlDeviceGetEccMode(self, gpu: Gpu) -> list[int]:
        return list(_given(self._ask(gpu).ecc_mode))

    def nvmlDeviceGetPersistenceMode(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).persistence))

    def nvmlDeviceGetMinorNumber(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).minor))

    def nvmlDeviceGetVirtualizationMode(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).virtualization))

    def nvmlDeviceGetMaxPcieLinkGeneration(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).pcie)[0])

    def nvmlDeviceGetMaxPcieLinkWidth(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).pcie)[1])

    def nvmlDeviceGetCurrPcieLinkWidth(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).pcie)[2])

    def nvmlDeviceGetBoardId(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).board_id))

    def nvmlDeviceGetMultiGpuBoard(self, gpu: Gpu) -> int:
        return int(self._ask(gpu).board_id is not None)

    def _get_link(self, gpu: Gpu, link: int) -> Link:
        links = self._ask(gpu).links
        if not links:
            raise NVMLError("NOT_SUPPORTED")
        if link >= len(links):
            raise NVMLError("INVALID_ARGUMENT")
        return links[link]

    def nvmlDeviceGetNvLinkState(self, gpu: Gpu, link: int) -> int:
        return int(self._get_link(gpu, link).is_active)

    def nvmlDeviceGetNvLinkVersion(self, gpu: Gpu, link: int) -> int:
        return self._get_link(gpu, link).version

    def nvmlDeviceGetNvLinkRemotePciInfo(self, gpu: Gpu, link: int) -> SimpleNamespace:
        return SimpleNamespace(busId=self._get_link(gpu, link).peer.encode())

    def nvmlDeviceGetTopologyCommonAncestor(self, one: Gpu, other: Gpu) -> int:
        places = {id(gpu): address for address, gpu in self.gpus.items()}
        pair = frozenset({places[id(self._ask(one))], places[id(self._ask(other))]})
        return int(_given(self.topology.get(pair)))

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: Gpu) -> Sequence[Process]:
        return list(self._ask(gpu).processes)

    def nvmlDeviceGetGraphicsRunningProcesses(self, gpu: Gpu) -> Sequence[Process]:
        return list(self._ask(gpu).processes[:1])  # one may do both

    def nvmlDeviceGetRemappedRows(self, gpu: Gpu) -> tuple[int, int, int, int]:
        rows: tuple[int, int, int, int] = _given(self._ask(gpu).remapped_rows)
        return rows

    def nvmlDeviceGetRetiredPagesPendingStatus(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).retired_pending))

    def nvmlDeviceGetTotalEccErrors(self, gpu: Gpu, kind: int, counter: int) -> int:
        assert (kind, counter) == (1, 0)
        return int(_given(self._ask(gpu).ecc_uncorrectable))

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, gpu: Gpu) -> int:
        return self._ask(gpu).throttle_reasons

    def nvmlDeviceGetFieldValues(self, gpu: Gpu, fields: Sequence[int]) -> list[SimpleNamespace]:
        action = self._ask(gpu).recovery_action
        assert list(fields) == [RECOVERY_FIELD]
        value = SimpleNamespace(uiVal=action or 0)
        code = ERROR_CODES["NOT_SUPPORTED"] if action is None else 0
        return [SimpleNamespace(nvmlReturn=code, value=value)]

    def nvmlDeviceGetSupportedEventTypes(self, gpu: Gpu) -> int:
        return int(_given(self._ask(gpu).event_types))

    def nvmlEventSetCreate(self) -> EventSet:
        self._check_open()
        self.event_sets.append(EventSet())
        return self.event_sets[-1]

    def nvmlDeviceRegisterEvents(self, gpu: Gpu, event_types: int, events: EventSet) -> None:
        if event_types & ~int(_given(self._ask(gpu).event_types)):
            raise NVMLError("NOT_SUPPORTED")
        events.gpus.append(gpu)

    def nvmlEventSetWait(self, events: EventSet, timeout_ms: int) -> SimpleNamespace:
        self._check_open()
        if not any(known is events for known in self.event_sets):
            raise NVMLError("INVALID_ARGUMENT")
        assert timeout_ms == 0, "a look waits for nothing"
        if not events.events:
            raise NVMLError("TIMEOUT")
        return events.events.pop(0)

    def nvmlEventSetFree(self, events: EventSet) -> None:
        self._check_open()
        self.event_sets[:] = [known for known in self.event_sets if known is not events]

    def happen(self, gpu: Gpu, xid: int) -> None:
        """An error of a GPU: told to who has registered, and to nobody later."""
        for events in self.event_sets:
            if any(known is gpu for known in events.gpus):
                events.events.append(SimpleNamespace(device=gpu, eventType=8, eventData=xid))

    def _check_open(self) -> None:
        if not self.open_count:
            raise NVMLError("UNINITIALIZED")

    def _ask(self, gpu: Gpu) -> Gpu:
        self._check_open()
        if gpu.error:
            raise NVMLError(gpu.error)
        return gpu
