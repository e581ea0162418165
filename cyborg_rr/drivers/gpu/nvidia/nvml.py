"""What NVIDIA's management library says of GPUs, as far as it is installed and answers.

The library is opened for one look and closed again: a process that keeps it open holds every GPU's
device file, and the GPU could then not be handed to a virtual machine.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.sysfs import Unreadable, render_safe

ABSENT = frozenset({"DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND"})
"""Why the library cannot be opened on a host that simply does not use NVIDIA's driver."""

UNANSWERED = frozenset(
    {
        "NOT_SUPPORTED",
        "NO_PERMISSION",
        "FUNCTION_NOT_FOUND",
        "ARGUMENT_VERSION_MISMATCH",
        "DEPRECATED",
        "NO_DATA",
    }
)
"""Errors that concern one question only; any other means that the GPU itself is in trouble."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What the library knows of one GPU; None where it does not say."""

    name: str | None = None
    uuid: str | None = None
    memory_bytes: int | None = None
    architecture: str | None = None
    is_mig_enabled: bool | None = None
    firmware_version: str | None = None
    driver_version: str | None = None


class Nvml:
    """The library while it is open. ``module`` is ``pynvml`` or something that answers like it."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._driver_version = self._ask_text(module.nvmlSystemGetDriverVersion)

    def read_facts(self, address: PciAddress) -> GpuFacts:
        """Ask about one GPU; ``Unreadable`` when it does not answer (lost, Xid 79)."""
        module = self._module
        try:
            handle = module.nvmlDeviceGetHandleByPciBusId(address.render())
            capability = self._ask(module.nvmlDeviceGetCudaComputeCapability, handle)
            mig_mode = self._ask(module.nvmlDeviceGetMigMode, handle)
            return GpuFacts(
                name=self._ask_text(module.nvmlDeviceGetName, handle),
                uuid=self._ask_text(module.nvmlDeviceGetUUID, handle),
                memory_bytes=self._read_memory(handle),
                architecture=f"sm_{capability[0]}{capability[1]}" if capability else None,
                is_mig_enabled=bool(mig_mode[0]) if mig_mode else None,
                firmware_version=self._ask_text(module.nvmlDeviceGetVbiosVersion, handle),
                driver_version=self._driver_version,
            )
        except module.NVMLError as error:
            raise Unreadable(f"NVML: {error}") from None

    def _read_memory(self, handle: object) -> int | None:
        """Bytes that programs can have: the total without what the driver reserves.

        Drivers before the second version of this question report the total only.
        """
        module = self._module
        memory = self._ask(module.nvmlDeviceGetMemoryInfo, handle, module.nvmlMemory_v2)
        if memory is not None:
            return int(memory.total) - int(memory.reserved)
        memory = self._ask(module.nvmlDeviceGetMemoryInfo, handle)
        return None if memory is None else int(memory.total)

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


def error_name(module: Any, error: Exception) -> str:
    """The library's own name of an error, such as ``GPU_IS_LOST``."""
    value = getattr(error, "value", None)
    names = (
        name.removeprefix("NVML_ERROR_")
        for name in dir(module)
        if name.startswith("NVML_ERROR_") and getattr(module, name) == value
    )
    return next(names, f"error {value}")


def find_module() -> Any | None:
    """The Python binding if it is installed."""
    try:
        return importlib.import_module("pynvml")
    except ImportError:
        return None


@contextmanager
def open_nvml(module: Any | None) -> Iterator[Nvml | None]:
    """The library for one look; None, and a line in the log, when it cannot be opened."""
    nvml = _start(module) if module is not None else None
    try:
        yield nvml
    finally:
        if nvml is not None and module is not None:
            _stop(module)


def _start(module: Any) -> Nvml | None:
    try:
        module.nvmlInit()
    except module.NVMLError as error:
        level = logging.DEBUG if error_name(module, error) in ABSENT else logging.WARNING
        _log.log(level, "NVML does not answer, so GPUs are described from sysfs only: %s", error)
        return None
    try:
        return Nvml(module)
    except module.NVMLError as error:
        _log.warning("NVML was opened but does not answer: %s", error)
        _stop(module)
        return None


def _stop(module: Any) -> None:
    try:
        module.nvmlShutdown()
    except module.NVMLError as error:
        _log.warning("NVML could not be closed: %s", error)
