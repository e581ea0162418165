"""Operators that are timed: what one of a size does, in operations and bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, get_args

from cyborg_rr.domain.documents import MaxItems, Range
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.words import (
    ELEMENT_TYPES,
    MATRIX_KINDS,
    WorkKind,
    find_bits,
    find_meant,
    offer,
)

OperatorName = Literal[
    "matmul",
    "convolution",
    "attention",
    "copy",
    "add",
    "gelu",
    "softmax",
    "layer_norm",
    "sum",
    "launch",
]

Term = Literal["compute", "bandwidth", "launch"]
"""What the time of an operator is made of, for the most part."""

Size = Annotated[int, Range(1, 2**40)]
"""One of the numbers that an operator's size is made of."""


class _Rule(NamedTuple):
    """The kind of work, the names of the sizes, and from these operations and elements moved."""

    kind: WorkKind
    sizes: tuple[str, ...]
    operations: Callable[..., int]
    elements: Callable[..., int]


def _convolve(
    n: int, c: int, h: int, w: int, k: int, r: int, stride: int, groups: int
) -> tuple[int, int]:
    """Operations and elements of a convolution whose padding keeps the size at stride 1."""
    out = n * k * -(-h // stride) * -(-w // stride)
    return 2 * out * (c // groups) * r * r, n * c * h * w + out + k * (c // groups) * r * r


_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "matmul": _Rule(
            "contraction",
            ("batch", "m", "n", "k"),
            lambda b, m, n, k: 2 * b * m * n * k,
            lambda b, m, n, k: b * (m * k + k * n + m * n),
        ),
        "convolution": _Rule(
            "convolution",
            ("batch", "channels", "height", "width", "filters", "window", "stride", "groups"),
            lambda *sizes: _convolve(*sizes)[0],
            lambda *sizes: _convolve(*sizes)[1],
        ),
        "attention": _Rule(
            "attention",
            ("batch", "heads", "queries", "keys", "head_size"),
            lambda b, h, q, s, d: 4 * b * h * q * s * d,
            lambda b, h, q, s, d: 2 * b * h * d * (q + s),
        ),
        "copy": _Rule("movement", ("elements",), lambda n: 0, lambda n: 2 * n),
        "add": _Rule("elementwise", ("elements",), lambda n: n, lambda n: 3 * n),
        "gelu": _Rule("elementwise", ("elements",), lambda n: 8 * n, lambda n: 2 * n),
        "softmax": _Rule(
            "reduction", ("rows", "columns"), lambda m, n: 8 * m * n, lambda m, n: 2 * m * n
        ),
        "layer_norm": _Rule(
            "reduction", ("rows", "columns"), lambda m, n: 8 * m * n, lambda m, n: 2 * m * n
        ),
        "sum": _Rule("reduction", ("rows", "columns"), lambda m, n: m * n, lambda m, n: m * n + m),
        "launch": _Rule("other", (), lambda: 0, lambda: 0),
    }
)
"""Multiply-adds count as two operations, an exponential as four; each operand is moved once."""

TIMED_KINDS: frozenset[WorkKind] = frozenset(rule.kind for rule in _RULES.values())
"""The kinds of work of which there are operators."""

OPERATOR_NAMES: tuple[str, ...] = get_args(OperatorName)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of one size.

    ``element_type`` is that of its operands. Of f32 ``tf32`` says that products may run so, and
    ``channels_last`` how the images of a convolution lie in memory.
    """

    name: OperatorName
    element_type: str
    shape: Annotated[tuple[Size, ...], MaxItems(8)] = ()
    tf32: bool = False
    channels_last: bool = False

    @property
    def kind(self) -> WorkKind:
        """The kind of work."""
        return _RULES[self.name].kind

    @property
    def rate(self) -> str:
        """The name of the peak rate that bounds its products."""
        if self.tf32 and self.element_type == "f32":
            return "tf32"
        return ELEMENT_TYPES[self.element_type].rate

    @property
    def operations(self) -> int:
        """Arithmetic of one call."""
        return _RULES[self.name].operations(*self.shape)

    @property
    def bytes_moved(self) -> int:
        """What one call reads and writes, each operand once."""
        return _RULES[self.name].elements(*self.shape) * find_bits(self.element_type) // 8

    def render(self) -> str:
        """As people are told of it: ``matmul bf16 1x64x64x64``."""
        layout = " channels last" if self.channels_last else ""
        size = "x".join(map(str, self.shape))
        return f"{self.name} {'tf32' if self.tf32 else self.element_type}{layout} {size}".rstrip()

    def check(self) -> None:
        """``InvalidInput`` for sizes or a type that such an operator cannot have."""
        rule = _RULES[self.name]
        if len(self.shape) != len(rule.sizes):
            wanted = ", ".join(rule.sizes) or "none"
            raise InvalidInput(f"{self.name} has the sizes {wanted}, not {list(self.shape)}")
        if self.element_type not in ELEMENT_TYPES or not find_bits(self.element_type):
            near = offer(find_meant(self.element_type, ELEMENT_TYPES))
            raise InvalidInput(f"{self.name}: {self.element_type!r} is no element type{near}")
        if self.tf32 and (self.element_type != "f32" or self.kind not in MATRIX_KINDS):
            raise InvalidInput(f"{self.name}: only products of f32 run as tf32")
        if self.name == "convolution" and (self.shape[1] % self.shape[-1] or prod(self.shape) < 1):
            raise InvalidInput("convolution: channels must be a multiple of groups")
