"""A management library that answers for GPUs of our making, in the manner of pynvml."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

ERROR_CODES = {
    "UNINITIALIZED": 1,
    "NOT_SUPPORTED": 3,
    "NOT_FOUND": 6,
    "DRIVER_NOT_LOADED": 9,
    "LIBRARY_NOT_FOUND": 12,
    "FUNCTION_NOT_FOUND": 13,
    "GPU_IS_LOST": 15,
    "LIB_RM_VERSION_MISMATCH": 18,
    "UNKNOWN": 999,
}


class NVMLError(Exception):
    """An error by its number, as the library returns it."""

    def __init__(self, name: str) -> None:
        super().__init__(name.replace("_", " ").capitalize())
        self.value = ERROR_CODES[name]


@dataclass
class Gpu:
    """What one GPU answers; ``error`` makes every question about it fail so."""

    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str = "GPU-1b5a0f2e-0000-4000-8000-000000000000"
    total: int = 81_559 << 20
    reserved: int = 551 << 20
    capability: tuple[int, int] = (9, 0)
    mig_mode: tuple[int, int] | None = (0, 0)
    vbios: str = "96.00.74.00.01"
    error: str | None = None


@dataclass
class FakeNvml:
    """Stands in for the module ``pynvml``: same names, same errors, real state.

    It refuses questions while it is not open, so that a missing ``nvmlInit`` shows.
    """

    gpus: dict[str, Gpu] = field(default_factory=dict)
    driver_version: str = "570.133.20"
    init_error: str | None = None
    has_second_memory_question: bool = True
    open_count: int = 0
    look_count: int = 0

    nvmlMemory_v2 = 0x02000028  # noqa: N815 - the library's own name
    NVMLError = NVMLError

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(f"NVML_ERROR_{name}" for name in ERROR_CODES)]

    def __getattr__(self, name: str) -> int:
        try:
            return ERROR_CODES[name.removeprefix("NVML_ERROR_")]
        except KeyError:
            raise AttributeError(name) from None

    def nvmlInit(self) -> None:
        if self.init_error:
            raise NVMLError(self.init_error)
        self.open_count += 1
        self.look_count += 1

    def nvmlShutdown(self) -> None:
        self._check_open()
        self.open_count -= 1

    def nvmlSystemGetDriverVersion(self) -> str:
        self._check_open()
        return self.driver_version

    def nvmlDeviceGetHandleByPciBusId(self, address: str) -> Gpu:
        self._check_open()
        if address not in self.gpus:
            raise NVMLError("NOT_FOUND")
        return self._ask(self.gpus[address])

    def nvmlDeviceGetName(self, gpu: Gpu) -> str:
        return self._ask(gpu).name

    def nvmlDeviceGetUUID(self, gpu: Gpu) -> str:
        return self._ask(gpu).uuid

    def nvmlDeviceGetVbiosVersion(self, gpu: Gpu) -> str:
        return self._ask(gpu).vbios

    def nvmlDeviceGetCudaComputeCapability(self, gpu: Gpu) -> tuple[int, int]:
        return self._ask(gpu).capability

    def nvmlDeviceGetMigMode(self, gpu: Gpu) -> list[int]:
        mode = self._ask(gpu).mig_mode
        if mode is None:
            raise NVMLError("NOT_SUPPORTED")
        return list(mode)

    def nvmlDeviceGetMemoryInfo(self, gpu: Gpu, version: int | None = None) -> SimpleNamespace:
        gpu = self._ask(gpu)
        if version is None:
            return SimpleNamespace(total=gpu.total, free=gpu.total, used=0)
        if not self.has_second_memory_question:
            raise NVMLError("FUNCTION_NOT_FOUND")
        return SimpleNamespace(total=gpu.total, reserved=gpu.reserved, free=gpu.total, used=0)

    def _check_open(self) -> None:
        if not self.open_count:
            raise NVMLError("UNINITIALIZED")

    def _ask(self, gpu: Gpu) -> Gpu:
        self._check_open()
        if gpu.error:
            raise NVMLError(gpu.error)
        return gpu
