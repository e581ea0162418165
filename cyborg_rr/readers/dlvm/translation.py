"""What each opcode is: the canonical steps of an instruction whose operands are tensors.

The syntax is that of ``Sources/DLParse/Parse.swift`` of dlvm-team/dlvm-core; what opcodes yield is
recalled: ``dot`` sums over the last dimension of the left and the first of the right operand,
``slice`` is along the first dimension and takes its upper bound in, ``transpose`` turns all
dimensions round. Where a file means another shape, a later use that states it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, Scalar, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dlvm.module import Instruction, Tensor
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class Native:
    """An instruction as a rule sees it: names and types of its operands, and what it may make."""

    instruction: Instruction
    inputs: tuple[str, ...]
    types: tuple[TensorType, ...]
    output: str
    constant: Callable[[Scalar, str], str]
    fresh: Callable[[str], str]

    def step(self, operation: str, inputs: tuple[str, ...], **attributes: AttributeValue) -> Step:
        """The step that yields the result."""
        return Step(operation, inputs, (self.output,), attributes)

    def numbers(self, word: str) -> tuple[int, ...]:
        """The numbers behind a word; none where it is left out."""
        return self.instruction.numbers.get(word, ())

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The sizes of the first operand."""
        return find_static(self.types[0].shape) if self.types else None


Rule = Callable[[Native], list[Step] | None]
"""None stands for what no canonical operation is."""


def _plain(operation: str, **attributes: AttributeValue) -> Rule:
    return lambda node: [node.step(operation, node.inputs, **attributes)]


def _chained(first: str, second: str) -> Rule:
    def rule(node: Native) -> list[Step]:
        middle = node.fresh(first)
        return [Step(first, node.inputs, (middle,), {}), node.step(second, (middle,))]

    return rule


def _square(node: Native) -> list[Step]:
    return [node.step("multiply", (node.inputs[0], node.inputs[0]))]


def _erfc(node: Native) -> list[Step]:
    middle, one = node.fresh("erf"), node.constant(1, node.types[0].element_type or "f32")
    return [Step("erf", node.inputs, (middle,), {}), node.step("subtract", (one, middle))]


def _dot(node: Native) -> list[Step]:
    left, right = (len(known.shape or ()) for known in node.types)
    if not left or not right:
        return [node.step("multiply", node.inputs)]
    return [
        node.step("dot_general", node.inputs, lhs_contracting=(left - 1,), rhs_contracting=(0,))
    ]


def _convert(node: Native) -> list[Step] | None:
    wanted = node.instruction.type
    if not isinstance(wanted, Tensor) or wanted.known.element_type is None:
        return None
    return [node.step("convert", node.inputs, element_type=wanted.known.element_type)]


_FUNCTIONS: Final[Mapping[str, str]] = {
    "add": "sum", "multiply": "prod", "max": "max", "min": "min", "and": "and", "or": "or",
}  # fmt: skip


def _reduce(node: Native) -> list[Step] | None:
    function = _FUNCTIONS.get(node.instruction.word)
    if function is None:
        return None
    axes = node.numbers("along")
    inputs = node.inputs[:1]
    return [node.step("reduce", inputs, function=function, axes=axes, keep_dimensions=False)]


def _scan(node: Native) -> list[Step] | None:
    function, axes = _FUNCTIONS.get(node.instruction.word), node.numbers("along")
    if function not in ("sum", "prod") or len(axes) != 1:
        return None
    inputs = (node.inputs[0], node.constant(axes[0], "i64"))
    return [node.step("cumulative", inputs, function=function)]


def _reduce_window(node: Native) -> list[Step] | None:
    """Pads are none, half of a window or all of it but one element."""
    word, mode = node.instruction.word.rsplit(" ", 1)
    function, sizes, shape = _FUNCTIONS.get(word), node.numbers("dims"), node.shape
    if function is None or shape is None or len(sizes) != len(shape) or min(sizes, default=1) < 1:
        return None
    padding: list[int] = []
    for size in sizes:
        pads = {"none": 0, "half": size // 2, "full": size - 1}[mode]
        padding.extend((pads, pads))
    return [
        node.step(
            "reduce_window", node.inputs[:1], function=function, window_dimensions=sizes,
            window_strides=node.numbers("strides"), padding=tuple(padding), operands=1,
        )
    ]  # fmt: skip


def _transpose(node: Native) -> list[Step]:
    rank = len(node.types[0].shape or ())
    return [node.step("transpose", node.inputs, permutation=tuple(reversed(range(rank))))]


def _slice(node: Native) -> list[Step]:
    low, high = node.numbers("from")[0], node.numbers("upto")[0]
    return [node.step("slice", node.inputs, starts=(low,), ends=(high + 1,), axes=(0,))]


def _convolve(node: Native) -> list[Step]:
    attributes: dict[str, AttributeValue] = {
        name: numbers
        for name, word in (
            ("strides", "strides"), ("padding", "padding"), ("lhs_dilations", "leftDilation"),
            ("dilations", "rightDilation"),
        )
        if (numbers := node.numbers(word))
    }  # fmt: skip
    groups = node.numbers("groups")
    return [node.step("convolution", node.inputs, groups=groups[0] if groups else 1, **attributes)]


def _at(operation: str) -> Rule:
    return lambda node: [node.step(operation, node.inputs, axes=node.numbers("at"))]


def _reshape(node: Native) -> list[Step]:
    return [node.step("reshape", node.inputs, shape=node.numbers("shape"), allow_zero=True)]


def _bit_cast(node: Native) -> list[Step] | None:
    wanted, shape = node.instruction.type, node.shape
    if not isinstance(wanted, Tensor) or shape is None or wanted.known.shape != shape:
        return None
    if wanted.known.element_type is None:
        return None
    return [node.step("bitcast_convert", node.inputs, element_type=wanted.known.element_type)]


def _random(node: Native) -> list[Step] | None:
    kind = node.types[0].element_type
    if kind is None:
        return None
    shape = node.numbers("shape")
    return [node.step("random", node.inputs, shape=shape, element_type=kind)]


def _extract(node: Native) -> list[Step] | None:
    """Elements of a tensor by fixed places: each takes a dimension away."""
    places = [key for key in node.instruction.keys if type(key) is int]
    if len(places) != len(node.instruction.keys) or len(node.inputs) != 1:
        return None
    axes, part = tuple(range(len(places))), node.fresh("slice")
    ends = tuple(place + 1 for place in places)
    attributes: dict[str, AttributeValue] = {"starts": tuple(places), "ends": ends, "axes": axes}
    return [
        Step("slice", node.inputs, (part,), attributes),
        node.step("squeeze", (part,), axes=axes),
    ]


def _concatenate(node: Native) -> list[Step]:
    return [node.step("concatenate", node.inputs, axis=node.numbers("along")[0])]


def _select(node: Native) -> list[Step]:
    return [node.step("select", (node.inputs[2], *node.inputs[:2]))]


def _builtin(node: Native) -> list[Step] | None:
    word, count = node.instruction.word, len(node.inputs)
    if word in _BUILTINS and count == 1:
        return [node.step(_BUILTINS[word], node.inputs)]
    rule = _UNARY.get(word) if count == 1 else _BINARY.get(word) if count == 2 else None  # operands
    return None if rule is None else rule(node)


_BUILTINS: Final[Mapping[str, str]] = {
    "softmax": "softmax", "logSoftmax": "log_softmax", "sigmoid": "sigmoid", "relu": "relu",
}  # fmt: skip

_UNARY: Final[Mapping[str, Rule]] = {
    **{
        name: _plain(name)
        for name in ("sinh", "cosh", "tanh", "log", "exp", "negate", "sign", "sqrt", "round",
                     "rsqrt", "ceil", "floor", "tan", "acos", "asin", "atan", "erf", "not")
    },
    "cos": _plain("cosine"),
    "sin": _plain("sine"),
    "rint": _plain("round"),
    "square": _square,
    "erfc": _erfc,
}  # fmt: skip

_BINARY: Final[Mapping[str, Rule]] = {
    **{name: _plain(name) for name in ("add", "subtract", "multiply", "divide", "power", "and",
                                       "or")},
    "min": _plain("minimum"),
    "max": _plain("maximum"),
    "modulo": _plain("remainder"),
    "truncateDivide": _plain("divide"),
    "floorDivide": _chained("divide", "floor"),
    "lessThan": _plain("compare", direction="LT"),
    "lessThanOrEqual": _plain("compare", direction="LE"),
    "greaterThan": _plain("compare", direction="GT"),
    "greaterThanOrEqual": _plain("compare", direction="GE"),
    "equal": _plain("compare", direction="EQ"),
    "notEqual": _plain("compare", direction="NE"),
}  # fmt: skip

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **_UNARY,
        **_BINARY,
        "dot": _dot,
        "matrixMultiply": _dot,
        "dataTypeCast": _convert,
        "reduce": _reduce,
        "scan": _scan,
        "reduceWindow": _reduce_window,
        "concatenate": _concatenate,
        "transpose": _transpose,
        "reverse": lambda node: [node.step("reverse", node.inputs, axes=node.numbers("along"))],
        "slice": _slice,
        "convolve": _convolve,
        "padShape": _at("unsqueeze"),
        "squeezeShape": _at("squeeze"),
        "shapeCast": _reshape,
        "bitCast": _bit_cast,
        "random": _random,
        "select": _select,
        "extract": _extract,
        "builtin": _builtin,
    }
)
"""Rules by opcode; what is not here is control flow, memory, or unknown."""
