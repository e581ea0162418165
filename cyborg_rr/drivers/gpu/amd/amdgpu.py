"""What the kernel driver amdgpu says of one GPU in its PCI directory.

Source: Linux Documentation/gpu/amdgpu (driver-misc.rst, ras.rst, thermal.rst): ``unique_id``,
``product_name``, ``mem_info_vram_total``, ``vbios_version``, ``current_compute_partition`` (SPX,
DPX, TPX, QPX, CPX), ``available_compute_partition``, ``current_memory_partition`` (NPS1 ...),
``ras/umc_err_count`` (lines ``ue: N`` and ``ce: N``), and ``temp<N>_input`` beside
``temp<N>_emergency`` in ``hwmon``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

KERNEL_DRIVER = "amdgpu"

COMPUTE_MODES = ("SPX", "DPX", "TPX", "QPX", "CPX")
_MEMORY_MODE = re.compile(r"NPS[1-8]", re.ASCII)
_UNIQUE_ID = re.compile(r"[0-9a-f]{1,16}", re.ASCII)
_UNCORRECTABLE = re.compile(r"ue: ([0-9]{1,18})", re.ASCII)
_HWMON = re.compile(r"hwmon[0-9]{1,5}", re.ASCII)
_SENSORS = range(1, 4)

MAX_MEMORY_BYTES = 1 << 44


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """What the driver says of one GPU; None or empty where it does not.

    ``architecture`` is what compilers call it, which the topology of compute nodes says.
    """

    identity: str | None = None
    name: str | None = None
    memory_bytes: int | None = None
    firmware_version: str | None = None
    compute_mode: str | None = None
    memory_mode: str | None = None
    compute_modes: tuple[str, ...] = ()
    driver_version: str | None = None
    architecture: str | None = None


def read_facts(sysfs: Sysfs, path: str) -> GpuFacts:
    """What the directory of a GPU says; ``Unreadable`` when that is nonsense."""
    with sysfs.open("module/amdgpu") as module:
        version = module.find_text("version") if module else None
    with sysfs.open(path) as directory:
        if directory is None:
            raise Unreadable(f"{path}: is gone")
        return GpuFacts(
            identity=_find_identity(directory),
            name=directory.find_text("product_name"),
            memory_bytes=_find_memory(directory),
            firmware_version=directory.find_text("vbios_version"),
            compute_mode=_find_mode(directory),
            memory_mode=_find_memory_mode(directory),
            compute_modes=_list_modes(directory),
            driver_version=version,
        )


def _find_identity(directory: Directory) -> str | None:
    """The id that is the chip's own; nought where it has none."""
    text = (directory.find_text("unique_id") or "").lower().removeprefix("0x")
    if not text:
        return None
    if not _UNIQUE_ID.fullmatch(text):
        raise Unreadable(f"unique_id: {text[:40]!a} is not an id")
    return f"amd:{text}" if int(text, 16) else None


def _find_memory(directory: Directory) -> int | None:
    memory = directory.find_number("mem_info_vram_total")
    return memory if memory is not None and 0 < memory <= MAX_MEMORY_BYTES else None


def _find_mode(directory: Directory) -> str | None:
    mode = directory.find_text("current_compute_partition")
    return mode if mode in COMPUTE_MODES else None


def _list_modes(directory: Directory) -> tuple[str, ...]:
    text = directory.find_text("available_compute_partition") or ""
    modes = [mode.strip() for mode in text.split(",")]
    return tuple(mode for mode in COMPUTE_MODES if mode in modes)


def _find_memory_mode(directory: Directory) -> str | None:
    mode = directory.find_text("current_memory_partition")
    return mode if mode is not None and _MEMORY_MODE.fullmatch(mode) else None


def count_uncorrectable(sysfs: Sysfs, path: str) -> int | None:
    """Memory errors since the driver was loaded that could not be corrected."""
    try:
        with sysfs.open(f"{path}/ras") as directory:
            content = directory.find_bytes("umc_err_count") if directory else None
    except Unreadable:
        return None
    for line in (content or b"").decode("ascii", "replace").splitlines():
        if match := _UNCORRECTABLE.fullmatch(line.strip()):
            return int(match[1])
    return None


def find_heat(sysfs: Sysfs, path: str) -> Trouble | None:
    """Whether a sensor is at the temperature at which the GPU protects itself."""
    try:
        for name in sysfs.names(f"{path}/hwmon"):
            if _HWMON.fullmatch(name):
                with sysfs.open(f"{path}/hwmon/{name}") as directory:
                    if directory is not None and (trouble := _read_sensors(directory)):
                        return trouble
    except Unreadable:
        return None
    return None


def _read_sensors(directory: Directory) -> Trouble | None:
    for sensor in _SENSORS:
        value = directory.find_number(f"temp{sensor}_input")
        limit = directory.find_number(f"temp{sensor}_emergency")
        if value is not None and limit is not None and 0 < limit <= value:
            text = f"sensor {sensor} is at {value // 1000} of {limit // 1000} degrees Celsius"
            return Trouble("thermal", text)
    return None
