"""What the types of a function's operands and results say of its operations."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.kit.fused.layouts import Sizes


@dataclass(frozen=True, slots=True)
class Summing:
    """An einsum's equation, and the places of the operands that its terms are of."""

    equation: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """How a function is called: types of operands and results, which operands are weights.

    ``data_layout`` and ``kernel_layout`` are what newer compilers state beside the name,
    ``summing`` what the code of an einsum does.
    """

    name: str
    operands: tuple[TensorType, ...]
    results: tuple[TensorType, ...]
    weights: tuple[bool, ...]
    data_layout: str = ""
    kernel_layout: str = ""
    summing: Summing | None = None


def find_spatial(data: Sizes, result: Sizes) -> tuple[int, ...]:
    """Which dimensions a pooling goes along: those of NHWC where its channels stay last."""
    count = len(data) - 2
    last = tuple(range(1, count + 1))
    if data[1] != result[1] and data[-1] == result[-1]:
        return last
    return tuple(range(2, count + 2))


def find_reduced(before: Sizes, after: Sizes) -> dict[str, AttributeValue]:
    """The axes that are left out of a shape, where one way leads to the other; the last ones."""
    kept, axes = list(after), []
    for place, size in enumerate(before):
        if kept and kept[0] == size:
            kept.pop(0)
        else:
            axes.append(place)
    return {"axes": tuple(axes)} if axes and not kept else {}


def find_axis(call: Call) -> int:
    """The dimension in which operands and results differ."""
    if not call.operands or not call.results:
        return 0
    before, after = call.operands[0].shape or (), call.results[0].shape or ()
    differing = (n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    return next(differing, 0)


def shape_of(known: TensorType | None) -> dict[str, AttributeValue]:
    """The attribute that states a shape, where it is known."""
    shape = None if known is None else find_static(known.shape)
    return {} if shape is None else {"shape": shape}


def element_type(operation: str, known: TensorType | None) -> dict[str, AttributeValue]:
    """The attribute that states what a cast yields."""
    if operation == "convert" and known is not None and known.element_type is not None:
        return {"element_type": known.element_type}
    return {}


def is_narrow(name: str | None) -> bool:
    """Whether products of such numbers are added up in whole numbers of 32 bits."""
    known = find_element_type(name)
    return known is not None and known.family in ("signed", "unsigned") and known.bits < 32
