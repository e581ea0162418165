"""The IR requirement: what a graph asks of a device, as a document with a version.

The document is plain JSON; its keys are public, since people script against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from cyborg_rr.domain.documents import Count, Form, MaxItems, Positive, sparse, stated
from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import (
    Completeness,
    IRIdentity,
    PlanSource,
    StoredLocation,
    Target,
)
from cyborg_rr.domain.graph.memory.habits import Attending
from cyborg_rr.domain.words import WorkKind

SCHEMA_VERSION = "1.0"

Counts = Mapping[str, Count]
Sha256 = Annotated[str, Form("[0-9a-f]{64}", "64 lower-case hexadecimal digits")]
DocumentShape = Annotated[tuple[Count | str, ...], MaxItems(64)]
"""A shape; a size that is not known is named by its symbol."""


@dataclass(frozen=True, slots=True)
class TensorRequirement:
    """An input or output of the model: element type and shape (None: not known)."""

    name: str
    element_type: str | None
    shape: DocumentShape | None


@dataclass(frozen=True, slots=True)
class LinearWeights:
    """The weights that those who quantise weights alone pack: of linear layers and convolutions.

    Tables of embeddings, norms, biases and the last layer stay as they are. ``rows`` are at least
    the scales of weights with one for each output; ``last_bytes`` the weights of the last layer.
    """

    bytes_by_element_type: Counts
    rows: Count
    last_bytes: Count = field(default=0, metadata=sparse(since=1))


@dataclass(frozen=True, slots=True)
class RuntimePeak:
    """The most that temporaries and outputs take at once on a runtime that reads by strides.

    Transposes, slices and repeats take nothing there. ``attending`` says which attentions run as
    one kernel that stores no scores: none, those that are called as one operation, or all.
    """

    attending: Attending
    bytes: Count
    bytes_by_element_type: Counts = field(default_factory=dict, metadata=stated())
    fuses: bool = field(default=False, metadata=sparse())
    """Whether chains of elementwise operations run as one kernel and outputs have room of their
    own; left out where each operation runs by itself and outputs take room from when they are
    made."""


@dataclass(frozen=True, slots=True)
class MemoryRequirement:
    """Bytes at the bound shapes, before any conversion of element types.

    ``activation_peak_bytes`` is the largest sum of live temporaries over the topological order,
    inputs and outputs not counted. None where shapes are missing. The ``*_by_element_type``
    maps split parameters and the peak so that another element type can be reckoned.
    """

    parameter_bytes: Count
    constant_bytes: Count
    input_bytes: Count | None
    output_bytes: Count | None
    activation_peak_bytes: Count | None
    parameter_bytes_by_element_type: Counts = field(default_factory=dict, metadata=stated())
    activation_peak_by_element_type: Counts = field(default_factory=dict, metadata=stated())
    parameters: StoredLocation = field(default="inline", metadata=stated())
    """Where the weights are: inline, external or absent."""
    aliased_bytes: Count = 0
    """Bytes of outputs that take over the memory of a donated argument."""
    activation_peak_method: PlanSource | None = field(default=None, metadata=sparse(since=1))
    """The plan in the file that states the peak, which says nothing of element types; left out
    where the peak was reckoned here."""
    parameters_guessed: bool = field(default=False, metadata=sparse(since=1))
    """Whether nothing told weights from inputs, so that only their sum is sure."""
    derived_bytes: Count = field(default=0, metadata=sparse(since=1))
    """By how much values that follow from stored tensors alone, which a runtime reckons once and
    keeps, are larger than the tensors that they replace; left out where they are not."""
    at_most: Counts = field(default_factory=dict, metadata=sparse(since=1))
    """The figures here that are upper bounds since a size or a branch depends on data, with the
    part of each that is needed whatever the data says; left out where all are exact."""
    fused_peak_bytes: Count | None = field(default=None, metadata=sparse(since=1))
    """The part of the peak that is needed, too, where chains of elementwise operations run as one
    kernel, as compilers let them, and attention as one that stores no scores; left out where that
    is no less, or the peak under 16 MiB."""
    runtime_peaks: tuple[RuntimePeak, ...] = field(default=(), metadata=sparse(since=1))
    """What is needed beside stored tensors and inputs where views cost nothing, once for each way
    of running that makes a difference; left out where the peak is under 16 MiB, depends on data or
    is a plan of the file."""
    parameter_count: Count = field(default=0, metadata=sparse(since=1))
    """How many numbers the parameters are, as the file stores them; left out where there are none
    of a known size."""
    linear: LinearWeights | None = field(default=None, metadata=sparse(since=1))
    """Those of the parameters that become narrower where weights alone are quantised; left out
    where none do."""


@dataclass(frozen=True, slots=True)
class Span:
    """A figure that the file leaves open between two, both inclusive; equal where it is exact."""

    least: Count
    most: Count


@dataclass(frozen=True, slots=True)
class DeviceRequirement:
    """What each of the devices holds and does that the program was written for.

    Bytes, and multiply-adds of one execution; None where shapes are missing. The largest part
    counts, filled up where sizes do not divide. ``mesh`` has the axes that the file names.
    """

    devices: Positive
    parameter_bytes: Span | None
    constant_bytes: Span | None
    input_bytes: Span | None
    output_bytes: Span | None
    aliased_bytes: Span | None
    activation_peak_bytes: Span | None
    macs: Span | None
    mesh: Mapping[str, Positive] = field(default_factory=dict, metadata=sparse(since=1))


@dataclass(frozen=True, slots=True)
class ComputeRequirement:
    """Work of one execution. ``flops`` = 2 x ``macs``; other arithmetic stands in ``flops_other``.

    Multiply-adds on padding are counted, as frameworks do and XLA does not. None where shapes miss.
    """

    macs: Count | None
    flops: Count | None
    flops_other: Count | None
    transcendentals: Count | None
    flops_by_element_type: Counts = field(default_factory=dict, metadata=stated())
    at_most: Counts = field(default_factory=dict, metadata=sparse(since=1))
    """The figures here that are upper bounds, as in ``MemoryRequirement``."""
    at_least: bool = field(default=False, metadata=sparse(since=1))
    """Whether there is more work than the figures say, of operations that have no rule here or of
    a part of the file that was not read; left out where they are whole."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """``count`` equal kernels of the fused graph; figures are of one.

    ``kind`` is one of contraction, convolution, attention, elementwise, reduction, movement,
    recurrence, collective, other. ``element_type`` is that of the arithmetic. ``bytes_read``
    includes ``parameter_bytes``. A kernel is what runs as one launch.
    """

    kind: WorkKind
    element_type: str
    count: Positive
    macs: Count
    flops_other: Count
    transcendentals: Count
    bytes_read: Count
    bytes_written: Count
    parameter_bytes: Count = field(default=0, metadata=stated())
    at_most: bool = field(default=False, metadata=sparse(since=1))
    """Whether the figures, or how often the kernel runs, are upper bounds."""
    fused: Count = field(default=0, metadata=sparse(since=1))
    """How many operations run in the kernel beside its own one and the bias of a product, each of
    which is a kernel of its own where nothing is fused."""
    inner_bytes: Count = field(default=0, metadata=sparse(since=1))
    """What the values between them take, which are written and read where nothing is fused."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """``count`` kernels of the work item at the place ``item`` of ``work``."""

    item: Count
    count: Positive


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """``count`` equal attentions, each of which a runtime that has such a kernel runs as one.

    Figures are of one. Multiply-adds, other work and weights are those of the kernels that it
    ``replaces``, which stand in ``work`` as they run on a runtime without it; bytes are those that
    are left where scores are not stored. ``heads`` are those of all sequences.
    """

    element_type: str
    count: Positive
    heads: Count
    queries: Count
    keys: Count
    width: Count
    value_width: Count
    macs: Count
    flops_other: Count
    transcendentals: Count
    bytes_read: Count
    bytes_written: Count
    parameter_bytes: Count
    score_bytes: Count
    """What the scores take where they are stored, as the probabilities take once more."""
    replaces: tuple[Replaced, ...]
    called: bool = field(default=False, metadata=sparse())
    """Whether the file calls it as one operation, or is written as exporters write such a call;
    left out where it is spelled as products and a softmax."""
    at_most: bool = field(default=False, metadata=sparse())
    """Whether the figures, or how often it runs, are upper bounds."""

    @property
    def is_one_operation(self) -> bool:
        """Whether the file has it as one, of which no plan of temporaries has the scores."""
        return len(self.replaces) == 1


@dataclass(frozen=True, slots=True)
class ReaderIdentity:
    """Which reader made the graph, and how much of the file it understood."""

    name: str
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class OperationUse:
    """``count`` nodes that call an operation alike, as they stand in the file.

    ``inputs`` and ``outputs`` are texts in the order of the file: element type with the rank in
    brackets, ``const`` before it where it follows from what the file stores alone, ``shape`` where
    from sizes of tensors too, nothing where it is left out. Of ``attributes`` tensors and long
    values are null. ``macs`` are the multiply-adds of one execution of all these nodes together.
    None: too many of them differ to be told.
    """

    name: str
    count: Positive
    inputs: tuple[str, ...] | None
    outputs: tuple[str, ...] | None
    attributes: Mapping[str, Any] | None
    macs: Count = field(default=0, metadata=sparse())


@dataclass(frozen=True, slots=True)
class IRRequirement:
    """What one model asks for, at the shapes in ``bindings``.

    ``sha256`` is that of the whole file, None where a large file was not read whole (weights are
    never read). ``operations`` counts native names, ``canonical_operations`` canonical ones;
    ``unknown_operations`` those that no rule here covers (native names).
    """

    name: str
    sha256: Sha256 | None
    size_bytes: Count
    ir: IRIdentity
    reader: ReaderIdentity
    inputs: tuple[TensorRequirement, ...]
    outputs: tuple[TensorRequirement, ...]
    operations: Counts
    canonical_operations: Counts
    unknown_operations: Counts
    element_types: tuple[str, ...]
    dynamic: bool
    symbols: tuple[str, ...]
    bindings: Mapping[str, Any]
    memory: MemoryRequirement
    compute: ComputeRequirement
    work: tuple[WorkItem, ...]
    replicas: Positive = field(default=1, metadata=stated())
    partitions: Positive = field(default=1, metadata=stated())
    collectives: Counts = field(default_factory=dict, metadata=stated())
    control_flow: Counts = field(default_factory=dict, metadata=stated())
    targets: tuple[Target, ...] = field(default=(), metadata=stated())
    warnings: tuple[str, ...] = field(default=(), metadata=stated())
    schema_version: str = field(default=SCHEMA_VERSION, metadata=stated())
    cache: tuple[CachedLayers, ...] = field(default=(), metadata=sparse(since=1))
    """What one sequence keeps between its tokens; left out where nothing is known of it."""
    per_device: DeviceRequirement | None = field(default=None, metadata=sparse(since=1))
    """The part of one device, for a file that divides its values; left out for any other."""
    example_inputs: tuple[str, ...] = field(default=(), metadata=sparse(since=1))
    """Sizes that would make all inputs known, as ``--input`` takes them; left out where all are."""
    uses: tuple[OperationUse, ...] = field(default=(), metadata=sparse(since=1))
    """How the nodes that run call their native operations, those with the most work first; left
    out where no graph was read."""
    attention: tuple[AttentionItem, ...] = field(default=(), metadata=sparse(since=1))
    """The attentions that a kernel of its own may do, in the order of their work; left out where
    there are none, or the work is not known."""
