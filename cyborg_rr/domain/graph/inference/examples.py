"""Sizes that a caller may give where the file leaves dimensions open: an example that is tried.

It is of the form that ``--input`` takes: ``batch=1`` for a symbol, ``ids=1x128`` for a whole input
whose open dimensions have no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.graph.bounds import Condition
from cyborg_rr.domain.graph.graph import Block, Dimension, Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.symbols import list_symbols
from cyborg_rr.domain.graph.inference.typed import TypedGraph

MAX_TRIED_NODES: Final = 5_000
"""In a larger graph trying costs more than it is worth: the first example is given untried."""

MAX_TRIED_IN_ALL: Final = 25_000
"""Nodes of all tries together; when they are spent nothing is known that fits."""

_LENGTHS: Final = (128, 64, 16, 512, 576, 2, 1)
"""What stands for an open length, the likeliest first; 576 patches are whole squares of 3 by 3."""

_IMAGE: Final = 224
_COLOURS: Final = 3
_LIKELY: Final[Mapping[str, int]] = MappingProxyType(
    {
        "latent_frames": 21, "latent_height": 128, "latent_width": 128,
        "image_length": 64 * 64, "video_length": 21 * 16 * 22,
    }
)  # fmt: skip
"""Of names that say what is meant. Latents have an eighth of an image's sides, here of 1024 pixels,
and of 81 frames one of the first and one of each 4 more; patches of 2 by 2 make the length of an
image. That of a video is LTX-Video's of 161 frames of 512 by 704: one of 8 frames, 32 by 32."""

_BATCH_WORDS: Final = ("batch", "num_samples", "bs")
_IMAGE_WORDS: Final = ("height", "width", "h", "w")
_MOST_WIDTHS: Final = 3
"""Widths of the weights that are tried as the width of an input without a shape."""

_WHOLE_NUMBERS: Final = ("id", "mask", "token")
"""What inputs are called that hold whole numbers, where the file states no element type."""

Example = dict[str, TensorType]


def find_example(typed: TypedGraph, bindings: Bindings) -> Example:
    """Sizes for all that is open, in the form of ``Bindings.inputs``; empty where nothing is.

    The first example that makes all inputs known, and fits the model where it is small; empty also
    where none of those that were tried does. An input of which not even the rank is known gets a
    guess, of which that one is taken that leaves least unknown behind it.
    """
    open_inputs = {
        name: typed.body.types[name]
        for name in typed.input_names
        if not typed.body.types[name].is_static
    }
    if not open_inputs:
        return {}
    nodes = _count_nodes(typed.graph.body)
    tries = max(MAX_TRIED_IN_ALL // max(nodes, 1), 1)
    shapeless = [name for name, tensor in open_inputs.items() if tensor.shape is None]
    best, least = Example(), len(typed.unresolved) + 1
    for example in islice(_list_examples(typed.graph, open_inputs), tries):
        if nodes > MAX_TRIED_NODES:
            return example
        left = _count_left(typed.graph, bindings, example)
        if left is None or (left and any(not example[name].shape for name in shapeless)):
            continue  # a number is what contradicts least, so that fitting proves nothing
        if not left or not shapeless:
            return example
        if left < least:
            best, least = example, left
    return best


def _list_widths(body: Block) -> list[int]:
    """The widths that most matrices of the weights have, the commonest first."""
    shapes = [tensor.type.shape for tensor in body.stored.values()]
    widths = Counter(
        size for shape in shapes if shape and len(shape) == 2 for size in shape
        if isinstance(size, int) and size > 1
    )  # fmt: skip
    return [size for size, _ in widths.most_common(_MOST_WIDTHS)]


def _list_channels(body: Block) -> list[int]:
    """Channels of a picture: three, and what the first windows that are stored could read."""
    shapes = (tensor.type.shape or () for tensor in body.stored.values())
    first = next((shape for shape in shapes if len(shape) == 4), ())
    read = [size for size in first[1:3] if isinstance(size, int) and size > 0]
    return list(dict.fromkeys((_COLOURS, *read)))


def _count_nodes(body: Block) -> int:
    """Nodes with those of inner blocks; no further than to know that they are many."""
    count, waiting, seen = 0, [body], set[int]()
    while waiting and count <= MAX_TRIED_IN_ALL:
        block = waiting.pop()
        if id(block) in seen:
            continue
        seen.add(id(block))
        count += len(block.nodes)
        waiting.extend(inner for node in block.nodes for inner in node.blocks)
    return count


def _count_left(graph: Graph, bindings: Bindings, example: Example) -> int | None:
    """How many types stay unknown with the example; None where it does not fit the model."""
    wanted = Bindings(bindings.batch, {**bindings.inputs, **example}, bindings.symbols)
    try:
        typed = infer(graph, wanted)
    except CyborgError:
        return None
    is_known = all(typed.body.types[name].is_static for name in typed.input_names)
    return len(typed.unresolved) if is_known else None


def _list_examples(graph: Graph, open_inputs: Mapping[str, TensorType]) -> Iterator[Example]:
    widths, channels = _list_widths(graph.body), _list_channels(graph.body)
    meet = partial(_meet, graph.conditions)
    shapeless = {name: _guess_type(name, t) for name, t in open_inputs.items() if t.shape is None}
    for length in _LENGTHS:
        known = _fill(open_inputs, length, meet)
        if not shapeless:
            yield known
            continue
        for shape in _list_shapes(length, widths, channels):
            yield {**known, **{name: TensorType(kind, shape) for name, kind in shapeless.items()}}


def _list_shapes(length: int, widths: list[int], channels: list[int]) -> Iterator[tuple[int, ...]]:
    """Shapes of an input of which nothing is known: an image, tokens, vectors, a number."""
    side = _IMAGE if length == _LENGTHS[0] else length
    yield (1, _COLOURS, side, side)
    yield (1, length)
    for width in widths:
        yield (1, width)
        yield (1, length, width)
    for count in channels:
        yield (1, count, side, side)
        yield (1, side, side, count)
    yield (1, length, length)
    yield (length,)
    yield ()


def _guess_type(name: str, tensor: TensorType) -> str | None:
    """An element type where the file states none."""
    if tensor.element_type is not None:
        return None
    return "i64" if any(word in name.lower() for word in _WHOLE_NUMBERS) else "f32"


def _meet(conditions: Iterable[Condition], symbol: str, size: int) -> int:
    """The nearest size that is as the file asks: limits first, then multiples of what is asked."""
    for condition in sorted(conditions, key=lambda each: each.relation == "a multiple of"):
        if condition.symbol == symbol:
            size = condition.meet(size)
    return size


def _fill(
    open_inputs: Mapping[str, TensorType], length: int, meet: Callable[[str, int], int]
) -> Example:
    """Sizes for the symbols, and whole shapes of inputs that have open sizes without a name."""
    symbols: dict[str, int] = {}
    whole: Example = {}
    for name, tensor in open_inputs.items():
        shape = tensor.shape
        if shape is None:
            continue
        sizes: list[int] = []
        is_named = True
        for axis, dimension in enumerate(shape):
            parts = list_symbols(dimension) if isinstance(dimension, str) else []
            is_named = is_named and (isinstance(dimension, int) or bool(parts))
            is_named = is_named and not any(part in open_inputs for part in parts)
            for part in parts:
                symbols.setdefault(part, meet(part, _choose(part, axis, len(shape), length)))
            sizes.append(_size(dimension, parts, symbols, axis, len(shape), length))
        if not is_named or tensor.element_type is None:
            whole[name] = TensorType(None if tensor.element_type else "f32", tuple(sizes))
    used = {
        part: TensorType(None, (symbols[part],))
        for name, tensor in open_inputs.items()
        if name not in whole
        for dimension in tensor.shape or ()
        if isinstance(dimension, str)
        for part in list_symbols(dimension)
    }
    return {**used, **whole}


def _size(
    dimension: Dimension,
    parts: list[str],
    symbols: Mapping[str, int],
    axis: int,
    rank: int,
    length: int,
) -> int:
    if isinstance(dimension, int):
        return dimension
    return symbols[parts[0]] if parts else _choose("", axis, rank, length)


def _choose(symbol: str, axis: int, rank: int, length: int) -> int:
    """A likely size of a dimension, by its name and place."""
    word = symbol.lower()
    if any(word == known or known in word for known in _BATCH_WORDS):
        return 1
    if length == _LENGTHS[0] and word in _LIKELY:
        return _LIKELY[word]
    is_spatial = rank == 4 and axis >= 2 and not word
    if word in _IMAGE_WORDS or "height" in word or "width" in word or is_spatial:
        return _IMAGE if length == _LENGTHS[0] else length
    return 1 if axis == 0 else length
