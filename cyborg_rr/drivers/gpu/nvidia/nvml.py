"""NVIDIA's management library while it is open: questions asked by name, errors told apart.

The library is opened for one look and closed again: a process that keeps it open holds every GPU's
device file, and the GPU could then not be handed to a virtual machine.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.sysfs import Unreadable, render_safe

ABSENT = frozenset({"DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND"})
"""Why the library cannot be opened on a host that simply does not use NVIDIA's driver."""

UNANSWERED = frozenset(
    {
        "NOT_SUPPORTED",
        "INVALID_ARGUMENT",
        "NO_PERMISSION",
        "FUNCTION_NOT_FOUND",
        "ARGUMENT_VERSION_MISMATCH",
        "DEPRECATED",
        "NO_DATA",
        "NOT_READY",
        "INSUFFICIENT_SIZE",
    }
)
"""Errors that concern one question only; any other means that the GPU itself is in trouble."""

_log = logging.getLogger(__name__)


class GpuSilent(Unreadable):
    """A GPU that NVIDIA's driver holds does not answer: it is lost, or waits for a reset."""

    def __init__(self, text: str, needs_reset: bool = False) -> None:
        super().__init__(text)
        self.needs_reset = needs_reset


class Nvml:
    """The library while it is open. ``module`` is ``pynvml`` or something that answers like it.

    Questions are named as in the library without their ``nvml``, so that one that the installed
    binding does not know yet is simply not answered.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self._unanswered = {getattr(module, f"NVML_ERROR_{name}", None) for name in UNANSWERED} - {
            None
        }
        self.driver_version = self.ask_text("SystemGetDriverVersion")

    def find_gpu(self, address: PciAddress) -> Any:
        """The library's handle of a GPU; ``GpuSilent`` when it does not answer."""
        try:
            return self.module.nvmlDeviceGetHandleByPciBusId(address.render())
        except self.module.NVMLError as error:
            raise self.silence(error) from None

    def ask(self, question: str, *arguments: Any) -> Any:
        """The answer; None where this library, driver or GPU has none.

        An error of any other kind is the module's ``NVMLError``.
        """
        function = getattr(self.module, f"nvml{question}", None)
        if function is None:
            return None
        try:
            return function(*arguments)
        except self.module.NVMLError as error:
            if self.is_unanswered(error):
                return None
            raise

    def is_unanswered(self, error: Any) -> bool:
        """Whether an error concerns one question only, not the GPU."""
        return error.value in self._unanswered

    def ask_text(self, question: str, *arguments: Any) -> str | None:
        """Like ``ask``: text that is safe to print, None for an empty one."""
        return render_answer(self.ask(question, *arguments))

    def ask_number(self, question: str, *arguments: Any) -> int | None:
        """Like ``ask``, for a number."""
        answer = self.ask(question, *arguments)
        return None if answer is None else int(answer)

    def constant(self, name: str) -> int | None:
        """A constant of the binding by its name without ``NVML_``; None where it has none."""
        value = getattr(self.module, f"NVML_{name}", None)
        return None if value is None else int(value)

    def name_of(self, error: Exception) -> str:
        """The library's own name of an error, such as ``GPU_IS_LOST``."""
        return error_name(self.module, error)

    def silence(self, error: Exception) -> GpuSilent:
        """What an error that is about the GPU itself means to a caller."""
        return GpuSilent(f"NVML: {error}", self.name_of(error) == "RESET_REQUIRED")


def render_answer(answer: Any) -> str | None:
    """Text of the library, which older bindings return as bytes; None for an empty one."""
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
