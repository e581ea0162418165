"""How a GPU is now: whether it can be given to anybody, and what the host itself does with it.

Everything is asked anew at each look: counters are shown as they stand, and an error of the past is
no trouble by itself. Only what has grown since the last look, or what the driver says must be
repaired first, is.

Errors that the driver tells as events (Xid) count in the same way; ``xid`` says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.drivers.gpu.nvidia.nvml import GpuSilent, Nvml
from cyborg_rr.drivers.gpu.nvidia.xid import NEEDS_RESET

GPU_LOST = "gpu_lost"
RECOVERY_NEEDED = "recovery_needed"
ROW_REMAP_FAILED = "row_remap_failed"
ECC_UNCORRECTABLE = "ecc_uncorrectable"
THERMAL = "thermal"
XID = "xid"

RECOVERY_ACTIONS = {
    1: "reset the GPU",
    2: "reboot the node",
    3: "drain peer-to-peer traffic",
    4: "drain and reset the GPU",
    5: "recover the IMEX domain",
    6: "reset the bus",
    7: "reboot the system",
}
"""``nvmlDeviceGpuRecoveryAction_t``; 0 is none."""

VOLATILE_ECC = 0
UNCORRECTED = 1
HW_THERMAL_SLOWDOWN = 0x40
"""``nvmlClocksEventReasonHwThermalSlowdown``: hotter than it may be, the clock halved or less."""

IDLE_MEMORY_BYTES = 64 << 20
"""What is used of a GPU that nobody uses stays below (it shows 1 to 20 MiB); a CUDA context alone
takes more. Without what the driver reserves, so only where that is told apart."""

MAX_NAMED_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class GpuCondition:
    """What changes while a GPU runs; None where the library does not say.

    ``remapped_rows`` are rows remapped after correctable and after uncorrectable errors, whether
    one waits for a reset, and whether one could not be remapped. ``processes`` are the numbers of
    processes of the host that use the GPU, ``used_bytes`` what is taken of its memory. ``xids`` is
    how often each error (Xid) came since the look before.
    """

    remapped_rows: tuple[int, int, bool, bool] | None = None
    is_page_retirement_pending: bool | None = None
    ecc_uncorrectable: int | None = None
    recovery_action: int | None = None
    is_too_hot: bool = False
    processes: tuple[int, ...] = ()
    used_bytes: int | None = None
    xids: Mapping[int, int] = field(default_factory=dict)


def read_condition(nvml: Nvml, gpu: Any) -> GpuCondition:
    """Ask one GPU; the module's ``NVMLError`` when it does not answer."""
    rows = nvml.ask("DeviceGetRemappedRows", gpu)
    pending = nvml.ask_number("DeviceGetRetiredPagesPendingStatus", gpu)
    reasons = nvml.ask_number("DeviceGetCurrentClocksThrottleReasons", gpu)
    return GpuCondition(
        remapped_rows=(int(rows[0]), int(rows[1]), bool(rows[2]), bool(rows[3])) if rows else None,
        is_page_retirement_pending=None if pending is None else bool(pending),
        ecc_uncorrectable=nvml.ask_number(
            "DeviceGetTotalEccErrors", gpu, UNCORRECTED, VOLATILE_ECC
        ),
        recovery_action=_read_recovery_action(nvml, gpu),
        is_too_hot=bool((reasons or 0) & HW_THERMAL_SLOWDOWN),
        processes=read_processes(nvml, gpu),
        used_bytes=read_used_bytes(nvml, gpu),
    )


def read_processes(nvml: Nvml, gpu: Any) -> tuple[int, ...]:
    """The numbers of the processes that use the GPU, in order."""
    found = {
        int(process.pid)
        for question in ("DeviceGetComputeRunningProcesses", "DeviceGetGraphicsRunningProcesses")
        for process in nvml.ask(question, gpu) or ()
    }
    return tuple(sorted(found))


def read_used_bytes(nvml: Nvml, gpu: Any) -> int | None:
    """Memory taken by programs; None where what the driver reserves is not told apart from it."""
    memory = nvml.ask("DeviceGetMemoryInfo", gpu, nvml.module.nvmlMemory_v2)
    return None if memory is None else int(memory.used)


def _read_recovery_action(nvml: Nvml, gpu: Any) -> int | None:
    field = nvml.constant("FI_DEV_GET_GPU_RECOVERY_ACTION")
    if field is None:
        return None
    values = nvml.ask("DeviceGetFieldValues", gpu, [field])
    if not values or values[0].nvmlReturn != 0:
        return None
    return int(values[0].value.uiVal)


def find_trouble(condition: GpuCondition, before: GpuCondition | None) -> Trouble | None:
    """The worst that is wrong with a GPU now; ``before`` is how it was at the last look."""
    return next(_list_troubles(condition, before), None)


def _list_troubles(condition: GpuCondition, before: GpuCondition | None) -> Iterator[Trouble]:
    rows = condition.remapped_rows
    if rows is not None and rows[3]:
        yield Trouble(ROW_REMAP_FAILED, "a row of its memory could not be remapped")
    if condition.recovery_action:
        action = condition.recovery_action
        what = RECOVERY_ACTIONS.get(action, f"action {action}")
        yield Trouble(RECOVERY_NEEDED, f"the driver asks for a recovery first: {what}")
    elif condition.recovery_action is None and _waits_for_reset(condition):
        yield Trouble(RECOVERY_NEEDED, "bad memory is taken out of use at its next reset")
    fatal = sorted(number for number in condition.xids if number in NEEDS_RESET)
    if fatal:
        yield Trouble(XID, "; ".join(f"Xid {number}: {NEEDS_RESET[number]}" for number in fatal))
    grown = _count_grown(condition, before)
    if grown:
        yield Trouble(ECC_UNCORRECTABLE, f"{grown} more uncorrectable memory errors")
    if condition.is_too_hot:
        yield Trouble(THERMAL, "its clocks are slowed down because it is too hot")


def _waits_for_reset(condition: GpuCondition) -> bool:
    rows = condition.remapped_rows
    return bool(condition.is_page_retirement_pending or (rows is not None and rows[2]))


def _count_grown(condition: GpuCondition, before: GpuCondition | None) -> int:
    if before is None or None in (before.ecc_uncorrectable, condition.ecc_uncorrectable):
        return 0
    return max(0, (condition.ecc_uncorrectable or 0) - (before.ecc_uncorrectable or 0))


def describe_silence(error: GpuSilent) -> Trouble:
    """The trouble of a GPU that its driver holds and that does not answer."""
    return Trouble(RECOVERY_NEEDED if error.needs_reset else GPU_LOST, str(error))


def describe_use(condition: GpuCondition) -> str | None:
    """What the host does with the whole of a GPU; None: nothing."""
    if condition.processes:
        return f"used by {name_processes(condition.processes)} of the host"
    if condition.used_bytes is not None and condition.used_bytes > IDLE_MEMORY_BYTES:
        return f"{condition.used_bytes >> 20} MiB of its memory are in use"
    return None


def name_processes(processes: Sequence[int]) -> str:
    """The processes by number, never by what they are called: a command line may hold secrets."""
    named = ", ".join(str(process) for process in processes[:MAX_NAMED_PROCESSES])
    more = len(processes) - MAX_NAMED_PROCESSES
    noun = "process" if len(processes) == 1 else "processes"
    return f"{noun} {named}" + (f" and {more} more" if more > 0 else "")


def list_counters(condition: GpuCondition) -> Iterator[tuple[str, str]]:
    """The counters of a GPU as attributes."""
    if condition.ecc_uncorrectable is not None:
        yield "ecc_uncorrectable", str(condition.ecc_uncorrectable)
    if condition.remapped_rows is not None:
        correctable, uncorrectable, is_pending, _ = condition.remapped_rows
        yield "remapped_rows_correctable", str(correctable)
        yield "remapped_rows_uncorrectable", str(uncorrectable)
        yield "remapped_rows_pending", "yes" if is_pending else "no"
