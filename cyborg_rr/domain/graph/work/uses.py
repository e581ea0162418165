"""How the nodes of a file call their operations, as far as compilers tell them apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from cyborg_rr.domain.documents import MAX_NUMBER
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.naming import is_step
from cyborg_rr.domain.graph.operands import CONST, SHAPE, render_operand
from cyborg_rr.domain.words import PROLOGUE_KINDS

MAX_OPERANDS: Final = 64
"""So many operands are stated one by one; of those beyond only such as differ from all before."""

_MAX_ATTRIBUTES: Final = 64
_MAX_LENGTH: Final = 64
_MAX_LIST: Final = 8
_BY_NAME: Final = itemgetter(0)

_OF_SIZES: Final = frozenset({"shape_of", "size_of", "get_dimension_size"})
"""Operations whose results are the sizes of their operand, whatever that holds."""

Operands = tuple[str, ...]
Attributes = tuple[tuple[str, object], ...]
_Key = tuple[str, Operands, Operands, Attributes]


class Use(NamedTuple):
    """An operation with operands and attributes: one for all nodes that are alike in these.

    ``attributes`` are scalars, short texts and lists of few such; any other one that is there is
    None.
    """

    name: str
    inputs: Operands
    outputs: Operands
    attributes: Attributes


class Uses:
    """Counts the uses of block after block; what an inner block reads of an outer one is known."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, str]] = {}

    def count(
        self,
        typed: TypedBlock,
        macs: Mapping[int, int],
        uses: Counter[Use],
        use_macs: Counter[Use],
    ) -> None:
        """Add the nodes of one block, inner ones left out; ``macs`` are by place of the node.

        Nothing of a block whose nodes come without native calls: of such no table knows the names.
        """
        if all(node.native is None for node in typed.block.nodes):
            return
        texts = _Texts(typed, self._find_known(typed), self._known)
        find_text = texts.__getitem__
        found: dict[_Key, list[int]] = {}
        pending = 0
        for index, node in enumerate(typed.block.nodes):
            if index in macs:
                pending += macs[index]
            call, name = node.native, node.native_name or node.operation
            if call is None and (node.operation == "call" or is_step(name)):
                continue  # what it calls counts, or the whole of which it is a step
            source = call or node
            inputs, outputs, attributes = source.inputs, source.outputs, source.attributes
            operands = tuple(map(find_text, inputs))
            key = (
                name,
                texts.restate(inputs, call.stated) if call and call.stated else operands,
                tuple(map(find_text, outputs)),
                _list_attributes(attributes) if attributes else (),
            )
            counted = found.get(key)
            if counted is None:
                counted = found[key] = [0, 0]
            counted[0] += 1
            counted[1] += pending
            pending = 0
        for (name, operands, results, stated), (count, work) in found.items():
            use = Use(name, _cut(operands), _cut(results), stated)
            uses[use] += count
            if work:
                use_macs[use] += work

    def _find_known(self, typed: TypedBlock) -> dict[str, str]:
        """What stands before the values of a block that follow from the file or from sizes."""
        found = {
            name: CONST
            for name, stored in typed.block.stored.items()
            if stored.location != "absent"
        }
        self._known[id(typed)] = found
        operations, inner = typed.operations, typed.inner
        for index, node in enumerate(typed.block.nodes):
            operation = operations[index]
            if operation.kind not in PROLOGUE_KINDS or index in inner:
                continue
            if operation.name in _OF_SIZES:
                found.update(dict.fromkeys(node.outputs, SHAPE))
                continue
            before = ""
            for name in node.inputs:
                if name:
                    own = found.get(name) or _find_outer(name, typed, self._known)
                    if not own:
                        break
                    before = own if before != SHAPE else before
            else:
                if before:
                    found.update(dict.fromkeys(node.outputs, before))
        return found


def _find_outer(name: str, typed: TypedBlock, known: Mapping[int, Mapping[str, str]]) -> str:
    """What stands before a value that a block around this one defines."""
    if typed.outer is None or name in typed.types:
        return ""
    owner = typed.find_owner(name)
    return "" if owner is None else known.get(id(owner), {}).get(name, "")


class _Texts(dict[str, str]):
    """The operands of a block by name; those of blocks around it are made as they are met."""

    def __init__(
        self,
        typed: TypedBlock,
        known: Mapping[str, str],
        outer: Mapping[int, Mapping[str, str]],
    ) -> None:
        super().__init__({"": ""})
        self._typed = typed
        self._outer = outer
        made: dict[tuple[str | None, int | None], str] = {}
        for name, tensor in typed.types.items():
            shape = tensor.shape
            key = tensor.element_type, None if shape is None else len(shape)
            text = made.get(key)
            if text is None:
                text = made[key] = render_operand(*key)
            self[name] = text
        for name, before in known.items():
            if name in self:
                self[name] = before + self[name]

    def __missing__(self, name: str) -> str:
        text = _render(self._typed.type_of(name))
        text = self[name] = _find_outer(name, self._typed, self._outer) + text
        return text

    def restate(self, names: Sequence[str], stated: Mapping[str, TensorType]) -> Operands:
        """The operands of these names; those that are ``stated`` are stored in that type."""
        return tuple(
            CONST + _render(stated[name]) if name in stated else self[name] for name in names
        )


def _render(tensor: TensorType) -> str:
    shape = tensor.shape
    return render_operand(tensor.element_type, None if shape is None else len(shape))


def _cut(operands: Operands) -> Operands:
    """In bounded number, and without those at the end that are left out."""
    while operands and not operands[-1]:
        operands = operands[:-1]
    if len(operands) <= MAX_OPERANDS:
        return operands
    shown = dict.fromkeys(operands[:MAX_OPERANDS])
    more = [text for text in dict.fromkeys(operands[MAX_OPERANDS:]) if text not in shown]
    return (*operands[:MAX_OPERANDS], *more)


def _list_attributes(attributes: Mapping[str, object]) -> Attributes:
    """The attributes by name, as documents have them."""
    found = [
        (name, value if value.__class__ is str and len(value) <= _MAX_LENGTH else _keep(value))
        for name, value in attributes.items()
        if value is not None and len(name) <= _MAX_LENGTH
    ]
    if len(found) > 1:
        found.sort(key=_BY_NAME)
    return tuple(found[:_MAX_ATTRIBUTES])


def _keep(value: object) -> object:
    """The value of an attribute as a document has it; None where it has none."""
    if isinstance(value, str):
        return value if len(value) <= _MAX_LENGTH else None
    if not isinstance(value, tuple):
        return value if _is_kept(value) else None
    if len(value) > _MAX_LIST:
        return None
    for each in value:
        if each.__class__ is int and -MAX_NUMBER <= each <= MAX_NUMBER:
            continue  # as most are
        if not _is_kept(each):
            return None
    return value


def _is_kept(value: object) -> bool:
    """Whether a document may hold it: a short text, a finite number of bounded size, a truth."""
    if isinstance(value, int):
        return -MAX_NUMBER <= value <= MAX_NUMBER
    if isinstance(value, str):
        return len(value) <= _MAX_LENGTH
    return isinstance(value, float) and math.isfinite(value)
