"""Runtimes as a catalogue file states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from cyborg_rr import codec
from cyborg_rr.catalogue.declared import require_keys
from cyborg_rr.catalogue.partitions import MIB
from cyborg_rr.domain.documents import Positive, PositiveNumber, Share
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.representation.runtimes import Fusion, Runtime
from cyborg_rr.domain.words import Arithmetic
from cyborg_rr.domain.words import Runtime as RuntimeKind

_IN_MEBIBYTES = ("context_mib", "workspace_mib")


@dataclass(frozen=True, slots=True)
class StatedRuntime:
    """What a file states of one runtime: ``Runtime`` in bounds, with memory in MiB."""

    name: str
    title: str
    kind: RuntimeKind
    sources: Mapping[str, str]
    targets: tuple[str, ...] = ()
    stack: str = ""
    products: Arithmetic = "f32"
    convolutions: Arithmetic = "f32"
    quantised: Mapping[str, str] | None = None
    fuses: Fusion = "nothing"
    fuses_rows: bool = True
    flash_attention: Mapping[str, str] = field(default_factory=dict)
    joins_attention: bool = False
    channels_last: bool = True
    dispatch_seconds: PositiveNumber | None = None
    runs_ahead: bool = True
    gap_seconds: PositiveNumber | None = None
    start_seconds: PositiveNumber = 1e-5
    matrix_share: Share = 1.0
    convolution_share: Share = 1.0
    traffic_share: Share = 1.0
    spread: PositiveNumber = 1.5
    context_mib: Positive | None = None
    workspace_mib: Positive | None = None
    reads_strides: bool = False
    plans_memory: bool = False

    @property
    def runtime(self) -> Runtime:
        """As the estimate takes it."""
        stated = {
            key.name: getattr(self, key.name)
            for key in fields(self)
            if key.name not in _IN_MEBIBYTES
        }
        return Runtime(
            **stated,
            context_bytes=None if self.context_mib is None else self.context_mib * MIB,
            workspace_bytes=None if self.workspace_mib is None else self.workspace_mib * MIB,
        )


RUNTIME_FACTS: Final = tuple(key.name for key in fields(StatedRuntime))
"""The keys of a row."""


def read_runtimes(entries: object) -> tuple[Runtime, ...]:
    """The rows of a file; ``InvalidInput`` names the row, and what is wrong with it."""
    if not isinstance(entries, list):
        raise InvalidInput("runtimes must be a list")
    found: list[Runtime] = []
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(entries):
        place = f"runtimes[{index}]"
        if not isinstance(entry, dict):
            raise InvalidInput(f"{place} must be a mapping")
        if isinstance(entry.get("name"), str):
            place = f"runtime {entry['name']}"
        require_keys(entry, RUNTIME_FACTS, place)
        row = codec.parse(StatedRuntime, entry, place).runtime
        for target in row.targets or ("",):
            if (row.name, target) in seen:
                of = f" for {target}" if target else ""
                raise InvalidInput(f"{place} stands twice{of}")
            seen.add((row.name, target))
        found.append(row)
    return tuple(found)
