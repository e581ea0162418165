"""NVIDIA's critical errors (Xid) as the library tells them: as events, to who keeps it open.

Who keeps the library open has every GPU's device file open, and NVIDIA's driver does not let go of
a GPU that is open. So this closes before a GPU may be taken from that driver, and stays closed
while one is with somebody, on its way there, or has to be reset by the operator. What happens
meanwhile is not seen as an event; what it leaves behind (lost, waiting for recovery) is.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from cyborg_rr.drivers.gpu.nvidia.nvml import Nvml

NEEDS_RESET: Mapping[int, str] = MappingProxyType(
    {
        46: "the GPU stopped processing",
        48: "a memory error that cannot be corrected",
        62: "its power management unit halted",
        64: "bad memory could not be recorded as such",
        79: "it has fallen off the bus",
        95: "a memory error that was not contained",
        110: "a security fault",
        119: "its system processor did not answer in time",
        120: "an error of its system processor",
        136: "an NVLink could not be trained",
        140: "a memory error that was not recovered",
        143: "it could not be initialised",
        155: "an error of an NVLink that software defines",
        156: "a part of it was retired",
        158: "it did not answer in time, for good",
    }
)
"""Errors after which a GPU is of no use before it is reset, and what they mean. Source: NVIDIA,
"Xid Errors", docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html, immediate action
RESET_GPU or RESTART_BM, and 48, of which its text says so.

All others are an application's (13, 31, 43, 45, 68, 69 ...) or only told (63, 92, 94, 154 ...).
So is 109 here, a switch of contexts that timed out: the catalogue wants a reset, NVIDIA's own
device plugin for Kubernetes (internal/rm/health.go) takes it for an application's; what the driver
wants to be done after it is asked as ever."""

XID_CRITICAL = 0x8
"""``nvmlEventTypeXidCriticalError`` (nvml.h)."""

MOST_EVENTS = 1000
"""How many events of one GPU are read at one look; the others wait for the next."""


class XidEvents:
    """One set of events for each GPU, by its slot, so that nobody asks a lost GPU who it is."""

    def __init__(self, module: Any | None) -> None:
        self._module = module
        self._sets: dict[str, Any] = {}
        self._is_open = False
        self._closings = 0
        self._lock = threading.RLock()

    def take(self, nvml: Nvml, slot: str) -> Mapping[int, int]:
        """How often each error came since the last look; nothing of a GPU not watched by then."""
        with self._lock:
            events = self._sets.get(slot)
            return {} if events is None else Counter(_drain(nvml, events))

    def watch(self, nvml: Nvml, slot: str, gpu: Any) -> None:
        """Have the library tell of this GPU from now on; where it cannot, nothing changes."""
        with self._lock:
            if slot in self._sets or self._closings or not self._open():
                return
            try:
                self._sets[slot] = _register(nvml, gpu)
            except nvml.module.NVMLError:
                pass  # of the GPU itself, which its other answers tell: tried again

    def close(self) -> None:
        """Let go of all GPUs."""
        with self._lock:
            module = self._module
            if module is None or not self._is_open:
                return
            for events in self._sets.values():
                if events is not None:
                    _quietly(module, module.nvmlEventSetFree, events)
            _quietly(module, module.nvmlShutdown)
            self._sets, self._is_open = {}, False

    @contextmanager
    def closed(self) -> Iterator[None]:
        """No GPU is open here, nor opened by a look that comes meanwhile."""
        with self._lock:
            self._closings += 1
            self.close()
        try:
            yield
        finally:
            with self._lock:
                self._closings -= 1

    def _open(self) -> bool:
        module = self._module
        if module is None or not hasattr(module, "nvmlEventSetCreate"):
            return False
        if not self._is_open:
            self._is_open = _quietly(module, module.nvmlInit)
        return self._is_open


def _register(nvml: Nvml, gpu: Any) -> Any | None:
    """The new set; None where driver or GPU have no such events."""
    if not (nvml.ask_number("DeviceGetSupportedEventTypes", gpu) or 0) & XID_CRITICAL:
        return None
    events = nvml.ask("EventSetCreate")
    if events is None:
        return None
    try:
        nvml.module.nvmlDeviceRegisterEvents(gpu, XID_CRITICAL, events)
    except nvml.module.NVMLError as error:
        _quietly(nvml.module, nvml.module.nvmlEventSetFree, events)
        if nvml.is_unanswered(error):
            return None
        raise
    return events


def _drain(nvml: Nvml, events: Any) -> Iterator[int]:
    """The numbers of the errors that wait; the library ends with an error where none does."""
    for _ in range(MOST_EVENTS):
        try:
            event = nvml.module.nvmlEventSetWait(events, 0)
        except nvml.module.NVMLError:
            return
        if int(event.eventType) == XID_CRITICAL:
            yield int(event.eventData)


def _quietly(module: Any, act: Any, *arguments: Any) -> bool:
    """Whether it was done."""
    try:
        act(*arguments)
    except module.NVMLError:
        return False
    return True
