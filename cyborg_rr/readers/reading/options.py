"""What the caller fixes before a model is analysed: its batch, and types of its inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.reading.limits import MAX_RANK

_INPUT = re.compile(r"(?P<name>.+)=(?P<shape>[0-9x]*)(?::(?P<type>[A-Za-z0-9]+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """The batch, types of inputs by name, and the file's hash where the caller knows it."""

    batch: int | None = None
    inputs: Mapping[str, TensorType] = field(default_factory=dict)
    sha256: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Plain data, for the way to the reading process."""
        return {
            "batch": self.batch,
            "sha256": self.sha256,
            "inputs": {
                name: [type_.element_type, list(type_.shape or ())]
                for name, type_ in self.inputs.items()
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> AnalysisOptions:
        """The options that ``to_document`` wrote."""
        inputs = {
            name: TensorType(element_type, tuple(shape))
            for name, (element_type, shape) in document["inputs"].items()
        }
        return cls(document["batch"], inputs, document["sha256"])


def parse_input(text: str) -> tuple[str, TensorType]:
    """Read ``name=1x3x224x224:f32`` (the element type may be left out; no shape: a scalar).

    Raises ``InvalidInput`` that shows the form.
    """
    match = _INPUT.fullmatch(text)
    if match is None:
        raise InvalidInput(f"input {text!r} is not of the form name=1x3x224x224:f32")
    sizes = match["shape"].split("x") if match["shape"] else []
    if any(not size or len(size) > 18 or int(size) == 0 for size in sizes) or len(sizes) > MAX_RANK:
        raise InvalidInput(f"input {text!r} has a size that is missing, zero or too large")
    element_type = match["type"]
    if element_type is not None and element_type not in ELEMENT_TYPES:
        raise InvalidInput(
            f"input {text!r} has an unknown element type; known are {', '.join(ELEMENT_TYPES)}"
        )
    return match["name"], TensorType(element_type, tuple(int(size) for size in sizes))


def parse_options(batch: int | None, inputs: Sequence[str]) -> AnalysisOptions:
    """Options from what a person typed; ``InvalidInput`` for a bad batch or input."""
    if batch is not None and not 1 <= batch <= 2**31:
        raise InvalidInput(f"batch {batch} is not between 1 and 2147483648")
    parsed = [parse_input(text) for text in inputs]
    types = dict(parsed)
    if len(types) != len(parsed):
        raise InvalidInput("an input is given twice")
    return AnalysisOptions(batch, types)
