"""The IR requirement: what a graph asks of a device, as a document with a version.

The document is plain JSON; its keys are public, since people script against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cyborg_rr.domain.graph.graph import Completeness

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class TensorRequirement:
    """An input or output of the model: element type and shape (None: not known)."""

    name: str
    element_type: str | None
    shape: tuple[int | str, ...] | None


@dataclass(frozen=True, slots=True)
class MemoryRequirement:
    """Bytes at the bound shapes, before any conversion of element types.

    ``activation_peak_bytes`` is the largest sum of live temporaries over the topological order,
    inputs and outputs not counted. None where shapes are missing. The ``*_by_element_type``
    maps split parameters and the peak so that another element type can be reckoned.
    """

    parameter_bytes: int
    constant_bytes: int
    input_bytes: int | None
    output_bytes: int | None
    activation_peak_bytes: int | None
    parameter_bytes_by_element_type: Mapping[str, int] = field(default_factory=dict)
    activation_peak_by_element_type: Mapping[str, int] = field(default_factory=dict)
    parameters: str = "inline"
    """Where the weights are: inline, external or absent."""
    aliased_bytes: int = 0
    """Bytes of outputs that take over the memory of a donated argument."""


@dataclass(frozen=True, slots=True)
class ComputeRequirement:
    """Work of one execution. ``flops`` = 2 x ``macs``; other arithmetic stands in ``flops_other``.

    Multiply-adds on padding are counted, as frameworks do and XLA does not. None where shapes miss.
    """

    macs: int | None
    flops: int | None
    flops_other: int | None
    transcendentals: int | None
    flops_by_element_type: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """``count`` equal kernels of the fused graph; figures are of one.

    ``kind`` is one of contraction, convolution, attention, elementwise, reduction, movement,
    recurrence, collective, other. ``element_type`` is that of the arithmetic. ``bytes_read``
    includes ``parameter_bytes``. A kernel is what runs as one launch.
    """

    kind: str
    element_type: str
    count: int
    macs: int
    flops_other: int
    transcendentals: int
    bytes_read: int
    bytes_written: int
    parameter_bytes: int = 0


@dataclass(frozen=True, slots=True)
class IRRequirement:
    """What one model asks for, at the shapes in ``bindings``.

    ``sha256`` is that of the whole file, None where a large file was not read whole (weights are
    never read). ``operations`` counts native names, ``canonical_operations`` canonical ones;
    ``unknown_operations`` those that no rule here covers (native names).
    """

    name: str
    sha256: str | None
    size_bytes: int
    ir: Mapping[str, Any]
    reader: Mapping[str, Any]
    inputs: tuple[TensorRequirement, ...]
    outputs: tuple[TensorRequirement, ...]
    operations: Mapping[str, int]
    canonical_operations: Mapping[str, int]
    unknown_operations: Mapping[str, int]
    element_types: tuple[str, ...]
    dynamic: bool
    symbols: tuple[str, ...]
    bindings: Mapping[str, Any]
    memory: MemoryRequirement
    compute: ComputeRequirement
    work: tuple[WorkItem, ...]
    replicas: int = 1
    partitions: int = 1
    collectives: Mapping[str, int] = field(default_factory=dict)
    control_flow: Mapping[str, int] = field(default_factory=dict)
    targets: tuple[Mapping[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    schema_version: str = SCHEMA_VERSION

    @property
    def completeness(self) -> Completeness:
        """How much of the file the reader understood."""
        completeness: Completeness = self.reader["completeness"]
        return completeness

    def to_document(self) -> dict[str, Any]:
        """The JSON document."""
        return asdict(self)
