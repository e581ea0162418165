"""The operations of one compiled function, in order, over operands whose types are known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never

from cyborg_rr.domain.graph.graph import AttributeValue, Node, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.nnvm.fused import Function, Part, Role
from cyborg_rr.readers.nnvm.layouts import (
    Plain,
    Sizes,
    find_plain,
    find_pool,
    find_summed,
    plain_letters,
    unpack_images,
)

_ANCHORS: Final[frozenset[Role]] = frozenset(
    {"convolution", "transposed", "dense", "batch_matmul", "pool", "global_pool", "reduce", "line"}
)
"""What a function is built around: others before it work on its data, later ones on its result."""

_WIDENED: Final = frozenset({"i8", "u8", "i16", "u16"})
_IMAGE_RANK: Final = 4


@dataclass(frozen=True, slots=True)
class Call:
    """How a function is called: types of operands and results, which operands are weights.

    ``data_layout`` and ``kernel_layout`` are what newer compilers state beside the name.
    """

    name: str
    operands: tuple[TensorType, ...]
    results: tuple[TensorType, ...]
    weights: tuple[bool, ...]
    data_layout: str = ""
    kernel_layout: str = ""


@dataclass(slots=True)
class Kernel:
    """A function that is written: its nodes, and what of them is estimated or unknown."""

    call: Call
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    estimated: set[str] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)
    outputs: tuple[str, ...] = ()
    _left: list[int] = field(default_factory=list)
    _value: str = ""
    _named: int = 0

    def write(self, function: Function) -> None:
        """Write all operations; the last one yields the results."""
        self.outputs = tuple(f"result{place}" for place in range(len(self.call.results)))
        self.types.update(zip(self.outputs, self.call.results, strict=True))
        self.types.update((str(n), known) for n, known in enumerate(self.call.operands))
        self._left = list(range(len(self.call.operands)))
        parts = function.parts
        anchor = next((n for n, part in enumerate(parts) if part.role in _ANCHORS), None)
        pair = None if anchor is None else self._find_pair(parts[anchor])
        self._take_value(pair)
        for place, part in enumerate(parts):
            if anchor is None or place > anchor:
                known = self._after(place, parts)
            else:
                known = self.types.get(self._value) if place < anchor else self._after(place, parts)
            is_last = place == len(parts) - 1
            self._write_part(part, known, pair, is_last, self._count_readers(parts[place + 1 :]))
        self._finish()

    def _after(self, place: int, parts: tuple[Part, ...]) -> TensorType | None:
        """The type of what an operation yields: the shape of the result, wider before a cast."""
        if not self.call.results:
            return None
        result = self.call.results[0]
        later = parts[place + 1 :]
        first = self.call.operands[0].element_type if self.call.operands else None
        if first in _WIDENED and any(part.operation == "convert" for part in later):
            return TensorType("i32", result.shape)
        return result

    @staticmethod
    def _count_readers(parts: tuple[Part, ...]) -> int:
        return sum(part.role in ("binary", "select") for part in parts)

    # ---- operands

    def _find_pair(self, part: Part) -> tuple[int, int, Plain | None] | None:
        """Which operands are the data and the kernel of an operation that has one."""
        if part.role not in ("convolution", "transposed", "dense", "batch_matmul"):
            return None
        count = len(self.call.operands)
        pairs = [(at, at + 1) for at in range(count - 1)]
        pairs.sort(key=lambda pair: not self.call.weights[pair[1]])
        for data, kernel in pairs:
            if part.role in ("convolution", "transposed"):
                plain = self._find_convolution(part, data, kernel)
                if plain is not None:
                    return data, kernel, plain
            elif self._fits(part.role, data, kernel):
                return data, kernel, None
        return None

    def _find_convolution(self, part: Part, data: int, kernel: int) -> Plain | None:
        before, taps = self._sizes(data), self._sizes(kernel)
        after = find_static(self.call.results[0].shape) if self.call.results else None
        if before is None or taps is None or after is None:
            return None
        layout, own = (
            plain_letters(each) for each in (self.call.data_layout, self.call.kernel_layout)
        )
        if part.role == "transposed":
            return _find_transposed(before, taps, after, layout)
        return find_plain(before, taps, after, layout, own, "winograd" in part.name)

    def _fits(self, role: Role, data: int, kernel: int) -> bool:
        left, right = self._sizes(data), self._sizes(kernel)
        after = find_static(self.call.results[0].shape) if self.call.results else None
        if not left or not right or not after or 0 in (*left, *right, *after):
            return False
        if role == "batch_matmul":
            return len(left) == len(right) == len(after) and left[-1] in right[-2:]
        return find_summed(left, right, after) is not None

    def _sizes(self, place: int) -> Sizes | None:
        return find_static(self.call.operands[place].shape)

    def _take_value(self, pair: tuple[int, int, Plain | None] | None) -> None:
        """Begin with the data of the kernel's operation, or with the first operand."""
        if pair is not None:
            self._left.remove(pair[0])
            self._left.remove(pair[1])
            self._value = str(pair[0])
        elif self._left:
            self._value = str(self._left.pop(0))

    def _take_other(self) -> str:
        """The next operand that none has read; the value itself where all were."""
        return str(self._left.pop(0)) if self._left else self._value

    # ---- operations

    def _write_part(
        self,
        part: Part,
        known: TensorType | None,
        pair: tuple[int, int, Plain | None] | None,
        is_last: bool,
        readers: int,
    ) -> None:
        operands: tuple[str, ...] = (self._value,) if self._value else ()
        attributes: Mapping[str, AttributeValue] = {}
        operation = part.operation
        match part.role:
            case "convolution" | "transposed":
                self._convolve(part, pair, known, readers)
                return
            case "dense" | "batch_matmul":
                self._multiply(part, pair, known, readers)
                return
            case "pool" | "global_pool":
                self._pool(part, known)
                return
            case "reduce":
                attributes = self._reduce(part, known)
                operation = "reduce"
            case "line":
                attributes = {"size": 5} if operation == "local_response_normalization" else {}
                attributes = {"function": "sum"} if operation == "cumulative" else attributes
            case "binary":
                operands = (self._value, self._take_other())
                attributes = {"direction": "EQ"} if operation == "compare" else {}
            case "select":
                operands = (self._value, self._take_other(), self._take_other())
            case "view":
                attributes = _shape_of(known)
            case "move":
                self._move(part, known)
                return
            case "join":
                operands = (self._value, *(self._take_other() for _ in list(self._left)))
                attributes = {"axis": _find_axis(self.call)}
            case "split":
                results = self.outputs if is_last else ()
                self._add(part, "split", operands, known, {"axis": _find_axis(self.call)}, results)
                return
            case "unary":
                attributes = _element_type(operation, known)
            case "nothing":
                operation, operands = "random", ()
                attributes = _shape_of(known)
            case "unknown":
                self.unknown[part.name] += 1
                operands = (*operands, *(self._take_other() for _ in list(self._left)))
            case _:
                assert_never(part.role)
        self._add(part, operation, operands, known, attributes)

    def _add(
        self,
        part: Part,
        operation: str,
        operands: tuple[str, ...],
        known: TensorType | None,
        attributes: Mapping[str, AttributeValue],
        results: tuple[str, ...] = (),
        step: str = "",
    ) -> None:
        """One node; its result is the value that goes on."""
        self._named += 1
        results = results or (f"value{self._named}",)
        if known is not None and results[0] not in self.types:
            self.types[results[0]] = known
        name = f"{part.name}/{step}" if step else part.name
        self.nodes.append(Node(operation, name, operands, results, attributes))
        self._value = results[0]

    def _finish(self) -> None:
        """Let the last node yield the results; further ones are copies."""
        if not self.nodes or not self.outputs:
            return
        *before, last = self.nodes
        if last.outputs != self.outputs:
            own = last.outputs[0]
            self.types.pop(own, None)
            outputs = (self.outputs[0], *last.outputs[1:])
            self.nodes = [
                *before,
                Node(last.operation, last.native_name, last.inputs, outputs, last.attributes),
            ]
            for other in self.outputs[1:]:
                name = f"{last.native_name}/copy"
                self.nodes.append(Node("copy", name, (self.outputs[0],), (other,)))

    def _reshape(self, part: Part, value: str, sizes: Sizes) -> str:
        """The value in another shape of the same elements; itself where it has that shape."""
        known = self.types[value]
        if known.shape == sizes:
            return value
        fits = known.elements == math.prod(sizes)
        self._add(
            part,
            "reshape" if fits else "identity",
            (value,),
            TensorType(known.element_type, sizes),
            {"shape": sizes} if fits else {},
            step="reshape" if fits else "identity",
        )
        return self._value

    def _convolve(
        self,
        part: Part,
        pair: tuple[int, int, Plain | None] | None,
        known: TensorType | None,
        readers: int,
    ) -> None:
        plain = None if pair is None else pair[2]
        if pair is None or plain is None or known is None:
            self._give_up(part, known)
            return
        if "winograd" in part.name:
            self.estimated.add("what a transformed kernel saves")
        value = self._reshape(part, self._value, plain.data)
        kernel = self._reshape(part, str(pair[1]), plain.kernel)
        attributes: dict[str, AttributeValue] = {
            "strides": plain.strides,
            "padding": plain.padding,
            "groups": plain.groups,
        }
        operands: tuple[str, ...] = (value, kernel)
        is_packed = known.shape != plain.result
        bias = self._left[0] if len(self._left) > readers else None
        if bias is not None and not is_packed:
            self._left.pop(0)
            operands = (value, kernel, str(bias))
        plain_result = TensorType(known.element_type, plain.result)
        if not is_packed:
            self._add(part, part.operation, operands, known, attributes)
            return
        self._add(part, part.operation, operands, plain_result, attributes)
        packed = find_static(known.shape)
        if packed is not None:
            self._reshape(part, self._value, packed)

    def _multiply(
        self,
        part: Part,
        pair: tuple[int, int, Plain | None] | None,
        known: TensorType | None,
        readers: int,
    ) -> None:
        after = None if known is None else find_static(known.shape)
        if pair is None or after is None:
            self._give_up(part, known)
            return
        left, right = self._sizes(pair[0]) or (), self._sizes(pair[1]) or ()
        if part.role == "batch_matmul":
            turned = right[-1] == left[-1]
            both = (self._value, str(pair[1]))
            self._add(part, "matmul", both, known, {"trans_b": turned})
            return
        summed = find_summed(left, right, after) or 1
        units = math.prod(right) // summed
        result = (math.prod(left) // summed, units)
        value = self._reshape(part, self._value, (result[0], summed))
        matrix = self._reshape(part, str(pair[1]), (units, summed))
        operands: tuple[str, ...] = (value, matrix)
        if len(self._left) > readers:
            operands = (*operands, str(self._left.pop(0)))
        plain = TensorType(None if known is None else known.element_type, result)
        self._add(part, "gemm", operands, plain, {"trans_b": True})
        self._reshape(part, self._value, after)

    def _give_up(self, part: Part, known: TensorType | None) -> None:
        """An operation whose operands do not fit what it is called."""
        self.unknown[part.name] += 1
        operands = tuple(filter(None, (self._value, *map(str, range(len(self.call.operands))))))
        self._left.clear()
        self._add(part, "unknown", tuple(dict.fromkeys(operands)), known, {})

    def _pool(self, part: Part, known: TensorType | None) -> None:
        before = find_static(self.types[self._value].shape) if self._value else None
        after = None if known is None else find_static(known.shape)
        layout = plain_letters(self.call.data_layout)
        data = None if before is None else unpack_images(before, layout)
        result = None if after is None else unpack_images(after, layout)
        if data is None or result is None or len(data) != len(result) or 0 in (*data, *result):
            self._give_up(part, known)
            return
        if part.role == "global_pool" and not layout.endswith("C"):
            value = self._reshape(part, self._value, data)
            self._add(part, "global_pool", (value,), known, {"function": part.operation})
            return
        spatial = _find_spatial(data, result)
        windows, strides, padding = find_pool(
            tuple(data[n] for n in spatial), tuple(result[n] for n in spatial)
        )
        self.estimated.add("the windows of a pooling")
        is_last = spatial[:1] == (1,) and len(data) == _IMAGE_RANK
        value = self._reshape(part, self._value, data)
        self._add(
            part,
            "pool",
            (value,),
            TensorType(known.element_type if known else None, result),
            {
                "function": part.operation, "kernel": windows, "strides": strides,
                "padding": padding, **({"layout": "N01C"} if is_last else {}),
            },
        )  # fmt: skip
        if after is not None and after != result:
            self._reshape(part, self._value, after)

    def _reduce(self, part: Part, known: TensorType | None) -> Mapping[str, AttributeValue]:
        before = find_static(self.types[self._value].shape) if self._value else None
        after = None if known is None else find_static(known.shape)
        attributes: dict[str, AttributeValue] = {"function": part.operation}
        if before is not None and after is not None:
            if len(before) == len(after):
                axes = tuple(n for n, size in enumerate(before) if after[n] != size)
                attributes |= {"axes": axes, "keep_dimensions": True} if axes else {}
            else:
                attributes |= _find_reduced(before, after)
        if part.operation.startswith("arg") and known is not None and known.element_type:
            attributes["element_type"] = known.element_type
        return attributes

    def _move(self, part: Part, known: TensorType | None) -> None:
        """Elements that change their places; another shape of them is only seen differently."""
        operands = (self._value,) if self._value else ()
        before = self.types.get(self._value)
        if part.name in ("take", "gather", "gather_nd"):
            operands = (*operands, self._take_other())
        same = before is not None and known is not None and before.elements == known.elements
        if (
            known is None
            or not operands
            or not same
            or before is None
            or before.shape == known.shape
        ):
            self._add(part, "copy", operands[:1], known, {})
        else:
            self._add(part, "copy", operands[:1], before, {}, step="copy")
            self._add(part, "reshape", (self._value,), known, _shape_of(known))


def _find_transposed(data: Sizes, kernel: Sizes, result: Sizes, layout: str) -> Plain | None:
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


def _find_spatial(data: Sizes, result: Sizes) -> tuple[int, ...]:
    """Which dimensions a pooling goes along: those of NHWC where its channels stay last."""
    count = len(data) - 2
    last = tuple(range(1, count + 1))
    if data[1] != result[1] and data[-1] == result[-1]:
        return last
    return tuple(range(2, count + 2))


def _find_reduced(before: Sizes, after: Sizes) -> dict[str, AttributeValue]:
    """The axes that are left out of a shape, where one way leads to the other; the last ones."""
    kept, axes = list(after), []
    for place, size in enumerate(before):
        if kept and kept[0] == size:
            kept.pop(0)
        else:
            axes.append(place)
    return {"axes": tuple(axes)} if axes and not kept else {}


def _find_axis(call: Call) -> int:
    """The dimension in which operands and results differ."""
    if not call.operands or not call.results:
        return 0
    before, after = call.operands[0].shape or (), call.results[0].shape or ()
    differing = (n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    return next(differing, 0)


def _shape_of(known: TensorType | None) -> dict[str, AttributeValue]:
    shape = None if known is None else find_static(known.shape)
    return {} if shape is None else {"shape": shape}


def _element_type(operation: str, known: TensorType | None) -> dict[str, AttributeValue]:
    if operation == "convert" and known is not None and known.element_type is not None:
        return {"element_type": known.element_type}
    return {}
