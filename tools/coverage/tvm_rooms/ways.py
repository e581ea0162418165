"""Ways of calling the operations of StableHLO that TVM's front end knows by name, as modules.

Written from the operations' specification (openxla/stablehlo, docs/spec.md). Sizes of dimensions
differ, so that what looks at none of them is found out.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TYPES: Mapping[str, str] = {
    "f32": "f32", "f16": "f16", "bf16": "bf16", "f64": "f64", "i64": "i64", "i32": "i32",
    "i16": "i16", "i8": "i8", "i4": "i4", "i2": "i2", "i1": "i1", "u64": "ui64", "u32": "ui32",
    "u16": "ui16", "u8": "ui8", "u4": "ui4", "u2": "ui2", "c64": "complex<f32>",
    "c128": "complex<f64>", "f8E4M3FN": "f8E4M3FN", "f8E5M2": "f8E5M2",
    "f8E4M3FNUZ": "f8E4M3FNUZ", "f8E5M2FNUZ": "f8E5M2FNUZ", "f8E4M3B11FNUZ": "f8E4M3B11FNUZ",
    "f8E8M0FNU": "f8E8M0FNU", "f4E2M1FN": "f4E2M1FN",
}  # fmt: skip
"""Element types as the catalogue names them, and as MLIR writes them."""

UNARY = (
    "stablehlo.cosine", "stablehlo.cosh", "stablehlo.exponential", "stablehlo.round_nearest_afz",
    "stablehlo.rsqrt", "stablehlo.sine", "stablehlo.sqrt", "chlo.sinh",
)  # fmt: skip
BINARY = (
    "stablehlo.add", "stablehlo.divide", "stablehlo.maximum", "stablehlo.minimum",
    "stablehlo.multiply", "stablehlo.subtract",
)  # fmt: skip
_SIZES = (2, 3, 5, 7, 11, 13, 17)
_MAX_RANK = 5
_MAX_FACTOR_RANK = 4

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Way:
    """One way of calling an operation; ``where`` is how a use that is like it is known.

    ``is_odd`` where sizes that no use tells make it what it is.
    """

    name: str
    operands: tuple[Shape, ...]
    result: Shape
    where: tuple[tuple[Any, ...], ...] = ()
    attributes: str = ""
    body: str = ""
    is_odd: bool = False

    def write(self, element: str, stored: Collection[int] = ()) -> str:
        """The module of one function, some operands stored in it."""
        types = [_write_type(shape, element) for shape in self.operands]
        result = _write_type(self.result, element)
        given = [f"%a{p}: {t}" for p, t in enumerate(types) if p not in stored]
        value = _VALUES.get(element[:1], "1")
        lines = [
            f"%a{place} = stablehlo.constant dense<{value}> : {types[place]}" for place in stored
        ]
        names = ", ".join(f"%a{place}" for place in range(len(types)))
        attributes = f" <{{{self.attributes}}}>" if self.attributes else ""
        region = _write_region(self.body, element) if self.body else ""
        lines.append(
            f'%r = "{self.name}"({names}){attributes}{region} : ({", ".join(types)}) -> {result}'
        )
        text = "\n".join(f"  {line}" for line in lines)
        head = f"func.func @main({', '.join(given)}) -> {result}"
        return f"{head} {{\n{text}\n  func.return %r : {result}\n}}\n"


_VALUES = {"f": "1.0", "b": "1.0", "c": "(1.0, 0.0)"}


def _write_type(shape: Shape, element: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


def _write_region(operation: str, element: str) -> str:
    scalar = _write_type((), element)
    return (
        f" ({{\n  ^bb0(%x: {scalar}, %y: {scalar}):\n"
        f"    %z = {operation} %x, %y : {scalar}\n    stablehlo.return %z : {scalar}\n  }})"
    )


def list_ways() -> dict[str, list[Way]]:
    """The ways of calling each operation."""
    ways = [*_list_plain(), *_list_broadcasts(), *_list_products(), *_list_reshapes()]
    ways += [*_list_reductions(), *_list_windows(), *_list_convolutions()]
    return {name: list(found) for name, found in itertools.groupby(ways, lambda way: way.name)}


def _rank(place: str, rank: int) -> tuple[str, str, str, int]:
    return "rank", place, "is", rank


def _attribute(name: str, value: object) -> tuple[str, str, str, object]:
    return "attribute", name, "is", value


def _list_plain() -> Iterator[Way]:
    """Element by element, in all ranks."""
    for names, count in ((UNARY, 1), (BINARY, 2)):
        for name in names:
            for rank in range(_MAX_RANK + 1):
                shape = _SIZES[:rank]
                yield Way(name, (shape,) * count, shape, (_rank("0", rank),))


def _list_broadcasts() -> Iterator[Way]:
    """All places that the dimensions may go to; of operands of size one too, which all fit."""
    for most in range(_MAX_RANK + 1):
        result = _SIZES[:most]
        for count in range(most + 1):
            for dimensions in itertools.combinations(range(most), count):
                where = (_attribute("broadcast_dimensions", list(dimensions)), _rank("out0", most))
                text = f"broadcast_dimensions = {_write_list(dimensions)}"
                name = "stablehlo.broadcast_in_dim"
                operand = tuple(result[place] for place in dimensions)
                yield Way(name, (operand,), result, where, text)
                if count:
                    yield Way(name, ((1,) * count,), result, where, text, is_odd=True)


def _list_products() -> Iterator[Way]:
    """Contractions of one dimension, or none, with leading dimensions of a batch, or none."""
    for left, right in itertools.product(range(1, _MAX_FACTOR_RANK + 1), repeat=2):
        for batch in range(min(left, right)):
            yield _make_product(left, right, batch, None, None)
            for one, other in itertools.product(range(batch, left), range(batch, right)):
                yield _make_product(left, right, batch, one, other)


def _make_product(left: int, right: int, batch: int, one: int | None, other: int | None) -> Way:
    sizes = iter(_SIZES)
    first = [next(sizes) for _ in range(left)]
    second = first[:batch] + [next(sizes, 19) for _ in range(right - batch)]
    free = [size for place, size in enumerate(first) if place >= batch and place != one]
    if one is not None and other is not None:
        second[other] = first[one]
    free += [size for place, size in enumerate(second) if place >= batch and place != other]
    lists = {
        "lhs_batching": list(range(batch)),
        "rhs_batching": list(range(batch)),
        "lhs_contracting": [] if one is None else [one],
        "rhs_contracting": [] if other is None else [other],
    }
    text = ", ".join(f"{name}_dimensions = {value}" for name, value in lists.items())
    where = (
        _rank("0", left), _rank("1", right),
        *(_attribute(name, value) for name, value in lists.items()),
    )  # fmt: skip
    return Way(
        "stablehlo.dot_general",
        (tuple(first), tuple(second)),
        (*first[:batch], *free),
        where,
        f"dot_dimension_numbers = #stablehlo.dot<{text}>",
    )


def _list_reshapes() -> Iterator[Way]:
    """From every rank to a list, and back."""
    for rank in range(_MAX_RANK + 1):
        shape = _SIZES[:rank]
        count = 1
        for size in shape:
            count *= size
        yield Way("stablehlo.reshape", (shape,), (count,), (_rank("0", rank),))
        yield Way("stablehlo.reshape", ((count,),), shape, (_rank("out0", rank),))


def _list_reductions() -> Iterator[Way]:
    for body, function in (("add", "sum"), ("maximum", "max"), ("multiply", "prod")):
        for axes, result in (((1,), (2,)), ((0,), (3,)), ((0, 1), ())):
            yield Way(
                "stablehlo.reduce", ((2, 3), ()), result,
                (_attribute("function", function), _attribute("axes", list(axes))),
                f"dimensions = {_write_list(axes)}", f"stablehlo.{body}",
            )  # fmt: skip


def _list_windows() -> Iterator[Way]:
    for body, function in (("add", "sum"), ("maximum", "max")):
        yield Way(
            "stablehlo.reduce_window", ((1, 8, 6, 4), ()), (1, 4, 3, 4),
            (_attribute("function", function),),
            "window_dimensions = array<i64: 1, 2, 2, 1>, window_strides = array<i64: 1, 2, 2, 1>,"
            " base_dilations = array<i64: 1, 1, 1, 1>, window_dilations = array<i64: 1, 1, 1, 1>,"
            " padding = dense<0> : tensor<4x2xi64>",
            f"stablehlo.{body}",
        )  # fmt: skip


def _list_convolutions() -> Iterator[Way]:
    numbers = (
        ("[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]", (1, 8, 6, 4), (3, 3, 4, 5), (1, 6, 4, 5)),
        ("[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]", (1, 4, 8, 6), (5, 4, 3, 3), (1, 5, 6, 4)),
    )
    for text, operand, kernel, result in numbers:
        yield Way(
            "stablehlo.convolution", (operand, kernel), result, (),
            "window_strides = array<i64: 1, 1>, padding = dense<0> : tensor<2x2xi64>,"
            " lhs_dilation = array<i64: 1, 1>, rhs_dilation = array<i64: 1, 1>,"
            " window_reversal = array<i1: false, false>, batch_group_count = 1 : i64,"
            f" feature_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<{text}>",
        )  # fmt: skip


def _write_list(values: Sequence[int]) -> str:
    return f"array<i64: {', '.join(map(str, values))}>" if values else "array<i64>"
