"""Kernels, and the groups of nodes that become them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.shapes import UNKNOWN
from cyborg_rr.domain.words import WorkKind


class Kernel(NamedTuple):
    """What runs as one launch: its kind, the element type of its arithmetic, work and traffic.

    Work and traffic are upper bounds where a size depends on data (``at_most``). ``fused`` counts
    the nodes beside its own one, ``inner_bytes`` are those of the values between them.
    """

    kind: WorkKind
    element_type: str
    macs: int
    flops_other: int
    transcendentals: int
    bytes_read: int
    bytes_written: int
    parameter_bytes: int
    at_most: bool = False
    fused: int = 0
    inner_bytes: int = 0


@dataclass(slots=True)
class Group:
    """Nodes that make up one kernel; only the last one's results are seen outside."""

    anchor: WorkKind | None
    element_type: str
    macs: int = 0
    flops_other: int = 0
    transcendentals: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    type: TensorType = UNKNOWN
    written: int | None = None
    widening: bool = False
    at_most: bool = False
    taken: bool = False
    places: list[int] = field(default_factory=list)
    biases: int = 0
    inner_bytes: int = 0

    def absorb(self, other: Group) -> None:
        """Take over what another group does and reads."""
        self.places += other.places
        self.biases += other.biases
        self.inner_bytes += other.inner_bytes
        self.macs += other.macs
        self.flops_other += other.flops_other
        self.transcendentals += other.transcendentals
        self.at_most |= other.at_most
        if len(other.reads) > len(self.reads):
            self.reads, smaller = other.reads, self.reads
        else:
            smaller = other.reads
        for name, size in smaller.items():
            self.reads[name] = max(self.reads.get(name, 0), size)
        other.taken = True

    def finish(self, typed: TypedBlock, derived: frozenset[str]) -> Kernel:
        """The kernel, with what it writes in bytes and the part of weights in what it reads."""
        written, parameters = self.written, 0
        if written is None:
            written = 0
            for name in self.outputs:
                written += typed.sizes[name] or 0
        for name, size in self.reads.items():
            if typed.is_parameter(name) or name in derived:
                parameters += size
        return Kernel(
            self.anchor or "elementwise",
            self.element_type,
            self.macs,
            self.flops_other,
            self.transcendentals,
            sum(self.reads.values()),
            written,
            parameters,
            self.at_most,
            max(0, len(self.places) - self.biases - 1),
            self.inner_bytes,
        )
