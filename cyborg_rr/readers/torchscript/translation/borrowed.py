"""Calls that have no rule of their own here take the one that exported programs have.

Those rules know arguments by their names and go by types. A program states neither: the names are
those of the overload that the arguments fit, and of types there is a rank and an element type at
most. What a rule cannot tell without the type of the result is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.dialects.aten.arguments import Arguments, Symbol
from cyborg_rr.readers.dialects.aten.element_types import ELEMENT_TYPES
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode
from cyborg_rr.readers.dialects.aten.operations import ATEN
from cyborg_rr.readers.dialects.aten.signatures import SIGNATURES
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.torchscript.drawing import Drawing
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value

_FLAGS: Final = frozenset({"keepdim", "unbiased", "descending", "stable", "half_to_float"})
_AXES: Final = frozenset({"dim", "dims", "dim0", "dim1", "n", "k"})
_TENSORS: Final = frozenset({"src", "source", "index", "indices", "mask", "dims_other"})
_SHAPED: Final = frozenset({"reshape", "broadcast_in_dim", "expand", "iota", "random"})
"""Operations whose result has the shape that they state: a rule takes it from its result."""


def _list_overloads() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, names in SIGNATURES.items():
        found.setdefault(name.partition(".")[0], []).append(names)
    return MappingProxyType(
        {name: tuple(sorted(dict.fromkeys(each), key=len)) for name, each in found.items()}
    )


_OVERLOADS: Final = _list_overloads()


def borrow(name: str) -> Rule | None:
    """The rule for an operation that exported programs have."""
    shared = ATEN.get(name)
    if shared is None or name not in _OVERLOADS:
        return None

    def rule(call: Call) -> Value:
        arguments = _name_arguments(call, _find_overload(call, _OVERLOADS[name]))
        count = max(call.wanted, 1)
        outputs = tuple(call.drawing.fresh(call.label) for _ in range(count))
        node = NativeTorchNode(
            name, call.label, arguments.list_tensors(), outputs, arguments.plain,
            lambda each: _find_type(call.drawing, each), call.drawing.stored.get,
            arguments, call.drawing.constant,
        )  # fmt: skip
        try:
            steps = shared(node)
        except (UnreadableModel, ValueError, IndexError) as error:
            raise NoRule from error
        return _take(call, steps, outputs)

    return rule


def _find_overload(call: Call, overloads: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The shortest list of names that the arguments fit."""
    for names in overloads:
        given = dict(zip(names, call.arguments, strict=False)) | dict(call.named)
        is_called = len(call.arguments) <= len(names) and call.named.keys() <= set(names)
        if is_called and all(_fits(name, value) for name, value in given.items()):
            return names
    raise NoRule


def _fits(name: str, value: Value) -> bool:
    if name in _FLAGS:
        return isinstance(value, bool)
    if name in _AXES:
        return not isinstance(value, bool | float | str)
    if name in _TENSORS:
        return isinstance(value, Ref | Sequence)
    return True


def _name_arguments(call: Call, names: tuple[str, ...]) -> Arguments:
    """Values by the names of the schema; what is None is left out, as a default is."""
    found = Arguments()
    for name, value in (*zip(names, call.arguments, strict=False), *call.named.items()):
        found.order.append(name)
        if isinstance(value, Ref) and not value.is_number:
            found.tensors[name] = (value.name,)
        elif isinstance(value, Ref):
            found.plain[name] = Symbol(value.name)
        elif isinstance(value, Sequence) and any(isinstance(part, Ref) for part in value.parts):
            found.tensors[name] = tuple(call.name_of(part) for part in value.parts)
        elif isinstance(value, Sequence):
            found.plain[name] = tuple(value.parts)
        elif name in ("dtype", "out_dtype") and isinstance(value, int):
            found.plain[name] = ELEMENT_TYPES.get(value, "")
        elif isinstance(value, bool | int | float | str):
            found.plain[name] = value
        elif value is not None:
            raise NoRule
    return found


def _find_type(drawing: Drawing, name: str) -> TensorType | None:
    """What is known of a value: the type of a stored one, of others the rank."""
    stored = drawing.stored.get(name)
    if stored is not None:
        return stored.type
    rank = drawing.ranks.get(name)
    shape = None if rank is None else (ANY,) * rank
    return TensorType(drawing.elements.get(name), shape)


def _take(call: Call, steps: list[Step], outputs: tuple[str, ...]) -> Value:
    """The results of a rule, if all that it says stands without the type of a result."""
    made = {name for step in steps for name in step.outputs}
    for step in steps:
        if step.operation == "unknown" or (
            step.operation in _SHAPED and "shape" not in step.attributes and len(step.inputs) < 2
        ):
            raise NoRule
        if not _is_whole(step):
            raise NoRule
    if not steps:
        return None
    if any(name not in made for name in outputs):
        raise NoRule
    call.steps += [
        Step(
            step.operation, step.inputs, step.outputs, step.attributes,
            {name: known for name, known in step.stated.items() if known.shape is not None},
        )
        for step in steps
    ]  # fmt: skip
    _know(call, steps, outputs)
    results = [Ref(name) for name in outputs]
    return Sequence(list(results), True) if len(results) > 1 else results[0]


def _is_whole(step: Step) -> bool:
    """Whether it has all operands and attributes without which its operation cannot be."""
    declared = REGISTRY[step.operation]
    places = zip_longest(declared.operands, step.inputs, fillvalue=None)
    return all(
        name or operand is None or operand.optional or operand.variadic for operand, name in places
    ) and all(
        not attribute.required or attribute.name in step.attributes
        for attribute in declared.attributes
    )


def _know(call: Call, steps: list[Step], outputs: tuple[str, ...]) -> None:
    """Rank and element type behind functions of single elements, as far as they follow."""
    drawing = call.drawing
    for step in steps:
        if REGISTRY[step.operation].kind != "elementwise":
            continue
        ranks = [drawing.ranks.get(name) for name in step.inputs if name]
        known = [rank for rank in ranks if rank is not None]
        element = drawing.elements.get(step.inputs[0]) if step.inputs else None
        if step.operation in ("compare", "is_inf", "is_nan", "is_finite"):
            element = "i1"
        if step.operation in ("convert", "select"):
            element = None
        for name in step.outputs:
            drawing.know(name, max(known) if known and len(known) == len(ranks) else None, element)
