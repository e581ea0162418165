"""What plans are read off: the shapes of tensors by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.gguf.figures import Figures

ACTIVATION_TYPE: Final = "f32"
"""What ggml computes in: results of ``ggml_mul_mat`` and of what follows are GGML_TYPE_F32,
whatever the weights are stored in (ggml/src/ggml.c)."""

MAX_HEADS: Final = 512
"""The largest models have 128; keys of latent attention are put together head by head."""

MAX_DRAWN_LAYERS: Final = 1024
"""The deepest models have 126."""


class NotDrawn(Exception):
    """The model is not a decoder of attention and feed-forward parts; the message says why."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """Shapes by name below a prefix."""

    shapes: Mapping[str, Shape]
    prefix: str = ""

    def has(self, name: str) -> bool:
        """Whether there is a tensor of that name."""
        return self.prefix + name in self.shapes

    def name(self, part: str) -> str:
        """The name of a part, empty where it has no weight."""
        return part if self.has(f"{part}.weight") else ""

    def linear(self, part: str) -> Linear:
        """A part that multiplies."""
        return Linear(part, self.has(f"{part}.bias"))

    def find_linear(self, part: str) -> Linear | None:
        """Likewise; None where it has no weight."""
        return self.linear(part) if self.name(part) else None

    def sizes(self, part: str, rank: int = 2) -> tuple[int, ...]:
        """The shape of a weight that has to be there."""
        shape = self.shapes.get(f"{self.prefix}{part}.weight", ())
        sizes = tuple(size for size in shape if isinstance(size, int))
        if len(sizes) != rank or 0 in sizes:
            raise NotDrawn(f"{self.prefix}{part}.weight is not there, or has another shape")
        return sizes


def count_heads(figures: Figures, layer: int) -> int:
    """The heads of a layer; raises ``NotDrawn``."""
    heads = figures.find("attention.head_count", layer)
    if not heads or heads > MAX_HEADS:
        raise NotDrawn(f"the number of heads of layer {layer} is not stated")
    return heads
