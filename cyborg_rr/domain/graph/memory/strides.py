"""Which results only show their operand where a runtime reads by strides, as torch does.

A stride says how far apart in memory neighbours along a dimension lie. A reshape shows its operand
where each new dimension has one stride (``at::detail::computeStride`` of PyTorch,
aten/src/ATen/TensorUtils.cpp), and is a copy elsewhere.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.operation import Operation

Strides = tuple[int, ...]

_CUTTING: Final = frozenset({"slice", "split"})
_REPEATING: Final = frozenset({"expand", "broadcast_in_dim"})


class StridedViews:
    """Looks at the nodes of a block in their order, and knows how each view lies in memory."""

    def __init__(self, typed: TypedBlock) -> None:
        self._typed = typed
        self._strides: dict[str, Strides] = {}

    def find_views(self, operation: Operation, node: Node) -> tuple[str, ...] | None:
        """The results that show operand 0; None where strides decide nothing about the node."""
        if not node.inputs or not node.outputs:
            return None
        source = node.inputs[0]
        if node.operation == "transpose":
            return self._turn(node, source)
        if node.operation in _CUTTING:
            for name in node.outputs:
                self._note(name, self._find(source))
            return node.outputs
        if node.operation in _REPEATING:
            return self._repeat(node, source)
        if operation.view == "first" and source in self._strides:
            return self._reshape(node, source)
        return None

    def is_repeated(self, name: str) -> bool:
        """Whether a view shows elements of its operand several times."""
        strides, shape = self._strides.get(name, ()), self._shape(name) or ()
        return any(not stride and size > 1 for stride, size in zip(strides, shape, strict=False))

    def _find(self, name: str) -> Strides | None:
        known = self._strides.get(name)
        return known if known is not None else _lay_out(self._shape(name))

    def _shape(self, name: str) -> tuple[int, ...] | None:
        shape = self._typed.type_of(name).shape
        if shape is None:
            return None
        sizes = tuple(size for size in shape if isinstance(size, int))
        return sizes if len(sizes) == len(shape) else None

    def _note(self, name: str, strides: Strides | None) -> None:
        shape = self._shape(name)
        if strides is not None and shape is not None and len(shape) == len(strides):
            self._strides[name] = strides

    def _turn(self, node: Node, source: str) -> tuple[str, ...] | None:
        strides, order = self._find(source), node.attributes.get("permutation")
        if strides is None:
            return None
        if order is None:
            self._note(node.outputs[0], strides[::-1])
            return node.outputs
        if not isinstance(order, tuple) or set(order) != set(range(len(strides))):
            return None
        self._note(node.outputs[0], tuple(strides[int(place)] for place in order))
        return node.outputs

    def _repeat(self, node: Node, source: str) -> tuple[str, ...] | None:
        before, after, strides = (
            self._shape(source),
            self._shape(node.outputs[0]),
            self._find(source),
        )
        if before is None or after is None or strides is None:
            return None
        axes = node.attributes.get("broadcast_dimensions")
        places = range(len(after) - len(before), len(after))
        where = [a for a in axes if isinstance(a, int)] if isinstance(axes, tuple) else list(places)
        if len(where) != len(before) or any(not 0 <= place < len(after) for place in where):
            return None
        found = [0] * len(after)
        for place, size, stride in zip(where, before, strides, strict=True):
            found[place] = stride if size == after[place] else 0
        self._note(node.outputs[0], tuple(found))
        return node.outputs

    def _reshape(self, node: Node, source: str) -> tuple[str, ...]:
        """None of the results where the elements have to be copied."""
        before, after = self._shape(source), self._shape(node.outputs[0])
        if before is None or after is None:
            return ()
        strides = reshape_strides(before, self._strides[source], after)
        if strides is None:
            return ()
        self._note(node.outputs[0], strides)
        return node.outputs


def _lay_out(shape: tuple[int, ...] | None) -> Strides | None:
    """The strides of a tensor in row-major order."""
    if shape is None:
        return None
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def reshape_strides(
    before: tuple[int, ...], strides: Strides, after: tuple[int, ...]
) -> Strides | None:
    """The strides of the same elements under another shape; None where they have to be copied."""
    runs: list[tuple[int, int]] = []
    for size, stride in zip(before, strides, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == size * stride:
            runs[-1] = (runs[-1][0] * size, stride)
        else:
            runs.append((size, stride))
    found: list[int] = []
    left, step = runs.pop() if runs else (1, 1)
    for size in reversed(after):
        if size == 1:
            found.append(step)
            continue
        if left == 1 and runs:
            left, step = runs.pop()
        if size == 0 or left % size:
            return None
        found.append(step)
        left, step = left // size, step * size
    return tuple(reversed(found))
