"""What NVIDIA's management library says of each GPU, in the form that a tree keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cyborg_rr.drivers.gpu.nvidia.nvml import UNANSWERED, error_name, open_nvml
from cyborg_rr.drivers.recording.blanking import Blanks
from cyborg_rr.drivers.sysfs import render_safe


def read_answers(
    module: Any | None, addresses: Sequence[str], blanks: Blanks
) -> dict[str, dict[str, Any]]:
    """The answers by address; nothing when the library is not there or no GPU is in its hands."""
    if not addresses:
        return {}
    with open_nvml(module) as nvml:
        if nvml is None or module is None:
            return {}
        return {address: _Gpu(module, blanks).describe(address) for address in addresses}


class _Gpu:
    """Asks one thing after the other; what is not answered is left out."""

    def __init__(self, module: Any, blanks: Blanks) -> None:
        self._module = module
        self._blanks = blanks

    def describe(self, address: str) -> dict[str, Any]:
        """The facts of one GPU; of one that is in trouble, the library's name for that."""
        module = self._module
        try:
            handle = module.nvmlDeviceGetHandleByPciBusId(address)
            facts = {
                "name": self._ask_text(module.nvmlDeviceGetName, handle),
                **self._read_memory(handle),
                "compute_capability": self._read_capability(handle),
                "uuid": self._blank(self._ask_text(module.nvmlDeviceGetUUID, handle)),
                "driver_version": self._ask_text(module.nvmlSystemGetDriverVersion),
                "vbios_version": self._ask_text(module.nvmlDeviceGetVbiosVersion, handle),
                "mig_mode": self._read_mig_mode(handle),
                "processes": self._read_processes(handle),
            }
        except module.NVMLError as error:
            return {"error": error_name(module, error)}
        return {name: value for name, value in facts.items() if value is not None}

    def _read_memory(self, handle: object) -> Mapping[str, int]:
        module = self._module
        memory = self._ask(module.nvmlDeviceGetMemoryInfo, handle, module.nvmlMemory_v2)
        if memory is None:
            memory = self._ask(module.nvmlDeviceGetMemoryInfo, handle)
            return {} if memory is None else {"memory_total_bytes": int(memory.total)}
        return {
            "memory_total_bytes": int(memory.total),
            "memory_reserved_bytes": int(memory.reserved),
        }

    def _read_capability(self, handle: object) -> str | None:
        answer = self._ask(self._module.nvmlDeviceGetCudaComputeCapability, handle)
        return None if answer is None else f"{int(answer[0])}.{int(answer[1])}"

    def _read_mig_mode(self, handle: object) -> Mapping[str, int] | None:
        answer = self._ask(self._module.nvmlDeviceGetMigMode, handle)
        return None if answer is None else {"current": int(answer[0]), "pending": int(answer[1])}

    def _read_processes(self, handle: object) -> list[dict[str, int]] | None:
        question = getattr(self._module, "nvmlDeviceGetComputeRunningProcesses", None)
        answer = None if question is None else self._ask(question, handle)
        if answer is None:
            return None
        return [
            {"pid": int(process.pid), "used_memory_bytes": int(process.usedGpuMemory or 0)}
            for process in answer
        ]

    def _ask(self, question: Callable[..., Any], *arguments: object) -> Any:
        try:
            return question(*arguments)
        except self._module.NVMLError as error:
            if error_name(self._module, error) in UNANSWERED:
                return None
            raise

    def _ask_text(self, question: Callable[..., Any], *arguments: object) -> str | None:
        answer = self._ask(question, *arguments)
        if isinstance(answer, bytes):
            answer = answer.decode("utf-8", "replace")
        return None if answer is None else render_safe(answer) or None

    def _blank(self, uuid: str | None) -> str | None:
        """Only the number: ``GPU-`` says what it is of."""
        return None if uuid is None else self._blanks.blank_path(uuid)
