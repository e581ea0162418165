"""Rules for linear algebra of matrices whose sizes are known later."""

from __future__ import annotations

from cyborg_rr.readers.dialects.aten.element_types import ELEMENT_TYPES
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule
from cyborg_rr.readers.torchscript.values import Value


def _factors(call: Call) -> tuple[str, int | None, str | None]:
    """Triangular matrices whose product the operand is, its rank, its element type."""
    name = call.tensor(0, "self")
    rank, element = call.drawing.ranks.get(name), call.drawing.elements.get(name)
    return call.steps_of("lu", (name,), 2, rank, element)[0].name, rank, element


def invert(call: Call) -> Value:
    """linalg_inv, inverse(self): both triangles are solved for each column of one."""
    factors, rank, element = _factors(call)
    shape = call.step("shape_of", (factors,), 1, "i64").name
    one = call.drawing.constant(1, element or "f32")
    right = call.step("expand", (one, shape), rank, element or "f32").name
    return _solve(call, factors, right)


def solve(call: Call) -> Value:
    """linalg_solve(self, other): both triangles are solved for each right side."""
    return _solve(call, _factors(call)[0], call.tensor(1, "other"))


def _solve(call: Call, factors: str, right: str) -> Value:
    rank, element = call.drawing.ranks.get(right), call.drawing.elements.get(right)
    half = call.step("triangular_solve", (factors, right), rank, element).name
    return call.step("triangular_solve", (factors, half), rank, element)


def determine(call: Call) -> Value:
    """linalg_det(self): factors, and the product of their diagonal."""
    factors, rank, element = _factors(call)
    flat = call.step("reshape", (factors,), 1, element, shape=(-1,), allow_zero=True).name
    rows = call.step("shape_of", (factors,), 1, "i64", start=0, end=-1).name
    less = None if rank is None else rank - 1
    places = call.step("expand", (call.drawing.constant(0), rows), less, "i64").name
    picked = call.step("gather", (flat, places), less, element, axis=0).name
    left = None if rank is None else rank - 2
    return call.step("reduce", (picked,), left, element, function="prod", axes=(-1,))


def identity(call: Call) -> Value:
    """eye(n), eye(n, m): one of as many rows as are known."""
    count = call.integer(0, "n")
    both = len(call.arguments) in (2, 6)
    other, code = call.integer(1, "m") if both else count, call.get(2 if both else 1, "dtype")
    element = ELEMENT_TYPES.get(code, "f32") if isinstance(code, int) else "f32"
    if count <= 0 or other <= 0:
        raise NoRule
    return call.step("iota", (), 2, element, shape=(count, other), axis=0, element_type=element)


SOLVING = {
    **dict.fromkeys(("linalg_inv", "inverse"), invert), "linalg_solve": solve,
    **dict.fromkeys(("linalg_det", "det"), determine), "eye": identity,
}  # fmt: skip
"""Operations of torch.linalg."""
