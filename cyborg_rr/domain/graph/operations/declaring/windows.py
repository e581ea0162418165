"""What convolutions and pooling share: layouts, padding rules and the attributes of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, Shape
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction, slide_window

STRIDES: Final = Attribute("strides", "integers", "steps between windows; absent: 1 each")
DILATIONS: Final = Attribute(
    "dilations", "integers", "distance of neighbours in a window; absent: 1 each"
)
PADDING: Final = Attribute(
    "padding", "integers", "elements before and behind each spatial dimension in turn; absent: 0"
)
AUTO_PAD: Final = Attribute(
    "auto_pad",
    "text",
    "same_upper, same_lower (the result has a window for each step) or valid (no padding)",
)


def spatial_letters(count: int) -> str:
    """The layout characters of so many spatial dimensions."""
    if not 0 <= count <= 10:
        raise Contradiction(f"{count} spatial dimensions are too many")
    return "0123456789"[:count]


def layout_positions(layout: str, rank: int) -> dict[str, int]:
    """Where each character of a layout stands; the layout must fit the rank."""
    if len(layout) != rank or len(set(layout)) != rank:
        raise Contradiction(f"the layout {quote(layout)} does not fit rank {rank}")
    return {character: position for position, character in enumerate(layout)}


def spatial_sizes(shape: Shape, positions: dict[str, int]) -> list[Dimension]:
    """The spatial sizes in the order of their digits."""
    digits = sorted(character for character in positions if character.isdigit())
    return [shape[positions[digit]] for digit in digits]


def per_dimension(node: TypedNode, attribute: str, count: int, default: int = 1) -> tuple[int, ...]:
    """One number per spatial dimension from an attribute."""
    stated = node.integers(attribute)
    if not stated:
        return (default,) * count
    if len(stated) != count:
        raise Contradiction(f"{attribute} should have {count} numbers, not {len(stated)}")
    return stated


class Windows(NamedTuple):
    """The window attributes of a node, one entry per spatial dimension."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    automatic: str
    base_dilations: tuple[int, ...]
    ceil_mode: bool

    def slide(self, spatial: Sequence[Dimension]) -> list[Dimension]:
        """The spatial sizes of the result."""
        return [self._slide_one(axis, size) for axis, size in enumerate(spatial)]

    def _slide_one(self, axis: int, size: Dimension) -> Dimension:
        stride = self.strides[axis]
        if self.automatic.startswith("same"):
            if stride < 1:
                raise Contradiction("strides must be positive")
            if isinstance(size, int):
                return -(-size // stride)
            return size if stride == 1 else slide_window(size, 2, stride, 1, (0, 0))
        return slide_window(
            size,
            self.sizes[axis],
            stride,
            self.dilations[axis],
            self.padding[axis],
            base_dilation=self.base_dilations[axis],
            ceil_mode=self.ceil_mode,
        )


def read_windows(
    node: TypedNode,
    sizes: Sequence[int],
    *,
    base_dilations: tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Windows:
    """The window attributes of a convolution or pooling node with windows of these sizes."""
    count = len(sizes)
    automatic = node.text("auto_pad")
    flat = node.integers("padding") or (0,) * (2 * count)
    if automatic == "valid":
        flat = (0,) * (2 * count)
    if len(flat) != 2 * count:
        raise Contradiction(f"padding should have {2 * count} numbers, not {len(flat)}")
    return Windows(
        tuple(sizes),
        per_dimension(node, "strides", count),
        per_dimension(node, "dilations", count),
        tuple((flat[2 * axis], flat[2 * axis + 1]) for axis in range(count)),
        automatic,
        (1,) * count if base_dilations is None else base_dilations,
        ceil_mode,
    )
