"""The messages of an ONNX file as plain records: what onnx.proto calls ModelProto and below.

Records hold names, types, attributes and small values; what a device requirement has no use for is
left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import name_operation


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute inside a function body that takes its value from the call."""

    name: str


@dataclass(frozen=True, slots=True)
class LongList:
    """A list attribute too long to steer a graph: a weight in disguise; only its length is kept."""

    count: int


AttributeValue = (
    int | float | str
    | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]
    | StoredTensor | TensorType | LongList | Reference | None
)  # fmt: skip


@dataclass(slots=True)
class OnnxNode:
    """A NodeProto. ``opsets`` is that of the graph or function in which the node was written.

    ``body`` is the function that it calls, where that is not written out in its place.
    """

    opsets: dict[str, int]
    offset: int
    operation: str = ""
    domain: str = ""
    overload: str = ""
    name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    graphs: dict[str, OnnxGraph] = field(default_factory=dict)
    body: OnnxGraph | None = None

    @property
    def native_name(self) -> str:
        """How people call the operation."""
        return name_operation(self.domain, self.operation)

    @property
    def place(self) -> str:
        """How errors call the node."""
        name = f"'{self.name}' " if self.name else ""
        return f"node {name}({self.native_name}) at byte {self.offset}"


@dataclass(slots=True)
class OnnxGraph:
    """A GraphProto. ``types`` are those stated for outputs and values between nodes."""

    name: str = ""
    nodes: list[OnnxNode] = field(default_factory=list)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    inputs: dict[str, TensorType] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    sparse: list[str] = field(default_factory=list)


@dataclass(slots=True)
class OnnxFunction:
    """A FunctionProto: nodes that stand for one operation of the model's own."""

    opsets: dict[str, int]
    offset: int
    name: str = ""
    domain: str = ""
    overload: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    defaults: dict[str, AttributeValue] = field(default_factory=dict)
    nodes: list[OnnxNode] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str]:
        """What a call names: domain, operation and overload."""
        return self.domain, self.name, self.overload


@dataclass(slots=True)
class OnnxModel:
    """A ModelProto."""

    ir_version: int | None = None
    producer: str = ""
    producer_version: str = ""
    graph: OnnxGraph | None = None
    opsets: dict[str, int] = field(default_factory=dict)
    functions: dict[tuple[str, str, str], OnnxFunction] = field(default_factory=dict)
    has_training: bool = False
