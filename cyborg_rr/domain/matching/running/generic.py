"""What stands for each kind of runtime where the catalogue has no row of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.words import Runtime as RuntimeKind

GENERIC: Final[Mapping[RuntimeKind, Runtime]] = {
    "eager": Runtime(
        "eager", "a kernel for each operation", "eager", convolutions="tf32", channels_last=False
    ),
    "graph": Runtime(
        "graph", "kernels that were recorded", "graph", convolutions="tf32", channels_last=False
    ),
    "compiled": Runtime(
        "compiled",
        "kernels that a compiler fused",
        "compiled",
        products="tf32",
        convolutions="tf32",
        fuses="elementwise",
        plans_memory=True,
    ),
}
"""What stands for each kind of runtime where no row of the catalogue does."""
