"""The operations of one compiled function, in order, over operands whose types are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, assert_never

from cyborg_rr.domain.graph.graph import AttributeValue, Node, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.fused.calls import (
    element_type,
    find_axis,
    find_reduced,
    find_spatial,
    is_narrow,
    shape_of,
)
from cyborg_rr.readers.kit.fused.contracting import Contracting, Product
from cyborg_rr.readers.kit.fused.layouts import (
    Plain,
    find_plain,
    find_pool,
    find_summed,
    find_transposed,
    plain_letters,
    unpack_images,
)
from cyborg_rr.readers.kit.fused.names import Function, find_anchor
from cyborg_rr.readers.kit.fused.parts import Part, Role

_IMAGE_RANK: Final = 4


class Kernel(Contracting):
    """A function of several operations, each of which works on what the one before yields."""

    __slots__ = ()

    def write(self, function: Function) -> None:
        """Write all operations; the last one yields the results."""
        self.outputs = tuple(f"result{place}" for place in range(len(self.call.results)))
        self.types.update(zip(self.outputs, self.call.results, strict=True))
        self.types.update((str(n), known) for n, known in enumerate(self.call.operands))
        self._left = list(range(len(self.call.operands)))
        parts = function.parts
        anchor = find_anchor(parts)
        pair = None if anchor is None else self._find_pair(parts[anchor])
        product = None if anchor is None else self._find_operands(parts, anchor)
        self._take_value(
            pair[:2] if pair else (None if product is None else (product.left, product.right))
        )
        if product is not None and product.right is None and anchor is not None:
            parts, anchor = parts[anchor:], 0
            del self._left[: len(self._left) - self._count_readers(parts)]
        for place, part in enumerate(parts):
            if anchor is None or place > anchor:
                known = self._after(place, parts)
            else:
                known = self.types.get(self._value) if place < anchor else self._after(place, parts)
            is_last = place == len(parts) - 1
            known = self._grow(part, known) if anchor is not None and place > anchor else known
            if part.role in ("product", "turned_product"):
                self._write_product(part, product, part.role == "turned_product")
                continue
            self._write_part(part, known, pair, is_last, self._count_readers(parts[place + 1 :]))
        self._finish()

    def _after(self, place: int, parts: tuple[Part, ...]) -> TensorType | None:
        """The type of what an operation yields: the shape of the result, wider before a cast."""
        if not self.call.results:
            return None
        result = self.call.results[0]
        later = parts[place + 1 :]
        first = self.call.operands[0].element_type if self.call.operands else None
        if is_narrow(first) and any(part.operation == "convert" for part in later):
            return TensorType("i32", result.shape)
        return result

    @staticmethod
    def _count_readers(parts: tuple[Part, ...]) -> int:
        return sum(part.role in ("binary", "select") for part in parts)

    # ---- operands

    def _find_operands(self, parts: tuple[Part, ...], anchor: int) -> Product | None:
        role = parts[anchor].role
        if role not in ("product", "turned_product"):
            return None
        return self._find_product(turned=role == "turned_product", is_alone=anchor == 0)

    def _find_pair(self, part: Part) -> tuple[int, int, Plain | None] | None:
        """Which operands are the data and the kernel of an operation that has one."""
        if part.role not in ("convolution", "transposed", "dense", "batch_matmul"):
            return None
        count = len(self.call.operands)
        pairs = [(at, at + 1) for at in range(count - 1)]
        pairs.sort(key=lambda pair: (not self.call.weights[pair[1]], self._are_alike(*pair)))
        for data, kernel in pairs:
            if part.role in ("convolution", "transposed"):
                plain = self._find_convolution(part, data, kernel)
                if plain is not None:
                    return data, kernel, plain
            elif self._fits(part.role, data, kernel):
                return data, kernel, None
        return None

    def _are_alike(self, data: int, kernel: int) -> bool:
        """Whether both have one shape, as two tensors that are added have."""
        return self.call.operands[data].shape == self.call.operands[kernel].shape

    def _find_convolution(self, part: Part, data: int, kernel: int) -> Plain | None:
        before, taps = self._sizes(data), self._sizes(kernel)
        after = find_static(self.call.results[0].shape) if self.call.results else None
        if before is None or taps is None or after is None:
            return None
        if set(before[2:]) == {1} and len(before) == len(after):
            after = (*after[:2], *before[2:])  # what is larger comes of a later operand
        layout, own = (
            plain_letters(each) for each in (self.call.data_layout, self.call.kernel_layout)
        )
        layout = layout or ("NCDHW" if "3d" in part.name and len(before) == len(taps) == 5 else "")
        if part.role == "transposed":
            return find_transposed(before, taps, after, layout)
        return find_plain(before, taps, after, layout, own, "winograd" in part.name)

    def _fits(self, role: Role, data: int, kernel: int) -> bool:
        left, right = self._sizes(data), self._sizes(kernel)
        after = find_static(self.call.results[0].shape) if self.call.results else None
        if not left or not right or not after or 0 in (*left, *right, *after):
            return False
        if role == "batch_matmul":
            return len(left) == len(right) == len(after) and left[-1] in right[-2:]
        return find_summed(left, right, after) is not None

    def _take_value(self, pair: tuple[int, int | None] | None) -> None:
        """Begin with the data of the kernel's operation, or with the first operand."""
        if pair is not None:
            for place in pair:
                if place is not None:
                    self._left.remove(place)
            self._value = str(pair[0])
        elif self._left:
            self._value = str(self._left.pop(0))

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
            case "norm":
                self._normalise(part, known)
                return
            case "attention":
                self._attend(part, known)
                return
            case "einsum":
                self._sum(part, known)
                return
            case "outer":
                self._spread(part, known)
                return
            case "product" | "turned_product":
                self._give_up(part, known)
                return
            case "unpack":
                self._unpack(part, known)
                return
            case "reduce":
                attributes = self._reduce(part, known)
                operation = "reduce"
            case "line":
                attributes = {"size": 5} if operation == "local_response_normalization" else {}
                attributes = {"function": "sum"} if operation == "cumulative" else attributes
            case "number":  # which is within the function, so that the value stands for it
                operands = (self._value, self._value)
            case "binary":
                operands = (self._value, self._take_other())
                attributes = {"direction": "EQ"} if operation == "compare" else {}
            case "select":
                operands = (self._value, self._take_other(), self._take_other())
            case "view":
                attributes = shape_of(known)
                if not attributes:
                    self._move(part, known)
                    return
            case "move":
                self._move(part, known)
                return
            case "join":
                operands = (self._value, *self._take_all())
                attributes = {"axis": find_axis(self.call)}
            case "split":
                if not is_last:  # its parts go different ways, which the name does not tell
                    self._move(part, known)
                    return
                axis = {"axis": find_axis(self.call)}
                self._add(part, "split", operands, known, axis, self.outputs)
                return
            case "unary":
                attributes = element_type(operation, known)
            case "nothing":
                operation, operands = "random", ()
                attributes = shape_of(known)
            case "unknown":
                self.unknown[part.name] += 1
                operands = (*operands, *self._take_all())
            case _:
                assert_never(part.role)
        self._add(part, operation, operands, known, attributes)

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
            for place, other in enumerate(self.outputs[1:], 1):
                name = f"{last.native_name}/copy"
                source = self.echoed.get(place, self.outputs[0])
                self.nodes.append(Node("copy", name, (source,), (other,)))

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
        if plain_result.elements != known.elements:
            return
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

    def _pool(self, part: Part, known: TensorType | None) -> None:
        before = find_static(self._type_of(self._value).shape) if self._value else None
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
        spatial = find_spatial(data, result)
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
        before = find_static(self._type_of(self._value).shape) if self._value else None
        after = None if known is None else find_static(known.shape)
        attributes: dict[str, AttributeValue] = {"function": part.operation}
        if before is not None and after is not None:
            if len(before) == len(after):
                axes = tuple(n for n, size in enumerate(before) if after[n] != size)
                attributes |= {"axes": axes, "keep_dimensions": True} if axes else {}
            else:
                attributes |= find_reduced(before, after)
        if part.operation.startswith("arg") and known is not None and known.element_type:
            attributes["element_type"] = known.element_type
        return attributes

    def _unpack(self, part: Part, known: TensorType | None) -> None:
        """Numbers times their scales; what is packed has another shape."""
        before = self.types.get(self._value)
        if before is not None and known is not None and before.shape == known.shape:
            self._add(part, "multiply", (self._value, self._take_other()), known, {})
        else:
            self._move(part, known)
        del self._left[:1]

    def _move(self, part: Part, known: TensorType | None) -> None:
        """Elements that change their places; another shape of them is only seen differently."""
        if self._take(part, known):
            return
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
            self._add(part, "reshape", (self._value,), known, shape_of(known))
