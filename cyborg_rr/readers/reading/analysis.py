"""From a model file's bytes to its IR requirement: pick the reader, read, infer, extract."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.inference import Bindings, infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.reading.foreign import explain_foreign
from cyborg_rr.readers.reading.reader import HEAD_BYTES, Buffer, Reader

NAMESPACE = "cyborg_rr.readers"
HASHED_WHOLE_BYTES = 32 * 1024**2
"""Files up to this size are hashed; larger ones only when the caller knows the hash already."""
MAX_RANK = 64
_INPUT = re.compile(r"(?P<name>.+)=(?P<shape>[0-9x]*)(?::(?P<type>[A-Za-z0-9]+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """What the caller fixes before the analysis: the batch, and types of inputs by name."""

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


def analyse(data: Buffer, name: str, options: AnalysisOptions) -> IRRequirement:
    """What the model in ``data`` asks for.

    Runs third-party-sized input through our readers: call it in a process of its own (see
    ``sandbox``). Raises ``UnreadableModel`` or ``InvalidInput``.
    """
    reader = find_reader(data)
    graph = reader.read(data, name)
    bindings = Bindings(batch=options.batch, inputs=options.inputs)
    sha256 = options.sha256
    if sha256 is None and len(data) <= HASHED_WHOLE_BYTES:
        sha256 = hashlib.sha256(data).hexdigest()
    return extract(
        infer(graph, bindings),
        name=name,
        sha256=sha256,
        size_bytes=len(data),
        reader_name=reader.family,
        bindings={key: value for key, value in options.to_document().items() if key != "sha256"},
    )


def find_reader(data: Buffer) -> Reader:
    """The first reader that recognises the file; ``UnreadableModel`` names those that tried."""
    if len(data) == 0:
        raise UnreadableModel("the file is empty")
    head = bytes(data[:HEAD_BYTES])
    tried = []
    for entry in sorted(entry_points(group=NAMESPACE), key=lambda entry: entry.name):
        reader: Reader = entry.load()()
        if reader.recognises(head, len(data)):
            return reader
        tried.append(entry.name)
    known = f"not a model file of a known IR (known are: {', '.join(tried)})"
    foreign = explain_foreign(head)
    raise UnreadableModel(known if foreign is None else f"{known}; {foreign}")
