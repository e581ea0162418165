"""The weights that those who quantise weights alone pack: of linear layers and convolutions.

bitsandbytes, GPTQ, AWQ, torchao and llm-compressor leave tables of embeddings, norms, biases and
the last layer as they are (``get_keys_to_not_convert`` of transformers), so none of these counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import Node, Shape, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock, TypedGraph
from cyborg_rr.domain.requirement.requirement import LinearWeights
from cyborg_rr.domain.words import find_element_type

_MULTIPLYING: Final = frozenset({"contraction", "convolution"})
_PASSING: Final = frozenset(
    {
        "bitcast_convert", "broadcast_in_dim", "convert", "copy", "dynamic_slice", "expand",
        "flatten", "identity", "optimization_barrier", "reshape", "slice", "split", "squeeze",
        "transpose", "unsqueeze",
    }
)  # fmt: skip
"""Operations whose first operand comes out again, in part or in another form."""

_CHANGING: Final = frozenset({"elementwise", "movement"})
_MAX_VISITS: Final = 4096
"""So many calls are entered; weights that go into further ones are left out, which is safe."""

Origins = Mapping[str, str]
"""Values that are a stored tensor in another form, and the name of that."""


def find_linear_weights(typed: TypedGraph) -> LinearWeights | None:
    """What a quantiser of weights alone would pack; None where there is nothing of it."""
    body = typed.body
    walk = _Walk()
    walk.go_through(body, {name: name for name in body.block.stored})
    last = _find_last(body, walk)
    bits: Counter[str] = Counter()
    rows = 0
    learnt = walk.multiplied - walk.kept - last
    for (element_type, shape), count in _count_kinds(body, learnt).items():
        tensor = TensorType(element_type, shape)
        elements = _count(tensor)
        if elements:
            bits[element_type or ""] += count * (tensor.byte_size or 0)
            rows += count * (elements // sorted(map(_measure, shape or ()))[-2])
    if not bits:
        return None
    size = sum(body.types[name].byte_size or 0 for name in last)
    return LinearWeights(dict(sorted(bits.items())), rows, size)


def _count_kinds(
    body: TypedBlock, names: Iterable[str]
) -> Counter[tuple[str | None, Shape | None]]:
    """How many parameters there are of each element type and shape: experts come by thousands."""
    stored, types = body.block.stored, body.types
    found = (types[name] for name in names if stored[name].kind == "parameter")
    return Counter((tensor.element_type, tensor.shape) for tensor in found)


def _count(tensor: TensorType) -> int:
    """Elements of a matrix of real numbers that are not packed yet; 0 of anything else."""
    known = find_element_type(tensor.element_type)
    is_matrix = sum(_measure(size) > 1 for size in tensor.shape or ()) > 1
    if known is None or not known.is_converted or not is_matrix:
        return 0
    return tensor.elements or 0


def _measure(size: int | str) -> int:
    return size if isinstance(size, int) else 0


class _Walk:
    """Which stored tensors are multiplied with, and which are used in any other way."""

    def __init__(self) -> None:
        self.multiplied: set[str] = set()
        self.kept: set[str] = set()
        self.factors: dict[int, frozenset[str]] = {}
        self._made: dict[tuple[int, frozenset[tuple[str, str]]], tuple[str, ...]] = {}

    def enter(self, typed: TypedBlock, origins: dict[str, str]) -> tuple[str, ...]:
        """Go through a block, whose values of these names are stored tensors, once for the same.

        Of its results it gives the stored tensors that they are, empty where they are none.
        """
        key = id(typed.block), frozenset(origins.items())
        if key not in self._made:
            if len(self._made) == _MAX_VISITS:
                self.kept.update(origins.values())
                return ()
            self._made[key] = ()
            self.go_through(typed, origins)
            self._made[key] = tuple(origins.get(name, "") for name in typed.block.outputs)
        return self._made[key]

    def go_through(self, typed: TypedBlock, origins: dict[str, str]) -> None:
        """The same for a block that is come to once."""
        for index, node in enumerate(typed.block.nodes):
            used = [origins[name] for name in node.inputs if name in origins]
            inner = typed.inner.get(index)
            if inner is not None:
                made = [self.enter(b, self._hand_in(node, b, origins)) for b in inner.blocks]
                if len(made) == 1:
                    pairs = zip(node.outputs, made[0], strict=False)
                    origins.update({name: origin for name, origin in pairs if origin})
            elif not used:
                continue
            elif typed.operations[index].kind in _MULTIPLYING:
                self.multiplied.update(used)
                self.factors[id(node)] = frozenset(used)
            elif node.operation in _PASSING and node.inputs[0] in origins:
                origins.update(dict.fromkeys(node.outputs, origins[node.inputs[0]]))
            else:
                self.kept.update(used)

    def _hand_in(self, node: Node, block: TypedBlock, origins: Origins) -> dict[str, str]:
        """The stored tensors that an inner block sees, under its own names for them."""
        captured = block.captured if block.outer is not None else ()
        seen = {name: origins[name] for name in captured if name in origins}
        given = list(block.block.inputs)
        if len(given) == len(node.inputs):
            pairs = zip(given, node.inputs, strict=True)
            seen.update({name: origins[outer] for name, outer in pairs if outer in origins})
        else:
            self.kept.update(origins[name] for name in node.inputs if name in origins)
        return seen


def _find_last(typed: TypedBlock, walk: _Walk) -> frozenset[str]:
    """The weight of the last product that comes out, changed element by element at most."""
    makers = {name: index for index, node in enumerate(typed.block.nodes) for name in node.outputs}
    seen: set[str] = set()
    found = [place for name in typed.block.outputs for place in _trace(typed, makers, name, seen)]
    return (
        walk.factors.get(id(typed.block.nodes[max(found)]), frozenset()) if found else frozenset()
    )


def _trace(
    typed: TypedBlock, makers: Mapping[str, int], name: str, seen: set[str]
) -> Iterator[int]:
    """The place of the product that a value is made of alone, none where there is more to it."""
    while name in makers and name not in seen:
        seen.add(name)
        place = makers[name]
        kind = typed.operations[place].kind
        if kind in _MULTIPLYING:
            yield place
            return
        made = [each for each in typed.block.nodes[place].inputs if each in makers]
        if kind not in _CHANGING or len(made) != 1:
            return
        name = made[0]
