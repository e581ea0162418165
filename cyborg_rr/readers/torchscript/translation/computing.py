"""Rules for products, arithmetic, reductions, normalisation."""

from __future__ import annotations

from cyborg_rr.readers.kit.contracting import contract, find_path, go_left_to_right
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule, give
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value


def first(operation: str) -> Rule:
    """A function of the first tensor; what else is said changes neither shape nor work."""

    def rule(call: Call) -> Value:
        data = call.get(0, "self")
        return call.step(operation, (call.name_of(data),), call.drawing.rank(data))

    return rule


def linear(call: Call) -> Value:
    """linear(input, weight, bias): the weight is (out, in)."""
    data, weight = call.tensor(0, "input"), call.tensor(1, "weight")
    bias, element = call.tensor(2, "bias"), call.drawing.elements.get(weight)
    call.drawing.know(data, None, element)
    rank = call.drawing.ranks.get(data)
    turned = call.drawing.ranks.get(weight) == 2 or None
    product = call.step("matmul", (data, weight), rank, element, trans_b=turned)
    return call.step("add", (product.name, bias), rank, element) if bias else product


def matmul(call: Call) -> Value:
    """mm, bmm, matmul(self, other)."""
    left, right = call.get(0, "self"), call.get(1, "other")
    ranks = (call.drawing.rank(left), call.drawing.rank(right))
    known = max(ranks[0], ranks[1]) if ranks[0] is not None and ranks[1] is not None else None
    fixed = {"mm": 2, "bmm": 3}.get(call.operation)
    usual = known if known is not None and min(ranks[0] or 0, ranks[1] or 0) > 1 else None
    return call.step("matmul", (call.name_of(left), call.name_of(right)), fixed or usual)


def add_product(call: Call) -> Value:
    """addmm(self, mat1, mat2)."""
    operands = (call.tensor(1, "mat1"), call.tensor(2, "mat2"), call.tensor(0, "self"))
    return call.step("gemm", operands, 2)


def add_batched_product(call: Call) -> Value:
    """baddbmm(self, batch1, batch2)."""
    product = call.step("matmul", (call.tensor(1, "batch1"), call.tensor(2, "batch2")), 3)
    return call.step("add", (product.name, call.tensor(0, "self")), 3)


def einsum(call: Call) -> Value:
    """einsum(equation, tensors, path): the order that opt_einsum found where it was there."""
    equation = call.get(0, "equation")
    if not isinstance(equation, str):
        raise NoRule
    terms = tuple(call.name_of(part) for part in call.parts(1, "tensors"))
    path = go_left_to_right(len(terms))
    if call.get(2, "path") is not None:
        stated = find_path(call.integers(2, "path"), len(terms))
        if stated is None:
            raise NoRule
        path = stated
    names: dict[str, str] = {}
    for each in contract(equation.replace(" ", ""), terms, path, "\0".__add__, ""):
        operands = tuple(names.get(name, name) for name in each.operands)
        result = call.step("einsum", operands, equation=each.equation)
        names[each.result] = result.name
    return result


def bilinear(call: Call) -> Value:
    """bilinear(input1, input2, weight, bias): a matrix between two vectors for each feature."""
    first, second = call.tensor(0, "input1"), call.tensor(1, "input2")
    weight, bias = call.tensor(2, "weight"), call.tensor(3, "bias")
    ranks = [call.drawing.ranks.get(name) for name in (first, second)]
    rank = next((rank for rank in ranks if rank is not None), None)
    element = call.drawing.elements.get(weight)
    for name in (first, second):
        call.drawing.know(name, None, element)
    half = call.step("einsum", (first, weight), None, element, equation="...x,zxy->...zy").name
    operands, equation = (half, second), "...zy,...y->...z"
    product = call.step("einsum", operands, rank, element, equation=equation)
    return call.step("add", (product.name, bias), rank, element) if bias else product


def attention(call: Call) -> Value:
    """scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal).

    Of rank 4 the heads stand second; of rank 3, which may turn out later, there is one.
    """
    query, key, value = (call.get(i, n) for i, n in enumerate(("query", "key", "value")))
    ranks = {call.drawing.rank(operand) for operand in (query, key, value)} - {None}
    if len(ranks) > 1 or ranks - {3, 4}:
        raise NoRule
    rank = ranks.pop() if ranks else None
    operands = (*map(call.name_of, (query, key, value)), call.tensor(3, "attn_mask"))
    return call.step(
        "attention", operands, rank, is_causal=call.flag(5, "is_causal"),
        q_num_heads=None if rank == 4 else 1,
    )  # fmt: skip


def pair(operation: str, direction: str | None = None) -> Rule:
    """Two operands, tensors or numbers; ``alpha`` scales the second one first."""

    def rule(call: Call) -> Value:
        return _pair(call, operation, (call.get(0, "self"), call.get(1, "other")), direction)

    return rule


def reversed_pair(operation: str) -> Rule:
    """rsub(self, other): the second operand first."""

    def rule(call: Call) -> Value:
        return _pair(call, operation, (call.get(1, "other"), call.get(0, "self")), None)

    return rule


def _pair(call: Call, operation: str, pairs: tuple[Value, Value], direction: str | None) -> Ref:
    left, right = pairs
    names = [value.name for value in pairs if isinstance(value, Ref)]
    if not names:
        raise NoRule
    like = names[0]
    operands = (call.name_of(left, like), call.name_of(right, like))
    ranks = [call.drawing.ranks.get(name) for name in operands]
    known = [rank for rank in ranks if rank is not None]
    rank = max(known) if len(known) == 2 else None
    alpha = call.get(2, "alpha") if operation in ("add", "subtract") else None
    if isinstance(alpha, int | float) and alpha != 1:
        scaled = call.step("multiply", (operands[1], call.name_of(alpha, like)), ranks[1])
        operands = (operands[0], scaled.name)
    numbers = all(value.is_number for value in pairs if isinstance(value, Ref))
    element = "i1" if direction else call.drawing.elements.get(like)
    found = call.step(operation, operands, rank, element, direction=direction)
    return Ref(found.name, is_number=numbers)


def divide(call: Call) -> Value:
    """div(self, other, rounding_mode), and with a mode what rounds behind it."""
    quotient = _pair(call, "divide", (call.get(0, "self"), call.get(1, "other")), None)
    mode = call.get(2, "rounding_mode")
    if not isinstance(mode, str) or call.drawing.element(quotient) == "i64":
        return quotient
    rank = call.drawing.rank(quotient)
    rounded = call.step("floor" if mode == "floor" else "round", (quotient.name,), rank)
    return Ref(rounded.name, quotient.is_number)


def clamp(call: Call) -> Value:
    """clamp, hardtanh(self, min, max)."""
    low, high = call.get(1, "min"), call.get(2, "max")
    data = call.get(0, "self")
    if call.operation.rstrip("_") == "hardtanh":
        low, high = -1.0 if low is None else low, 1.0 if high is None else high
    if call.operation.rstrip("_") == "relu6":
        low, high = 0.0, 6.0
    limits = [float(x) if isinstance(x, int | float) else None for x in (low, high)]
    names = (call.name_of(data),)
    return call.step("clamp", names, call.drawing.rank(data), minimum=limits[0], maximum=limits[1])


def leaky_relu(call: Call) -> Value:
    """leaky_relu(self, negative_slope)."""
    data, slope = call.get(0, "self"), call.number(1, "negative_slope", 0.01)
    return call.step("leaky_relu", (call.name_of(data),), call.drawing.rank(data), alpha=slope)


def glu(call: Call) -> Value:
    """glu(self, dim): one half times the sigmoid of the other."""
    data, axis = call.get(0, "self"), call.integer(1, "dim", -1)
    rank = call.drawing.rank(data)
    halves = call.steps_of("split", (call.name_of(data),), 2, rank, axis=axis, num_outputs=2)
    gate = call.step("sigmoid", (halves[1].name,), rank)
    return call.step("multiply", (halves[0].name, gate.name), rank)


def select(call: Call) -> Value:
    """where(condition, self, other)."""
    condition, yes, no = (call.get(i, n) for i, n in enumerate(("condition", "self", "other")))
    if yes is None:
        raise NoRule
    return _select(call, condition, yes, no)


def masked_fill(call: Call) -> Value:
    """masked_fill(self, mask, value)."""
    return _select(call, call.get(1, "mask"), call.get(2, "value"), call.get(0, "self"))


def _select(call: Call, condition: Value, yes: Value, no: Value) -> Ref:
    like = next((value.name for value in (yes, no) if isinstance(value, Ref)), None)
    names = (call.name_of(condition), call.name_of(yes, like), call.name_of(no, like))
    ranks = [call.drawing.ranks.get(name) for name in names]
    known = [rank for rank in ranks if rank is not None]
    element = call.drawing.elements.get(like or "")
    return call.step("select", names, max(known) if len(known) == 3 else None, element)


def along(operation: str) -> Rule:
    """softmax, log_softmax, sort(self, dim)."""

    def rule(call: Call) -> Value:
        data = call.get(0, "self")
        axis, rank = call.integer(1, "dim", -1), call.drawing.rank(data)
        names = (call.name_of(data),)
        if operation == "sort" and call.operation == "argsort":
            return _with_places(call, call.steps_of(operation, names, 2, rank, axis=axis))[1]
        if operation == "sort":
            return give(_with_places(call, call.steps_of(operation, names, 2, rank, axis=axis)), 2)
        return call.step(operation, names, rank, axis=axis)

    return rule


def reduce(function: str) -> Rule:
    """sum, mean, amax(self, dim, keepdim): over some dimensions, over all where none is named."""

    def rule(call: Call) -> Value:
        data, rank = call.get(0, "self"), call.drawing.rank(call.get(0, "self"))
        stated = call.get(1, "dim")
        if isinstance(stated, Ref) and function in ("max", "min"):
            return _pair(call, {"max": "maximum", "min": "minimum"}[function], (data, stated), None)
        axes: tuple[int, ...] | None = None
        if isinstance(stated, Sequence) and stated.parts:
            axes = call.integers(1, "dim")
        elif isinstance(stated, int) and not isinstance(stated, bool):
            axes = (stated,)
        keep = call.flag(2, "keepdim")
        left = None if rank is None else rank if keep else rank - len(axes) if axes else 0
        indices = function in ("argmax", "argmin")
        names = (call.name_of(data),)
        found = call.step(
            "reduce", names, left, "i64" if indices else None, function=function, axes=axes,
            keep_dimensions=keep, element_type="i64" if indices else None,
        )  # fmt: skip
        if axes is None or call.wanted != 2:
            return found
        places = call.step(
            "reduce", names, left, "i64", function=f"arg{function}", axes=axes,
            keep_dimensions=keep, element_type="i64",
        )  # fmt: skip
        return Sequence([found, places], True)

    return rule


def cumulative(function: str) -> Rule:
    """cumsum, cumprod(self, dim)."""

    def rule(call: Call) -> Value:
        data = call.get(0, "self")
        names = (call.name_of(data),)
        return call.step("cumulative", names, call.drawing.rank(data), function=function)

    return rule


def top_k(call: Call) -> Value:
    """topk(self, k, dim)."""
    k, axis = call.integer(1, "k"), call.integer(2, "dim", -1)
    names = (call.tensor(0, "self"),)
    rank = call.drawing.ranks.get(names[0])
    return give(_with_places(call, call.steps_of("top_k", names, 2, rank, k=k, axis=axis)), 2)


def _with_places(call: Call, results: list[Ref]) -> list[Ref]:
    """Values, and where they stood: whole numbers, whatever the values are."""
    call.drawing.elements[results[1].name] = "i64"
    return results


def layer_norm(operation: str) -> Rule:
    """layer_norm(input, normalized_shape, weight, bias, eps), rms_norm without a bias."""

    def rule(call: Call) -> Value:
        data, count = call.get(0, "input"), len(call.parts(1, "normalized_shape"))
        bias = call.tensor(3, "bias") if operation == "layer_normalization" else ""
        operands = (call.name_of(data), call.tensor(2, "weight"), bias)
        return call.step(operation, operands, call.drawing.rank(data), axis=-count)

    return rule


def batch_norm(call: Call) -> Value:
    """batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)."""
    names = ("input", "weight", "bias", "running_mean", "running_var")
    operands = tuple(call.tensor(place, name) for place, name in enumerate(names))
    call.drawing.know(operands[0], None, call.drawing.elements.get(operands[3]))
    rank = call.drawing.ranks.get(operands[0])
    if call.flag(5, "training") or not operands[3]:
        return call.step("batch_norm_training", operands[:3], rank, axis=1)
    return call.step("batch_normalization", operands, rank, epsilon=call.number(7, "eps", 1e-5))


def group_norm(call: Call) -> Value:
    """group_norm(input, num_groups, weight, bias)."""
    data = call.get(0, "input")
    operands = (call.name_of(data), call.tensor(2, "weight"), call.tensor(3, "bias"))
    groups = call.integer(1, "num_groups")
    return call.step("group_normalization", operands, call.drawing.rank(data), groups=groups)


def instance_norm(call: Call) -> Value:
    """instance_norm(input, weight, bias)."""
    data = call.get(0, "input")
    operands = (call.name_of(data), call.tensor(1, "weight"), call.tensor(2, "bias"))
    return call.step("instance_normalization", operands, call.drawing.rank(data))


def dropout(call: Call) -> Value:
    """dropout(input, p, train)."""
    data = call.get(0, "input")
    operation = "dropout" if call.flag(2, "train") else "identity"
    return call.step(operation, (call.name_of(data),), call.drawing.rank(data))


def square(call: Call) -> Value:
    """square(self)."""
    data = call.tensor(0, "self")
    return call.step("multiply", (data, data), call.drawing.ranks.get(data))
