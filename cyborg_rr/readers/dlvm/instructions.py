"""Instructions as they are written: for each opcode what follows it.

The grammar is that of ``parseInstructionKind`` in ``Sources/DLParse/Parse.swift``, said in words:
``value``, ``values``, ``number``, ``numbers``, ``pairs``, ``type``, ``element``, ``shape``,
``function``, ``keys``, ``mode`` and ``block`` stand for what they say, anything else for itself;
what begins with ``?`` may be left out together with the word behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dlvm.lexing import Cursor
from cyborg_rr.readers.dlvm.module import Instruction, Jump, Key, Tensor
from cyborg_rr.readers.dlvm.types import TypeParser

UNARY: Final = (
    "sinh", "cosh", "tanh", "log", "exp", "negate", "sign", "square", "sqrt", "round", "rsqrt",
    "ceil", "floor", "tan", "cos", "sin", "acos", "asin", "atan", "lgamma", "digamma", "erf",
    "erfc", "rint", "not",
)  # fmt: skip
BINARY: Final = (
    "add", "subtract", "multiply", "divide", "min", "max", "truncateDivide", "floorDivide",
    "modulo", "power", "and", "or", "lessThan", "lessThanOrEqual", "greaterThan",
    "greaterThanOrEqual", "equal", "notEqual",
)  # fmt: skip

_GRAMMAR: Final[Mapping[str, str]] = {
    **dict.fromkeys(UNARY, "value"),
    **dict.fromkeys(BINARY, "value , value"),
    "dot": "value , value",
    "matrixMultiply": "value , value",
    "literal": "literal",
    "builtin": "text call -> type",
    "apply": "callee call -> type",
    "branch": "block",
    "conditional": "value then block else block",
    "branchEnum": "value cases",
    "return": "result",
    "dataTypeCast": "value to element",
    "scan": "value by function along numbers",
    "reduce": "value by function init value along numbers",
    "reduceWindow": "value by function init value dims numbers strides numbers padding mode",
    "concatenate": "values along number",
    "transpose": "value",
    "reverse": "value along numbers",
    "slice": "value from number upto number",
    "convolve": "value kernel value ?strides numbers ?padding pairs ?leftDilation numbers "
    "?rightDilation numbers ?groups number",
    "rank": "of value",
    "shape": "of value",
    "unitCount": "of value",
    "padShape": "value at number",
    "squeezeShape": "value at number",
    "shapeCast": "value to shape",
    "bitCast": "value to type",
    "extract": "keys from value",
    "insert": "value to value at keys",
    "random": "shape from value upto value",
    "select": "value , value by value",
    "allocateStack": "type count number",
    "allocateHeap": "type count value",
    "allocateBox": "type",
    "projectBox": "value",
    "createStack": "",
    "destroyStack": "value",
    "push": "value to value",
    "pop": "type from value",
    "retain": "value",
    "release": "value",
    "deallocate": "value",
    "load": "value",
    "store": "value to value",
    "elementPointer": "value at keys",
    "copy": "from value to value count value",
    "trap": "",
}
_STEPS: Final = {opcode: tuple(line.split()) for opcode, line in _GRAMMAR.items()}


def parse_instruction(types: TypeParser) -> Instruction:
    """One instruction."""
    cursor = types.cursor
    start, result = cursor.start, None
    if cursor.kind == "name" and cursor.word[0] == "%":
        result = intern(cursor.take())
        cursor.demand("=")
    if cursor.kind != "word" or cursor.word not in _STEPS:
        raise cursor.refuse("an instruction")
    opcode = intern(cursor.take())
    instruction = Instruction(opcode, result, start)
    _follow(types, _STEPS[opcode], instruction)
    return instruction


def _follow(types: TypeParser, steps: tuple[str, ...], into: Instruction) -> None:
    cursor, last, is_left_out = types.cursor, "", False
    for step in steps:
        if is_left_out:
            is_left_out = False
        elif step[0] == "?":
            last = step[1:]
            is_left_out = not cursor.has(last)
        elif step in ("value", "literal"):
            into.uses.append(types.parse_use() if step == "value" else types.parse_literal())
        elif step not in _SLOTS:
            cursor.demand(step)
            last = step
        else:
            _fill(types, step, last, into)


_SLOTS: Final = frozenset(
    {"values", "number", "numbers", "pairs", "type", "element", "shape", "function", "keys",
     "mode", "block", "text", "call", "callee", "cases", "result"}
)  # fmt: skip


def _fill(types: TypeParser, slot: str, last: str, into: Instruction) -> None:
    """Read what a word of the grammar stands for."""
    cursor = types.cursor
    match slot:
        case "values":
            into.uses.append(types.parse_use())
            while cursor.has(","):
                into.uses.append(types.parse_use())
        case "number":
            _note(into, last, (cursor.take_integer(),))
        case "numbers":
            _note(into, last, _parse_numbers(cursor))
        case "pairs":
            _note(into, last, _parse_pairs(cursor))
        case "shape":
            _note(into, "shape", types.parse_shape())
        case "type":
            into.type = types.parse_type()
        case "element":
            into.type = Tensor(TensorType(types.parse_element(), None))
        case "text":
            into.word = cursor.take_text()
        case "call":
            into.uses.extend(types.parse_uses())
        case _:
            _fill_name(types, slot, into)


def _note(into: Instruction, word: str, numbers: tuple[int, ...]) -> None:
    """Keep the numbers behind a word, of which most instructions have none."""
    into.numbers = {**into.numbers, word: numbers}


def _fill_name(types: TypeParser, slot: str, into: Instruction) -> None:
    """Read what begins with a name, or with a choice of words."""
    cursor = types.cursor
    match slot:
        case "function":
            into.word = _parse_function(types)
        case "callee":
            if cursor.kind != "name" or cursor.word[0] not in "%@":
                raise cursor.refuse("a function")
            into.word = cursor.take()
        case "keys":
            keys = [_parse_key(types)]
            while cursor.has(","):
                keys.append(_parse_key(types))
            into.keys = keys
        case "mode":
            if cursor.word not in ("none", "half", "full"):
                raise cursor.refuse("'none', 'half' or 'full'")
            into.word += f" {cursor.take()}"
        case "block":
            label = cursor.take_name("'", "a block")
            into.jumps = (*into.jumps, Jump(label, types.parse_uses()))
        case "cases":
            jumps = []
            while cursor.has("case"):
                cursor.take_name("?", "a case")
                jumps.append(Jump(cursor.take_name("'", "a block"), None))
            into.jumps = jumps
        case _:
            ends = cursor.word == "}" or (cursor.kind == "name" and cursor.word[0] == "'")
            if not ends:
                into.uses.append(types.parse_use())


def _parse_numbers(cursor: Cursor) -> tuple[int, ...]:
    numbers = [cursor.take_integer()]
    while cursor.has(","):
        numbers.append(cursor.take_integer())
    return tuple(numbers)


def _parse_pairs(cursor: Cursor) -> tuple[int, ...]:
    """Pairs in brackets, flat."""
    numbers: list[int] = []
    while not numbers or cursor.has(","):
        cursor.demand("(")
        numbers.append(cursor.take_integer())
        cursor.demand(",")
        numbers.append(cursor.take_integer())
        cursor.demand(")")
    return tuple(numbers)


def _parse_function(types: TypeParser) -> str:
    """What combines elements: an opcode, a builtin, or a function by its name."""
    cursor = types.cursor
    if cursor.has("builtin"):
        return cursor.take_text()
    if cursor.kind == "name" and cursor.word[0] in "%@":
        name = cursor.take()
        cursor.demand(":")
        types.parse_type()
        return name
    if cursor.kind != "word" or cursor.word not in BINARY:
        raise cursor.refuse("a function that combines two elements")
    return cursor.take()


def _parse_key(types: TypeParser) -> Key:
    cursor = types.cursor
    if cursor.kind == "number":
        return cursor.take_integer()
    if cursor.kind == "name" and cursor.word[0] == "#":
        return cursor.take()
    return types.parse_use()
