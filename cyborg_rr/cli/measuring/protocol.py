"""What the measuring program may say: one JSON object a line, read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from cyborg_rr import codec
from cyborg_rr.domain.documents import Count, MaxItems
from cyborg_rr.domain.errors import CyborgError, InvalidInput
from cyborg_rr.domain.representation.measured.measurement import Bytes, Name, Seconds

VERSION: Final = 1
MAX_LINE_BYTES: Final = 64 << 10
MAX_SAMPLES: Final = 1000


class MeasuringFailed(CyborgError):
    """The measuring program did not start, said what it may not, or took too long."""

    code = "measuring_failed"


Samples = Annotated[tuple[Seconds, ...], MaxItems(MAX_SAMPLES)]


@dataclass(frozen=True, slots=True)
class Hello:
    """Who measures; ``pci`` is where the device is, where the runtime knows."""

    program: int
    python: Name
    software: Name
    device: Name
    pci: Name | None
    memory_bytes: Bytes | None


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    """Samples of the operator of that place in the request."""

    index: Count
    seconds: Samples


@dataclass(frozen=True, slots=True)
class SkippedSaid:
    """The operator of that place (None: the model) was not timed."""

    index: Count | None
    why: str


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """Samples of the model, and the memory that it took."""

    seconds: Samples
    allocated_bytes: Bytes | None = None
    reserved_bytes: Bytes | None = None
    device_bytes: Bytes | None = None


@dataclass(frozen=True, slots=True)
class MemorySaid:
    """What the process holds beside tensors, at its start and at its end."""

    context_bytes: Bytes | None
    loaded_bytes: Bytes | None


@dataclass(frozen=True, slots=True)
class RefusedSaid:
    """The runtime cannot be measured there."""

    why: str


@dataclass(frozen=True, slots=True)
class EndSaid:
    """All was tried."""


Said = Hello | OperatorSaid | SkippedSaid | ModelSaid | MemorySaid | RefusedSaid | EndSaid

_LINES: Final[Mapping[str, type[Said]]] = {
    "hello": Hello,
    "operator": OperatorSaid,
    "skipped": SkippedSaid,
    "model": ModelSaid,
    "memory": MemorySaid,
    "refused": RefusedSaid,
    "end": EndSaid,
}


def parse_line(line: bytes) -> Said:
    """What one line says; ``MeasuringFailed`` for one that may not be."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise MeasuringFailed(f"the measuring program wrote no JSON: {line[:80]!r}") from None
    kind = document.pop("line", None) if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in _LINES:
        raise MeasuringFailed(f"the measuring program wrote a line of no known kind: {kind!r:.80}")
    return _parse(_LINES[kind], document, kind)


def _parse(kind: type[Said], document: dict[str, Any], name: str) -> Said:
    try:
        said: Said = codec.parse(kind, document, name)
    except InvalidInput as error:
        raise MeasuringFailed(f"the measuring program wrote what cannot be: {error}") from None
    if isinstance(said, Hello) and said.program != VERSION:
        raise MeasuringFailed(f"the measuring program is of version {said.program}, not {VERSION}")
    if isinstance(said, OperatorSaid | ModelSaid) and not said.seconds:
        raise MeasuringFailed("the measuring program wrote no samples")
    return said
