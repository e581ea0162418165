"""A measurement: what one run on a device timed, as a document with a version.

Its keys are public: people write such files, post them and keep them. All times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

from cyborg_rr.domain.documents import Form, Interval, MaxItems, Positive, Range, composed, stated
from cyborg_rr.domain.representation.measured.operators import Operator

SCHEMA_VERSION = "1.0"

_KERNEL_BY_KERNEL = ("eager", "graph")
_COMPILING = (
    "inductor",
    "xla",
    "onnxruntime-cpu",
    "onnxruntime-cuda",
    "onnxruntime-tensorrt",
    "onnxruntime-rocm",
    "onnxruntime-openvino",
    "llama-cpp",
)

RUNTIMES_MEASURED: Mapping[str, str] = MappingProxyType(
    {name: name for name in _KERNEL_BY_KERNEL} | dict.fromkeys(_COMPILING, "compiled")
)
"""What can be measured, those preferred first, and the kind of runtime that each stands for."""

Seconds = Annotated[float, Interval(1e-9, 1e5)]
Spread = Annotated[float, Interval(0.0, 100.0)]
"""Half of the distance between the quartiles of the samples, as a share of their median."""

Bytes = Annotated[int, Range(0, 1 << 50)]
Day = Annotated[str, Form(r"\d{4}-\d\d-\d\d", "a day such as 2026-11-27")]
Name = Annotated[str, Form(r"[ -~]{1,255}", "1 to 255 printable ASCII characters")]
ClassName = Annotated[str, Form(r"[a-z0-9][a-z0-9.-]{0,254}", "the name of a device class")]


@dataclass(frozen=True, slots=True)
class OperatorTime:
    """How long one call of an operator takes: the median of some samples, and their spread."""

    operator: Operator = field(metadata=composed())
    seconds: Seconds
    spread: Spread
    samples: Positive


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One execution of a model; memory is that of the device, where it can be told.

    ``allocated_bytes`` is the largest sum of live tensors, ``reserved_bytes`` what the allocator
    took for them, ``device_bytes`` all that the process held.
    """

    name: Name
    sha256: Annotated[str, Form("[0-9a-f]{64}", "64 lower-case hexadecimal digits")] | None
    inputs: Annotated[tuple[Name, ...], MaxItems(256)]
    seconds: Seconds
    spread: Spread
    samples: Positive
    allocated_bytes: Bytes | None = None
    reserved_bytes: Bytes | None = None
    device_bytes: Bytes | None = None


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """What a process of the runtime holds beside the tensors: at its start, and at its end."""

    context_bytes: Bytes | None = None
    loaded_bytes: Bytes | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state of the device after the run, where its driver tells."""

    driver: Name | None = None
    clock_mhz: Annotated[int, Range(0, 1 << 20)] | None = None
    highest_clock_mhz: Annotated[int, Range(0, 1 << 20)] | None = None
    power_limit_watts: Annotated[float, Interval(0.0, 1e5)] | None = None
    temperature_celsius: Annotated[int, Range(0, 200)] | None = None
    is_throttled: bool | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one runtime did on one device of a class.

    ``product`` is the catalogue's id of the product that the whole device is, where it is sure:
    what holds for its class holds for others of that product, which may have other links.
    """

    device_class: ClassName
    runtime: Name
    software: Name
    device_name: Name
    measured_on: Day
    product: ClassName | None = None
    operators: Annotated[tuple[OperatorTime, ...], MaxItems(2000)] = field(
        default=(), metadata=stated()
    )
    models: Annotated[tuple[ModelRun, ...], MaxItems(100)] = ()
    memory: MemoryFacts = MemoryFacts()
    conditions: Conditions = Conditions()
    schema_version: str = field(default=SCHEMA_VERSION, metadata=stated())
