"""What a model asks of a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelDemand:
    """What a model asks of a compiler.

    ``operations`` counts canonical names; ``work_shares`` gives, for those that do matrix work,
    their share of it as far as that is known. ``dynamic`` says that the file leaves sizes open,
    ``bound`` that the analysis was given all of them and ``binding`` names them with their sizes.
    ``compiled`` says that its functions stand compiled in a library.
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
