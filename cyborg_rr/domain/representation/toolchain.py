"""A toolchain: a compiler or runtime that takes one IR and yields another or a hardware target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cyborg_rr.domain.documents import Positive, sparse
from cyborg_rr.domain.representation.versions import VersionRange

Coverage = Literal["all", "list", "unknown"]
DynamicShapes = Literal["none", "bounded", "full"]


@dataclass(frozen=True, slots=True)
class Intake:
    """An IR that a toolchain takes.

    ``version`` bounds the IR's own version, ``dialects`` that of each operation set. A dialect
    that is not listed is refused once the model uses an operation of it. A ``compiled`` intake
    takes graphs whose functions stand compiled in a library beside them, any other one takes no
    such graph. ``exported`` says that exporters of frameworks write the family today, ``usual``
    which place it has among those that people run such files with, the first 1 (None: after them).
    """

    family: str
    version: VersionRange | None = None
    dialects: Mapping[str, VersionRange] = field(default_factory=dict)
    compiled: bool = field(default=False, metadata=sparse(since=1))
    exported: bool = field(default=False, metadata=sparse(since=1))
    usual: Positive | None = field(default=None, metadata=sparse(since=1))


@dataclass(frozen=True, slots=True)
class OperationCoverage:
    """Canonical operations that a toolchain compiles for the device, without falling back to a CPU.

    ``all``: every one but ``excluded``; ``list``: only ``listed``; ``unknown``: nobody said. Some
    depend on how a model spells them: ``natives`` are, by operation set, the only ones of it that
    are taken, ``excluded_natives`` those that are not; ``converted_natives`` are taken once the
    model is changed as it says of each. ``table`` names the coverage table that decides instead
    wherever it is known how the model calls its operations, for models of ``table_families``
    (none: of all).
    """

    cover: Coverage = "all"
    listed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    natives: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata=sparse(since=1))
    excluded_natives: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, metadata=sparse(since=1)
    )
    table: str = field(default="", metadata=sparse(since=1))
    table_families: tuple[str, ...] = field(default=(), metadata=sparse(since=1))
    converted_natives: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, metadata=sparse(since=1)
    )


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What is known of one toolchain; ``sources`` says of each fact where it comes from.

    It yields either an IR (``yields_ir``, a family, at the versions ``yields_dialects``) or code
    for a target family (``target``, such as cuda or ascend). ``element_types`` maps each type it
    takes to the least architecture that it needs ("" for any). ``overlays`` are FPGA functions, one
    of which must be loaded. ``runtime`` names what executes what it compiles. A ``bounded``
    toolchain wants a largest size for each open dimension. One that ``quantises_to`` a type
    computes in nothing else, and needs example inputs to turn a floating-point model into that.
    """

    id: str
    name: str
    takes: tuple[Intake, ...]
    release: str = ""
    yields_ir: str | None = None
    yields_dialects: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    min_architecture: str | None = None
    max_architecture: str | None = None
    architectures: tuple[str, ...] = ()
    element_types: Mapping[str, str] = field(default_factory=dict)
    operations: OperationCoverage = OperationCoverage()
    dynamic_shapes: DynamicShapes = "full"
    control_flow: bool = True
    collectives: bool = False
    multi_device: bool = False
    overlays: tuple[str, ...] = ()
    quantises_to: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    runtime: str = field(default="", metadata=sparse(since=1))

    def find_intake(self, family: str, *, compiled: bool) -> Intake | None:
        """How it takes models of a family, compiled graphs or others; None: it does not."""
        found = (each for each in self.takes if each.family == family)
        return next((each for each in found if each.compiled == compiled), None)
