"""Rules for SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, which stand around dilated convolutions.

What they do is told by tensorflow/core/ops/array_ops.cc, SpaceToBatchND: the dimensions behind the
batch are padded and cut into blocks, and places in a block become more of the batch.
"""

from __future__ import annotations

from itertools import chain
from math import prod

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode

_REST = 2**31 - 1


def space_to_batch(node: NativeTfliteNode) -> list[Step]:
    """SPACE_TO_BATCH_ND(data, block, pads)."""
    found = _find_blocks(node)
    if found is None:
        return unknown(node)
    block, low, high, sizes, rest = found
    padded = [sum(each) for each in zip(sizes, low, high, strict=True)]
    if any(size % side for size, side in zip(padded, block, strict=True)):
        return unknown(node)
    inner = [size // side for size, side in zip(padded, block, strict=True)]
    axes = range(len(block))
    order = [*(2 * axis + 2 for axis in axes), 0, *(2 * axis + 1 for axis in axes)]
    none = (0,) * len(rest)
    return _follow(
        node,
        ("pad", {"padding_low": (0, *low, *none), "padding_high": (0, *high, *none)}),
        ("reshape", {"shape": (-1, *chain(*zip(inner, block, strict=True)), *rest)}),
        ("transpose", {"permutation": (*order, *_behind(order, rest))}),
        ("reshape", {"shape": (-1, *inner, *rest)}),
    )


def batch_to_space(node: NativeTfliteNode) -> list[Step]:
    """BATCH_TO_SPACE_ND(data, block, crops)."""
    found = _find_blocks(node)
    if found is None:
        return unknown(node)
    block, low, high, sizes, rest = found
    whole = [size * side for size, side in zip(sizes, block, strict=True)]
    count = len(block)
    order = [count, *chain(*((count + 1 + axis, axis) for axis in range(count)))]
    ends = [size - cut for size, cut in zip(whole, high, strict=True)]
    none = (0,) * len(rest)
    return _follow(
        node,
        ("reshape", {"shape": (*block, -1, *sizes, *rest)}),
        ("transpose", {"permutation": (*order, *_behind(order, rest))}),
        ("reshape", {"shape": (-1, *whole, *rest)}),
        ("slice", {"starts": (0, *low, *none), "ends": (_REST, *ends, *((_REST,) * len(rest)))}),
    )


_Blocks = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], list[int], list[int]]


def _find_blocks(node: NativeTfliteNode) -> _Blocks | None:
    """Sides of a block, what is put on or off before and behind, sizes that are cut, and others."""
    block, ends, shape = node.whole(1), node.whole(2), node.shape(0)
    if not block or ends is None or shape is None or len(shape) <= len(block):
        return None
    known = [size for size in shape[1:] if isinstance(size, int) and size > 0]
    if len(known) != len(shape) - 1 or min(block) < 1 or prod(block) > _REST:
        return None
    if len(ends) != 2 * len(block) or min(ends) < 0 or max(ends) > _REST:
        return None
    return block, ends[::2], ends[1::2], known[: len(block)], known[len(block) :]


def _behind(order: list[int], rest: list[int]) -> range:
    """The axes that stay where they are."""
    return range(len(order), len(order) + len(rest))


def _follow(node: NativeTfliteNode, *steps: tuple[str, dict[str, AttributeValue]]) -> list[Step]:
    """Operations on the data, each on what the one before yields."""
    made, source = [], node.input(0)
    for place, (operation, attributes) in enumerate(steps):
        last = place == len(steps) - 1
        target = node.output(0) if last else node.fresh(f"part{place}")
        stated = {} if last else {target: TensorType(node.result().element_type, None)}
        made.append(node.step(operation, (source,), (target,), stated, **attributes))
        source = target
    return made
