"""Rules for operations that make tensors, or numbers of another element type."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Scalar
from cyborg_rr.readers.dialects.aten.element_types import ELEMENT_TYPES
from cyborg_rr.readers.torchscript.element_types import CODES
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import UNKNOWN, Ref, Value


def convert(call: Call) -> Value:
    """to(self, dtype) in any of its forms, type_as: another element type, or the same once more."""
    data = call.get(0, "self")
    name, rank = call.name_of(data), call.drawing.rank(data)
    for value in (*call.arguments[1:3], call.named.get("dtype")):
        if isinstance(value, Ref):
            found = call.drawing.element(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            found = ELEMENT_TYPES.get(value)
        else:
            continue
        if found is None:
            raise NoRule
        if call.drawing.elements.get(name) == found:
            break
        return call.step("convert", (name,), rank, found, element_type=found)
    return call.step("identity", (name,), rank)


def fill(value: Scalar | None, dtype_at: int) -> Rule:
    """zeros, ones, full, empty(size): one number repeated."""

    def rule(call: Call) -> Value:
        number = call.get(1, "fill_value") if value is None else value
        code = call.get(dtype_at, "dtype")
        if not isinstance(number, int | float) or not isinstance(code, int | None):
            raise NoRule
        element = "f32" if code is None else ELEMENT_TYPES.get(code, "f32")
        sizes = call.parts(0, "size")
        scalar = call.drawing.constant(number, element)
        if not sizes:
            return Ref(scalar)
        return call.step("expand", (scalar, call.sizes(sizes)), len(sizes), element)

    return rule


def fill_like(value: Scalar | None) -> Rule:
    """zeros_like, ones_like, full_like(self): as many elements, nothing of the operand is used."""

    def rule(call: Call) -> Value:
        data = call.get(0, "self")
        rank, element = call.drawing.rank(data), call.drawing.element(data)
        number = call.get(1, "fill_value") if value is None else value
        if not isinstance(number, int | float):
            raise NoRule
        shape = call.step("shape_of", (call.name_of(data),), 1, "i64")
        scalar = call.drawing.constant(number, element or "f32")
        return call.step("expand", (scalar, shape.name), rank, element)

    return rule


def new_filled(value: Scalar | None) -> Rule:
    """new_zeros, new_ones, new_full(self, size, dtype): in the type of the operand unless said."""

    def rule(call: Call) -> Value:
        number = call.get(2, "fill_value") if value is None else value
        code, sizes = call.get(3 if value is None else 2, "dtype"), call.parts(1, "size")
        element = ELEMENT_TYPES.get(code) if isinstance(code, int) else None
        element = element or call.drawing.element(call.get(0, "self"))
        if element is None or not isinstance(number, int | float):
            raise NoRule
        scalar = call.drawing.constant(number, element)
        if not sizes:
            return Ref(scalar)
        return call.step("expand", (scalar, call.sizes(sizes)), len(sizes), element)

    return rule


def arange(call: Call) -> Value:
    """arange(end), arange(start, end), arange(start, end, step) and four facts on the result."""
    count = len(call.arguments) - 4 if len(call.arguments) > 4 else len(call.arguments)
    given = list(call.arguments[:count])
    code = call.named.get("dtype", call.arguments[count] if count < len(call.arguments) else None)
    element = ELEMENT_TYPES.get(code) if isinstance(code, int) else None
    if not 1 <= count <= 3:
        raise NoRule
    start: Value = given[0] if count > 1 else 0
    end, step = given[1 if count > 1 else 0], given[2] if count > 2 else 1
    names = []
    for value in (start, end, step):
        name = call.drawing.constant(value) if isinstance(value, int) else call.name_of(value)
        names.append(name)
    found = call.step("range", tuple(names), 1, "i64")
    if element in (None, "i64"):
        return found
    return call.step("convert", (found.name,), 1, element, element_type=element)


def code_of(call: Call) -> Value:
    """prim::dtype(self): the code of an element type that is known."""
    found = call.drawing.element(call.get(0, "self"))
    return CODES.get(found or "", UNKNOWN)
