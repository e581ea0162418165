"""What a model asks of a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class ModelDemand:
    """What a model asks of a compiler.

    ``operations`` counts canonical names; ``work_shares`` gives, for those that do matrix work,
    their share of it as far as that is known. ``dynamic`` says that the file leaves sizes open,
    ``bound`` that the analysis was given all of them and ``binding`` names them with their sizes.
    ``compiled`` says that its functions stand compiled in a library. ``uses`` are how it calls its
    native operations, the ones with the most work first; empty where that is not known.
    ``packing`` is the method by which weights are quantised, where a model names its architecture
    in place of operations.
    """

    family: str
    version: str | None = None
    dialects: Mapping[str, str | None] = field(default_factory=dict)
    element_types: tuple[str, ...] = ()
    operations: Mapping[str, int] = field(default_factory=dict)
    native_operations: Mapping[str, int] = field(default_factory=dict)
    work_shares: Mapping[str, float] = field(default_factory=dict)
    dynamic: bool = False
    bound: bool = True
    binding: str = ""
    control_flow: Mapping[str, int] = field(default_factory=dict)
    collectives: Mapping[str, int] = field(default_factory=dict)
    compiled: bool = False
    uses: tuple[Call, ...] = ()
    packing: str = ""


def has_table(demand: ModelDemand, toolchain: Toolchain) -> bool:
    """Whether the toolchain names a coverage table for models of that family."""
    stated = toolchain.operations
    is_meant = not stated.table_families or demand.family in stated.table_families
    return bool(stated.table) and is_meant and not demand.compiled


def is_judged_by_table(demand: ModelDemand, toolchain: Toolchain) -> bool:
    """Whether a coverage table decides on operations, or on the architecture of the model."""
    return has_table(demand, toolchain) and bool(demand.uses)


def is_typed_by_table(demand: ModelDemand, toolchain: Toolchain) -> bool:
    """Whether a coverage table decides on element types: one that knows models says nothing."""
    calls_operations = any(not call.is_model for call in demand.uses)
    return calls_operations and has_table(demand, toolchain)
