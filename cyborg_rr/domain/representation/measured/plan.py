"""Which operators are timed: enough sizes of each kind to tell a start from a rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.representation.measured.operators import Operator, OperatorName
from cyborg_rr.domain.words import ELEMENT_TYPES

_USUAL_BITS: Final = 32

_PRODUCTS: Final = (
    (1, 512, 512, 512),
    (1, 1024, 1024, 1024),
    (1, 2048, 2048, 2048),
    (1, 4096, 4096, 4096),
    (1, 256, 4096, 4096),
    (1, 2048, 4096, 11008),
    (64, 512, 64, 512),
    (64, 512, 512, 64),
)
"""Squares, and those of language models: projections, and scores of heads."""

_SKINNY: Final = ((1, 1, 4096, 4096), (1, 8, 11008, 4096), (1, 1, 4096, 32000))
"""Products that read more than they compute, as when one token is made."""

_HUGE: Final = (1, 8192, 8192, 8192)

_CONVOLUTIONS: Final = (
    (32, 64, 56, 56, 64, 3, 1, 1),
    (32, 256, 56, 56, 64, 1, 1, 1),
    (32, 256, 14, 14, 256, 3, 1, 1),
    (32, 512, 7, 7, 2048, 1, 1, 1),
    (1, 320, 64, 64, 320, 3, 1, 1),
    (8, 128, 28, 28, 128, 3, 1, 1),
)
"""Of image classifiers and of a denoiser."""

_DEPTHWISE: Final = ((32, 96, 112, 112, 96, 3, 1, 96), (32, 480, 14, 14, 480, 5, 1, 480))

_ATTENTIONS: Final = ((8, 12, 512, 512, 64), (2, 32, 2048, 2048, 128), (32, 16, 197, 197, 64))
_DECODING: Final = (8, 32, 1, 4096, 128)

_ELEMENTS: Final = (1 << 20, 1 << 24, 1 << 26, 1 << 28)
_ROWS: Final = ((4096, 768), (16384, 1024), (32768, 4096))

_USUAL: Final = tuple(
    each.name for each in ELEMENT_TYPES.values() if each.is_plain and each.bits <= _USUAL_BITS
)
"""The floats that models are run in; wider and narrower ones have fewer operators."""

_SLOW: Final = frozenset({"inductor", "xla"})
_COMPILED: Final = frozenset({"inductor"})
"""Runtimes whose products and convolutions are those of another one, which is measured too."""

_NARROW: Final = {"f8E4M3FN": _PRODUCTS[1:6], "i8": _PRODUCTS[1:6]}


def list_operators(runtime: str, *, is_small: bool = False) -> tuple[Operator, ...]:
    """The operators to time in a runtime; small ones are for processors and for a quick look."""
    found = dict.fromkeys(_list_small() if is_small else _list_all(runtime))
    return tuple(each for each in found if runtime not in _SLOW or _is_worth_compiling(each))


def _is_worth_compiling(operator: Operator) -> bool:
    """Compilers take seconds for an operator: f16 is as bf16 there, and the layout is theirs."""
    if operator.name in ("copy", "add", "gelu"):
        return operator.shape[0] in (_ELEMENTS[0], _ELEMENTS[-1])
    if operator.kind == "reduction":
        return operator.shape != _ROWS[1]
    return operator.element_type != "f16" and not operator.channels_last


def _list_small() -> Iterator[Operator]:
    yield Operator("launch", "f32")
    for name in ("copy", "add"):
        for elements in (1 << 16, 1 << 20, 1 << 23):
            yield _make(name, "f32", elements)
    for rows in ((512, 256), (2048, 768)):
        yield _make("softmax", "f32", *rows)
        yield _make("layer_norm", "f32", *rows)
    for size in (64, 128, 256, 512):
        yield _make("matmul", "f32", 1, size, size, size)
    yield _make("matmul", "f64", 1, 256, 256, 256)
    yield _make("matmul", "bf16", 1, 256, 256, 256)
    yield _make("convolution", "f32", 1, 32, 28, 28, 32, 3, 1, 1)
    yield _make("attention", "f32", 1, 4, 128, 128, 32)


def _list_all(runtime: str) -> Iterator[Operator]:
    yield Operator("launch", "f32")
    yield from _list_moving()
    if runtime in _COMPILED:
        yield from (_make("matmul", "bf16", *size) for size in _PRODUCTS[2:5])
        return
    yield from _list_products()
    for element_type in _USUAL:
        yield from (_make("attention", element_type, *size) for size in _ATTENTIONS)
    yield _make("attention", "bf16", *_DECODING)
    yield from _list_convolutions()


def _list_moving() -> Iterator[Operator]:
    for elements in _ELEMENTS:
        yield _make("copy", "f32", elements)
        for element_type in ("f32", "bf16"):
            yield _make("add", element_type, elements)
            yield _make("gelu", element_type, elements)
    for element_type in ("f32", "bf16"):
        for name in ("softmax", "layer_norm", "sum"):
            yield from (_make(name, element_type, *size) for size in _ROWS)


def _list_products() -> Iterator[Operator]:
    for size in _PRODUCTS:
        for element_type in _USUAL:
            yield _make("matmul", element_type, *size)
        yield _make("matmul", "f32", *size, tf32=True)
    for element_type in ("bf16", "f16"):
        yield _make("matmul", element_type, *_HUGE)
        yield from (_make("matmul", element_type, *size) for size in _SKINNY)
    yield _make("matmul", "f32", *_HUGE, tf32=True)
    yield from (_make("matmul", "f32", *size) for size in _SKINNY)
    yield from (_make("matmul", "f64", *size) for size in _PRODUCTS[1:3])
    for element_type, sizes in _NARROW.items():
        yield from (_make("matmul", element_type, *size) for size in (*sizes, _HUGE))


def _list_convolutions() -> Iterator[Operator]:
    for size in (*_CONVOLUTIONS, *_DEPTHWISE):
        for element_type in _USUAL:
            yield _make("convolution", element_type, *size)
        yield _make("convolution", "f32", *size, tf32=True)
        yield _make("convolution", "bf16", *size, channels_last=True)
        yield _make("convolution", "f32", *size, tf32=True, channels_last=True)


def _make(
    name: OperatorName,
    element_type: str,
    *shape: int,
    tf32: bool = False,
    channels_last: bool = False,
) -> Operator:
    return Operator(name, element_type, shape, tf32, channels_last)
