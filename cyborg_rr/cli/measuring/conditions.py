"""The state of an NVIDIA GPU while it is measured, as NVIDIA's own tool tells it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.representation.measured.measurement import Conditions

_QUERY: Final = (
    "driver_version",
    "clocks.sm",
    "clocks.max.sm",
    "power.limit",
    "temperature.gpu",
    "clocks_throttle_reasons.active",
)
_SLOWED: Final = 0x4 | 0x8 | 0x20 | 0x40 | 0x80
"""Power cap, slowdown, software and hardware heat, power brake: nvml.h, nvmlClocksEventReason*."""

_SECONDS: Final = 20


def read_conditions(place: str, tool: Sequence[str] = ("nvidia-smi",)) -> Conditions:
    """What the tool says of the GPU at a place, an address or a number; nothing where it is not."""
    query = f"--query-gpu={','.join(_QUERY)}"
    command = [*tool, f"--id={place}", query, "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return Conditions()
    cells = [cell.strip() for cell in told.strip().split(",")]
    if len(cells) != len(_QUERY):
        return Conditions()
    driver, clock, highest, power, heat, reasons = cells
    slowed = _read(reasons, 16)
    watts = _read_decimal(power)
    return Conditions(
        driver=driver if driver.isprintable() and driver.isascii() and driver else None,
        clock_mhz=_read(clock),
        highest_clock_mhz=_read(highest),
        power_limit_watts=watts,
        temperature_celsius=_read(heat),
        is_throttled=None if slowed is None else bool(slowed & _SLOWED),
    )


def _read(cell: str, base: int = 10) -> int | None:
    try:
        return int(cell, base)
    except ValueError:  # such as [N/A]
        return None


def _read_decimal(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def join_conditions(earlier: Conditions, later: Conditions) -> Conditions:
    """Of two looks at the same device the lower clock, and whether either saw it slowed down."""
    clocks = [each for each in (earlier.clock_mhz, later.clock_mhz) if each is not None]
    slowed = [each for each in (earlier.is_throttled, later.is_throttled) if each is not None]
    return Conditions(
        later.driver or earlier.driver,
        min(clocks, default=None),
        later.highest_clock_mhz or earlier.highest_clock_mhz,
        later.power_limit_watts or earlier.power_limit_watts,
        later.temperature_celsius or earlier.temperature_celsius,
        any(slowed) if slowed else None,
    )
