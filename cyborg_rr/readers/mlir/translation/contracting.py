"""Sums of products over the loops of linalg: einsums, and convolutions by their affine maps."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.maps import AffineMap, find_sizes
from cyborg_rr.readers.mlir.translation.native import NativeMlirNode

_LETTERS: Final = string.ascii_lowercase
_POOLED: Final = 3
"""Maps of a window that moves: of the data, of the window, of the result."""

_SUMMED: Final = 2
"""Dimensions that one of a convolution's data runs along: that of the result, of the kernel."""


def contract(
    node: NativeMlirNode, operands: tuple[str, str], maps: Sequence[AffineMap]
) -> list[Step] | None:
    """The product of two operands by the maps of both and of the result; None for odd maps."""
    plain = [each.plain for each in maps]
    known = [each for each in plain if each is not None and -1 not in each]
    if len(known) == len(maps) and maps[0].dimensions <= len(_LETTERS):
        left, right, result = ("".join(_LETTERS[dim] for dim in each) for each in known)
        if all(len(set(text)) == len(text) for text in (left, right, result)):
            equation = f"{left},{right}->{result}"
            return _accumulate(node, node.step("einsum", operands, equation=equation))
    return _convolve(node, operands, maps)


def _accumulate(node: NativeMlirNode, step: Step) -> list[Step]:
    """The product, and behind it the sum with what the destination holds, if that matters."""
    start = node.inits[0] if node.inits else ""
    if not start:
        return [step]
    product = node.fresh("product")
    return [
        node.step(step.operation, step.inputs, (product,), {product: node.result},
                  **step.attributes),
        node.step("add", (product, start)),
    ]  # fmt: skip


def accumulate(node: NativeMlirNode, steps: list[Step]) -> list[Step]:
    """Steps whose last is a product, which the destination's elements are added to."""
    return [*steps[:-1], *_accumulate(node, steps[-1])]


@dataclass(slots=True)
class _Layouts:
    """Letters of the dimensions of a convolution's data, kernel and result, and its windows."""

    data: str = ""
    kernel: str = ""
    strides: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()


def _convolve(
    node: NativeMlirNode, operands: tuple[str, str], maps: Sequence[AffineMap]
) -> list[Step] | None:
    """A convolution of one group, or of one channel each, whatever the order of its dimensions."""
    data, kernel, result = maps
    if kernel.plain is None:
        data, kernel, operands = kernel, data, operands[::-1]
    windows = kernel.plain
    goal = result.plain
    if windows is None or goal is None or -1 in windows or -1 in goal:
        return None
    spatial: dict[int, int] = {}
    found = _Layouts()
    plain: list[int] = []
    for terms in data.results:
        letter, steps = _read_spatial(terms, windows, goal, len(spatial))
        if letter is None:
            return None
        if steps is not None:
            (place, stride), (tap, dilation) = steps
            spatial[place] = spatial[tap] = len(found.strides)
            found.strides += (stride,)
            found.dilations += (dilation,)
        else:
            plain.append(terms[0][0])
        found.data += letter
    letters = _name_dimensions(plain, windows, goal, spatial)
    if letters is None or not spatial:
        return None
    return _step(node, operands, found, letters, (data, kernel, result))


def _read_spatial(
    terms: Sequence[tuple[int, int]],
    windows: tuple[int, ...],
    goal: tuple[int, ...],
    count: int,
) -> tuple[str | None, tuple[tuple[int, int], tuple[int, int]] | None]:
    """A letter for one dimension of the data; with what windows run along it, of a sum."""
    if len(terms) == 1 and terms[0][1] == 1:
        return "?", None
    if len(terms) != _SUMMED:
        return None, None
    places = [term for term in terms if term[0] in goal and term[0] not in windows]
    taps = [term for term in terms if term[0] in windows and term[0] not in goal]
    if len(places) != 1 or len(taps) != 1:
        return None, None
    return str(count // 2), (places[0], taps[0])


def _name_dimensions(
    plain: list[int], windows: tuple[int, ...], goal: tuple[int, ...], spatial: dict[int, int]
) -> dict[int, str] | None:
    """What each loop is: batch N, channels C that are summed, results O, groups G."""
    letters = {dim: str(place) for dim, place in spatial.items()}
    kinds = {
        (True, False, True): "N", (True, True, False): "C", (False, True, True): "O",
        (True, True, True): "G",
    }  # fmt: skip
    for dim in dict.fromkeys((*plain, *windows, *goal)):
        if dim in letters:
            continue
        kind = kinds.get((dim in plain, dim in windows, dim in goal))
        if kind is None or kind in letters.values():
            return None
        letters[dim] = kind
    return letters


def _step(
    node: NativeMlirNode,
    operands: tuple[str, str],
    found: _Layouts,
    letters: dict[int, str],
    maps: tuple[AffineMap, AffineMap, AffineMap],
) -> list[Step] | None:
    """The canonical step; a group of one channel each needs a kernel with a dimension more."""
    data, kernel, result = maps
    rows = [letters[terms[0][0]] if len(terms) == 1 else "" for terms in data.results]
    spatial = iter(range(len(found.strides)))
    layout = "".join(letter or str(next(spatial)) for letter in rows)
    weights = "".join(letters[terms[0][0]] for terms in kernel.results)
    goal = "".join(letters[terms[0][0]] for terms in result.results)
    attributes: dict[str, AttributeValue] = {
        "strides": found.strides, "dilations": found.dilations,
    }  # fmt: skip
    if "G" not in letters.values():
        if not {"N", "C"} <= set(layout) or not {"O", "C"} <= set(weights):
            return None
        return _accumulate(node, node.step(
            "convolution", operands, data_layout=layout,
            kernel_layout=weights.replace("C", "I"), result_layout=goal.replace("O", "C"),
            **attributes, **node.result_element_type(),
        ))  # fmt: skip
    if "N" not in layout:
        return None
    if "C" in layout or "O" in goal:
        return _join_groups(node, operands, (layout, weights, goal), attributes)
    shapes = [node.find_type(name) for name in operands]
    sizes = find_sizes(maps[:2], [None if each is None else each.shape for each in shapes])
    groups = sizes[next(dim for dim, letter in letters.items() if letter == "G")]
    if not isinstance(groups, int) or groups < 1:
        return None
    wide = node.fresh("kernel")
    return [
        node.step("unsqueeze", operands[1:], (wide,), axes=(len(weights),)),
        *_accumulate(node, node.step(
            "convolution", (operands[0], wide), data_layout=layout.replace("G", "C"),
            kernel_layout=weights.replace("G", "O") + "I", result_layout=goal.replace("G", "C"),
            groups=groups, **attributes, **node.result_element_type(),
        )),
    ]  # fmt: skip


def _join_groups(
    node: NativeMlirNode,
    operands: tuple[str, str],
    layouts: tuple[str, str, str],
    attributes: Mapping[str, AttributeValue],
) -> list[Step] | None:
    """Groups in a dimension of their own, joined with the channels that stand behind it."""
    shapes = [node.find_type(name) for name in operands]
    sizes = [None if each is None else find_static(each.shape) for each in shapes]
    result = find_static(node.result.shape)
    if sizes[0] is None or sizes[1] is None or result is None:
        return None
    inputs, weights = _join(layouts[0], sizes[0], "C"), _join(layouts[1], sizes[1], "O")
    if inputs is None or weights is None or ("O" in layouts[2] and "GO" not in layouts[2]):
        return None
    data, kernel, found = (node.fresh(word) for word in ("data", "kernel", "channels"))
    (data_layout, data_sizes), (kernel_layout, kernel_sizes) = inputs, weights
    groups = sizes[0][layouts[0].index("G")]
    step = node.step(
        "convolution", (data, kernel), (found,), data_layout=data_layout,
        kernel_layout=kernel_layout.replace("C", "I"),
        result_layout=layouts[2].replace("O", "").replace("G", "C"),
        groups=max(groups, 1), **attributes, **node.result_element_type(),
    )  # fmt: skip
    return [
        node.step("reshape", operands[:1], (data,), shape=data_sizes),
        node.step("reshape", operands[1:], (kernel,), shape=kernel_sizes),
        step,
        *accumulate(node, [node.step("reshape", (found,), shape=result, allow_zero=True)]),
    ]


def _join(layout: str, sizes: tuple[int, ...], letter: str) -> tuple[str, tuple[int, ...]] | None:
    """A layout without its groups, and its sizes; inputs of one channel each get a dimension."""
    if len(layout) != len(sizes) or "G" not in layout:
        return None
    place = layout.index("G")
    if letter in layout:
        if layout[place : place + 2] != f"G{letter}":
            return None
        both = sizes[place] * sizes[place + 1]
        wanted = (*sizes[:place], both, *sizes[place + 2 :])
        letters = layout.replace("G", "")
    else:
        wanted, letters = sizes, layout.replace("G", letter)
    if letter == "O" and "C" not in letters:
        letters, wanted = f"{letters}C", (*wanted, 1)
    return letters, wanted


def slide(
    node: NativeMlirNode,
    maps: Sequence[AffineMap],
    combined: tuple[str, str] | None,
    reduced: tuple[int, ...],
) -> list[Step] | None:
    """A window that moves over the data: the second operand is there for its shape alone."""
    window = find_static(node.shape(1))
    taps = maps[1].plain if len(maps) == _POOLED else None
    goal = maps[-1].plain
    if combined is None or window is None or taps is None or goal is None or len(node.inputs) != 2:
        return None
    if len(maps[0].results) != len(goal):
        return None
    if len(taps) != len(window) or set(taps) != set(reduced) or node.rank(0) != len(goal):
        return None
    sizes = dict(zip(taps, window, strict=True))
    found: list[tuple[int, int, int]] = []
    for place, terms in enumerate(maps[0].results):
        steps = [term for term in terms if term[0] == goal[place]]
        within = [term for term in terms if term[0] in sizes]
        if len(steps) != 1 or len(within) > 1 or len(steps) + len(within) != len(terms):
            return None
        tap = within[0] if within else (-1, 1)
        found.append((sizes.get(tap[0], 1), steps[0][1], tap[1]))
    kernel, strides, dilations = (tuple(each[k] for each in found) for k in range(3))
    return [
        node.step("reduce_window", node.inputs[:1], function=combined[0], operands=1,
                  window_dimensions=kernel, window_strides=strides, window_dilations=dilations)
    ]  # fmt: skip
