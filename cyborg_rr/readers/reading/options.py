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

MAX_WEIGHTS_LENGTH = 16384
_INPUT = re.compile(r"(?P<name>.+)=(?P<shape>[0-9x]*)(?::(?P<type>[A-Za-z0-9]+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """The batch, types of inputs by name, and the file's hash where the caller knows it.

    ``weights`` says which arguments are weights, by names, numbers, ranges or patterns.
    """

    batch: int | None = None
    inputs: Mapping[str, TensorType] = field(default_factory=dict)
    sha256: str | None = None
    weights: tuple[str, ...] = ()

    def render_bindings(self) -> dict[str, Any]:
        """What a requirement says of the sizes that the caller fixed."""
        bindings: dict[str, Any] = {
            "batch": self.batch,
            "inputs": {
                name: (tensor.element_type, tensor.shape or ())
                for name, tensor in self.inputs.items()
            },
        }
        if self.weights:
            bindings["weights"] = self.weights
        return bindings


def parse_input(text: str) -> tuple[str, TensorType]:
    """Read ``name=1x3x224x224:f32`` (the element type may be left out; no shape: a scalar).

    ``batch=8`` may also be the size of a dimension: which it is, the model says.

    Raises ``InvalidInput`` that shows the form.
    """
    match = _INPUT.fullmatch(text)
    if match is None:
        raise InvalidInput(f"input {text!r} is not of the form name=1x3x224x224:f32")
    sizes = match["shape"].split("x") if match["shape"] else []
    if any(not size or len(size) > 18 for size in sizes) or len(sizes) > MAX_RANK:
        raise InvalidInput(f"input {text!r} has a size that is missing or too large")
    if any(int(size) == 0 for size in sizes):
        raise InvalidInput(f"input {text!r} has a size of 0; the least is 1")
    element_type = match["type"]
    known = [entry.name for entry in ELEMENT_TYPES.values() if entry.block is None]
    if element_type is not None and element_type not in known:
        raise InvalidInput(
            f"input {text!r} has an unknown element type; known are {', '.join(known)}"
        )
    return match["name"], TensorType(element_type, tuple(int(size) for size in sizes))


def render_input(name: str, tensor: TensorType) -> str:
    """The text that ``parse_input`` reads."""
    shape = "x".join(str(size) for size in tensor.shape or ())
    return f"{name}={shape}" + (f":{tensor.element_type}" if tensor.element_type else "")


def parse_weights(text: str) -> tuple[str, ...]:
    """Read ``0-290``, ``params*``, or several of such and of names with commas between."""
    parts = tuple(part.strip() for part in text.split(","))
    if not all(parts) or len(text) > MAX_WEIGHTS_LENGTH:
        raise InvalidInput("weights are names, numbers, ranges or patterns, as in 0-290,params*")
    return parts


def parse_options(
    batch: int | None, inputs: Sequence[str], weights: str | None = None
) -> AnalysisOptions:
    """Options from what a person typed; ``InvalidInput`` for a bad batch, input or weights."""
    if batch is not None and not 1 <= batch <= 2**31:
        raise InvalidInput(f"batch {batch} is not between 1 and 2147483648")
    parsed = [parse_input(text) for text in inputs]
    types = dict(parsed)
    if len(types) != len(parsed):
        raise InvalidInput("an input is given twice")
    return AnalysisOptions(batch, types, weights=() if weights is None else parse_weights(weights))
