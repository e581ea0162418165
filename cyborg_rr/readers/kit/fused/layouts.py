"""The plain shapes that packed tensors of compiled graphs stand for.

Compilers lay channels together (``NCHW8c``, ``OIHW3i8o``; VTA ``NCHW1n16c``) or transform kernels
(Winograd). Only shapes are stated; the elements of a kernel, divided by the channels of the result
and by the window, give the channels that each result is summed over, however they are laid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

Sizes = tuple[int, ...]

_WINOGRAD_SIDES: Final = frozenset({4, 6, 8})
"""Sides of transformed kernels of 3 by 3: the tile and two more (topi, nn/winograd_util.py)."""

_RANK_OF_IMAGES: Final = 4


@dataclass(frozen=True, slots=True)
class Plain:
    """A convolution in NC..., OI...: shapes, groups, strides and padding that agree with them."""

    data: Sizes
    kernel: Sizes
    result: Sizes
    strides: Sizes
    padding: Sizes
    groups: int


def unpack_images(shape: Sizes, layout: str) -> Sizes | None:
    """The shape as N, C and spatial dimensions; None where the layout does not fit it.

    Without a stated layout the rank decides: five dimensions are NCHWc, six NCHWnc.
    """
    layout = layout if len(layout) == len(shape) else ""
    if layout:
        return _unpack_by(shape, layout)
    if len(shape) in (3, _RANK_OF_IMAGES):
        return shape
    if len(shape) == 5:
        batch, channels, height, width, inner = shape
        return (batch, channels * inner, height, width)
    if len(shape) == 6:
        batch, channels, height, width, inner_batch, inner = shape
        return (batch * inner_batch, channels * inner, height, width)
    return None


def _unpack_by(shape: Sizes, layout: str) -> Sizes | None:
    sizes = dict[str, int]()
    for letter, size in zip(layout.upper(), shape, strict=True):
        sizes[letter] = sizes.get(letter, 1) * size
    spatial = [sizes[letter] for letter in "DHW" if letter in sizes]
    if not {"N", "C"} <= sizes.keys() or len(sizes) != len(spatial) + 2:
        return None
    return (sizes["N"], sizes["C"], *spatial)


def plain_letters(layout: str) -> str:
    """A layout without the numbers in it: ``NCHW16c`` has five dimensions."""
    return "".join(letter for letter in layout if not letter.isdigit())


def find_plain(
    data: Sizes, kernel: Sizes, result: Sizes, layout: str, kernel_layout: str, winograd: bool
) -> Plain | None:
    """The plain convolution that shapes belong to; None where they are of none."""
    candidates = [layout] if layout else ["", "NHWC", "NWC", "NCDHW", "NDHWC"]
    for each in candidates:
        plain_data, plain_result = unpack_images(data, each), unpack_images(result, each)
        if plain_data is None or plain_result is None or 0 in (*plain_data, *plain_result):
            continue
        if len(plain_data) != len(plain_result) or plain_data[0] != plain_result[0]:
            continue
        last = each.endswith("C") and each != ""
        found = _fit(plain_data, kernel, plain_result, kernel_layout, last, winograd)
        if found is not None:
            return found
    return None


def _fit(
    data: Sizes, kernel: Sizes, result: Sizes, kernel_layout: str, last: bool, winograd: bool
) -> Plain | None:
    count = len(data) - 2
    window = (3,) * count if winograd else _find_window(kernel, count, kernel_layout, last)
    if window is None or 0 in kernel:
        return None
    elements = math.prod(kernel)
    if winograd:
        side = kernel[0]
        if side not in _WINOGRAD_SIDES or elements % side**count:
            return None
        elements = elements // side**count * 3**count
    summed, rest = divmod(elements, result[1] * math.prod(window))
    if rest or not summed or data[1] % summed:
        return None
    groups = data[1] // summed
    if result[1] % groups:
        return None
    steps = [_find_step(*sizes) for sizes in zip(data[2:], result[2:], window, strict=True)]
    padding = tuple(number for _, pads in steps for number in pads)
    strides = tuple(stride for stride, _ in steps)
    return Plain(data, (result[1], summed, *window), result, strides, padding, groups)


def _find_window(kernel: Sizes, count: int, layout: str, last: bool) -> Sizes | None:
    """The spatial sizes of a kernel: behind O and I, or in front where channels stand last."""
    if len(layout) == len(kernel) and layout:
        found = tuple(size for letter, size in zip(layout, kernel, strict=True) if letter in "DHW")
        return found if len(found) == count else None
    if len(kernel) < count + 2:
        return None
    return kernel[:count] if last and len(kernel) == count + 2 else kernel[2 : count + 2]


def _find_step(before: int, after: int, window: int) -> tuple[int, tuple[int, int]]:
    """A stride and a padding that lead from one size to another: the smallest stride that does."""
    stride = max(-(-(before + 1 - window) // after), 1)
    total = max((after - 1) * stride + window - before, 0)
    return stride, (total // 2, total - total // 2)


def find_pool(data: Sizes, result: Sizes) -> tuple[Sizes, Sizes, Sizes]:
    """Window, strides and padding of a pooling, as if windows lay side by side: an estimate."""
    windows, padding = [], list[int]()
    for before, after in zip(data, result, strict=True):
        window = max(-(-before // max(after, 1)), 1)
        total = max(window * after - before, 0)
        windows.append(window)
        padding += (total // 2, total - total // 2)
    return tuple(windows), tuple(windows), tuple(padding)


def find_summed(data: Sizes, matrix: Sizes, result: Sizes) -> int | None:
    """Over how many elements each result of a matrix product is summed, however all are packed.

    The elements of data, matrix and result are rows times that, units times that, and rows times
    units.
    """
    square, rest = divmod(math.prod(data) * math.prod(matrix), max(math.prod(result), 1))
    summed = math.isqrt(square)
    fits = not rest and summed * summed == square and summed > 0
    return summed if fits and math.prod(data) % summed == math.prod(matrix) % summed == 0 else None


def find_transposed(data: Sizes, kernel: Sizes, result: Sizes, layout: str) -> Plain | None:
    """A transposed convolution: the kernel is (I, O / groups, window)."""
    plain_data, plain_result = unpack_images(data, layout), unpack_images(result, layout)
    if plain_data is None or plain_result is None or len(kernel) != len(plain_data):
        return None
    if kernel[0] != plain_data[1] or 0 in (*kernel, *plain_data, *plain_result):
        return None
    groups, rest = divmod(plain_result[1], kernel[1])
    if rest or not groups:
        return None
    strides, padding = [], list[int]()
    for before, after, window in zip(plain_data[2:], plain_result[2:], kernel[2:], strict=True):
        stride = max(after // before, 1)
        total = max((before - 1) * stride + window - after, 0)
        strides.append(stride)
        padding += (total // 2, total - total // 2)
    return Plain(plain_data, kernel, plain_result, tuple(strides), tuple(padding), groups)
