"""A small builder of neutral graphs, and models made with it."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import (
    AttributeValue,
    Block,
    Dimension,
    Graph,
    IRIdentity,
    Node,
    Scalar,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.inference.bindings import NO_BINDINGS, Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.operations.checking import check_graph


class GraphBuilder:
    """Collects nodes, inputs and stored tensors under generated names."""

    def __init__(self) -> None:
        self.inputs: dict[str, TensorType] = {}
        self.stored: dict[str, StoredTensor] = {}
        self.types: dict[str, TensorType] = {}
        self.nodes: list[Node] = []

    def input(self, name: str, *shape: Dimension, element_type: str = "f32") -> str:
        self.inputs[name] = TensorType(element_type, shape)
        return name

    def parameter(self, *shape: int, element_type: str = "f32") -> str:
        name = f"w{len(self.stored)}"
        self.stored[name] = StoredTensor(TensorType(element_type, shape), "parameter")
        return name

    def constant(
        self,
        values: Sequence[Scalar] | Scalar,
        element_type: str = "i64",
        shape: tuple[int, ...] | None = None,
    ) -> str:
        """A vector of these values (or a scalar) as a stored constant."""
        if isinstance(values, (int, float)):
            values, shape = (values,), ()
        name = f"c{len(self.stored)}"
        kind = TensorType(element_type, (len(values),) if shape is None else shape)
        self.stored[name] = StoredTensor(kind, "constant", values=tuple(values))
        return name

    def node(
        self,
        operation: str,
        *inputs: str,
        outputs: int = 1,
        blocks: tuple[Block, ...] = (),
        name: str = "",
        **attributes: AttributeValue,
    ) -> str:
        """Add a node; gives the name of its first result (others follow as name_1, name_2)."""
        label = name or f"v{len(self.nodes)}"
        names = tuple(label if place == 0 else f"{label}_{place}" for place in range(outputs))
        self.nodes.append(Node(operation, operation, inputs, names, attributes, blocks, label))
        return label

    def block(self, *outputs: str) -> Block:
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)

    def graph(self, *outputs: str) -> Graph:
        graph = Graph(IRIdentity("test", None, "memory"), "model", self.block(*outputs))
        problems = [each for each in check_graph(graph) if each.cause != "unknown operation"]
        assert [str(each) for each in problems] == []
        return graph

    def infer(self, *outputs: str, bindings: Bindings = NO_BINDINGS) -> TypedGraph:
        return infer(self.graph(*outputs), bindings)

    # ---- layers

    def convolve(
        self, x: str, channels_in: int, channels_out: int, size: int, stride: int = 1
    ) -> str:
        """Convolution without bias, batch normalisation behind it."""
        weight = self.parameter(channels_out, channels_in, size, size)
        pad = size // 2
        x = self.node(
            "convolution", x, weight, strides=(stride, stride), padding=(pad, pad, pad, pad)
        )
        scale, bias = self.parameter(channels_out), self.parameter(channels_out)
        mean, variance = (
            self.constant([0.0] * channels_out, "f32"),
            self.constant([1.0] * channels_out, "f32"),
        )
        return self.node("batch_normalization", x, scale, bias, mean, variance)


def build_resnet50(batch: Dimension = 1) -> Graph:
    """ResNet-50 v1.5 (the stride sits in the 3x3 convolution) at 224 x 224."""
    b = GraphBuilder()
    x = b.input("image", batch, 3, 224, 224)
    x = b.node("relu", b.convolve(x, 3, 64, 7, 2))
    x = b.node("pool", x, function="max", kernel=(3, 3), strides=(2, 2), padding=(1, 1, 1, 1))
    channels = 64
    for stage, (width, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            shortcut = x
            if block == 0:
                shortcut = b.convolve(x, channels, 4 * width, 1, stride)
            y = b.node("relu", b.convolve(x, channels, width, 1))
            y = b.node("relu", b.convolve(y, width, width, 3, stride))
            y = b.convolve(y, width, 4 * width, 1)
            x = b.node("relu", b.node("add", y, shortcut))
            channels = 4 * width
    x = b.node("flatten", b.node("global_pool", x, function="average"), axis=1)
    x = b.node("gemm", x, b.parameter(1000, 2048), b.parameter(1000), trans_b=True)
    return b.graph(x)
