"""Recorded answers in the place of NVIDIA's management library, as ``nvml_answers`` wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from cyborg_rr.drivers.gpu.nvidia.nvml import UNANSWERED

NOT_SUPPORTED = "NOT_SUPPORTED"
NOT_FOUND = "NOT_FOUND"
_ERROR = "NVML_ERROR_"


class RecordedError(Exception):
    """An error of the library; its ``value`` is its name, where the library has a number."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.value = name


class RecordedNvml:
    """Answers like the module ``pynvml`` what was recorded, and supports nothing else."""

    NVMLError = RecordedError
    nvmlMemory_v2 = 2  # noqa: N815 - the library's own name

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        """Each error's constant is its name; what was not recorded is not in this library."""
        if name.startswith(_ERROR):
            return name.removeprefix(_ERROR)
        raise AttributeError(name)

    def __dir__(self) -> list[str]:
        """With the constants of the errors that are told, which are looked up by their value."""
        told = {str(said["error"]) for said in self._answers.values() if "error" in said}
        return [*super().__dir__(), *(_ERROR + name for name in UNANSWERED | told | {NOT_FOUND})]

    def nvmlInit(self) -> None:  # noqa: N802
        """Nothing is opened."""

    def nvmlShutdown(self) -> None:  # noqa: N802
        """Nothing is closed."""

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        """All GPUs of a machine have one driver."""
        for said in self._answers.values():
            if "driver_version" in said:
                return str(said["driver_version"])
        raise RecordedError(NOT_SUPPORTED)

    def nvmlDeviceGetHandleByPciBusId(self, address: str) -> Mapping[str, Any]:  # noqa: N802
        """What was recorded of a GPU."""
        said = self._answers.get(address)
        if said is None or "error" in said:
            raise RecordedError(NOT_FOUND if said is None else str(said["error"]))
        return said

    def nvmlDeviceGetName(self, said: Mapping[str, Any]) -> str:  # noqa: N802
        """See the library."""
        return str(_take(said, "name"))

    def nvmlDeviceGetUUID(self, said: Mapping[str, Any]) -> str:  # noqa: N802
        """See the library."""
        return str(_take(said, "uuid"))

    def nvmlDeviceGetVbiosVersion(self, said: Mapping[str, Any]) -> str:  # noqa: N802
        """See the library."""
        return str(_take(said, "vbios_version"))

    def nvmlDeviceGetMemoryInfo(  # noqa: N802
        self, said: Mapping[str, Any], _version: int | None = None
    ) -> SimpleNamespace:
        """See the library; what is used now was not recorded."""
        total = _number(_take(said, "memory_total_bytes"))
        reserved = _number(said.get("memory_reserved_bytes", 0))
        return SimpleNamespace(total=total, reserved=reserved, free=total - reserved, used=0)

    def nvmlDeviceGetCudaComputeCapability(  # noqa: N802
        self, said: Mapping[str, Any]
    ) -> tuple[int, int]:
        """See the library."""
        major, _, minor = str(_take(said, "compute_capability")).partition(".")
        return _number(major), _number(minor)

    def nvmlDeviceGetMigMode(self, said: Mapping[str, Any]) -> list[int]:  # noqa: N802
        """See the library."""
        mode = _take(said, "mig_mode")
        if not isinstance(mode, dict):
            raise RecordedError(NOT_SUPPORTED)
        return [_number(mode.get("current")), _number(mode.get("pending"))]


def _take(said: Mapping[str, Any], name: str) -> Any:
    if said.get(name) is None:
        raise RecordedError(NOT_SUPPORTED)
    return said[name]


def _number(value: Any) -> int:
    """A number as it was recorded; what is none was not."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise RecordedError(NOT_SUPPORTED) from None
