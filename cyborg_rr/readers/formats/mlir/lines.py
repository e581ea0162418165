"""The commonest lines of MLIR text, each read by one match instead of token by token.

``%3 = stablehlo.add %1, %2 : tensor<2xf32>`` and its like with lists of numbers among the operands
and with types in brackets are nine of ten lines of a module, and read so in a third of the time.
What does not look so to the letter, or names a type that was not read before, is left to the parser
of statements: what comes out is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from sys import intern
from typing import Final

from cyborg_rr.readers.formats.mlir.scanner import Scanner, parse_string
from cyborg_rr.readers.formats.mlir.structure import BlockText, Operation, Pair
from cyborg_rr.readers.formats.mlir.types import KnownTypes
from cyborg_rr.readers.formats.mlir.values import Product, Value
from cyborg_rr.readers.reading.source import Buffer

_NAME: Final = rb"%[A-Za-z0-9_$.\-]{1,900}+"
_USE: Final = _NAME + rb"(?:#[0-9]{1,9}+)?+"
_ITEM: Final = rb"(?:[0-9]{1,9}+|DEFAULT|HIGHEST|HIGH)"
_LIST: Final = rb"\[(?:" + _ITEM + rb"(?:, " + _ITEM + rb")*+)?+\]"
_TENSOR: Final = (
    rb"(?:tensor<[-*?0-9A-Za-z]{0,900}+>|![a-z_]{1,60}+\.[a-z]{1,60}+(?:<[^<>\n ]{0,400}+>)?+"
    rb"|[a-z][a-z0-9]{1,9}+(?![a-z0-9_.<]))"
)
_TENSORS: Final = _TENSOR + rb"(?:, " + _TENSOR + rb")*+"
_ENTRY: Final = rb", [a-z_]{1,60}+ = " + _LIST + rb"(?: x " + _LIST + rb")?+"
_END: Final = (
    rb"(?: loc\(#[A-Za-z0-9_]{0,900}+\))?+"
    # what follows goes on with no statement: a name, a brace, or a word with a dialect before a dot
    rb"(?=[ \t\r]*+\n[ \t\r\n]*+(?:[%}]|[a-z_]{1,60}+\.[a-z]))"
)
_LINE: Final = (
    rb"(" + _NAME + rb") = ([a-z_]{1,60}+(?:\.[A-Za-z0-9_]{1,200}+){1,4}+) "
    rb"(" + _USE + rb"(?:, " + _USE + rb")*+)"
    rb"((?:" + _ENTRY + rb")*+) : "
    rb"(?:\((" + _TENSORS + rb")\) -> (" + _TENSOR + rb")"
    rb"|(" + _TENSORS + rb")(?: -> (" + _TENSOR + rb"))?+)" + _END
)
_PAIR: Final = re.compile(rb", ([a-z_]++) = \[([0-9A-Z, ]*+)\](?: x \[([0-9A-Z, ]*+)\])?+")
_REDUCE: Final = (
    rb"(" + _NAME + rb") = stablehlo\.reduce\((" + _USE + rb") init: (" + _USE + rb")\)"
    rb" applies (stablehlo\.[a-z]{1,60}+) across dimensions = (" + _LIST + rb") : "
    rb"\((" + _TENSOR + rb"), (" + _TENSOR + rb")\) -> (" + _TENSOR + rb")" + _END
)
_CONSTANT: Final = (
    rb"(" + _NAME + rb") = (torch\.constant\.[a-z]{1,20}+)"
    rb"(?: (?:(true|false)|(-?+[0-9]{1,18}+(?:\.[0-9]{1,40}+)?+(?:[eE][-+]?+[0-9]{1,5}+)?+)))?+"
    + _END
)
_GROUPS: Final = (
    rb"ins\((" + _USE + rb"(?:, " + _USE + rb")*+) : " + _TENSORS + rb"\) "
    rb"outs\((" + _USE + rb"(?:, " + _USE + rb")*+) : " + _TENSORS + rb"\)"
)
_ARGUMENT: Final = _NAME + rb": " + _TENSOR
_OPENING: Final = (
    rb" \{[ \t\r]*+\n[ \t\r\n]*+\^bb0\((" + _ARGUMENT + rb"(?:, " + _ARGUMENT + rb")*+)\):"
)
_INTO: Final = (
    rb"(" + _NAME + rb") = (linalg\.[a-z0-9_]{1,200}+) " + _GROUPS + rb"(?:"
    rb" -> (" + _TENSOR + rb")| (permutation|dimensions) = (" + _LIST + rb"))[ ]?+" + _END
)
_GENERIC: Final = (
    rb"("
    + _NAME
    + rb") = linalg\.generic \{indexing_maps = \[(#[a-z0-9]{1,40}+(?:, #[a-z0-9]{1,40}+)*+)\],"
    rb" iterator_types = \[((?:\"[a-z]{1,20}+\"(?:, )?+)*+)\]\} " + _GROUPS + _OPENING
)
_CLOSING: Final = rb"-> (" + _TENSOR + rb")" + _END
_YIELD: Final = (
    rb"(linalg\.yield) (" + _USE + rb"(?:, " + _USE + rb")*+) : (" + _TENSORS + rb")" + _END
)
_ARGUMENTS: Final = rb"\((" + _ARGUMENT + rb"(?:, " + _ARGUMENT + rb")*+)\)(?=:)"
_VALUE: Final = rb'(?:"[^"\\\n]{0,200}+"|-?+[0-9]{1,18}+(?: : [su]?+i[0-9]{1,2}+)?+|' + (
    rb"\[(?:-?+[0-9]{1,18}+(?:, -?+[0-9]{1,18}+)*+)?+\])"
)
_FIELD: Final = re.compile(rb"([A-Za-z_][A-Za-z0-9_.]{0,99}+) = (" + _VALUE + rb")")
_FIELDS: Final = _FIELD.pattern.replace(rb"([", rb"(?:[").replace(rb"= (", rb"= (?:")
_QUOTED: Final = (
    rb"("
    + _NAME
    + rb') = "([A-Za-z_]{1,60}+\.[A-Za-z0-9_.]{1,200}+)"\(((?:'
    + _USE
    + rb"(?:, "
    + _USE
    + rb")*+)?+)\) (?:\{("
    + _FIELDS
    + rb"(?:, "
    + _FIELDS
    + rb")*+)\} )?+: "
    rb"\((" + _TENSORS + rb")\) -> (" + _TENSOR + rb")" + _END
)
_HEAD: Final = re.compile(_NAME + rb" = (\"?+)([a-z_]{1,60}+)\.(generic )?+")
_compile: Final = cache(re.compile)
"""Patterns are compiled where they are met first: most files have lines of one dialect or two."""

_Make = Callable[[re.Match[bytes], KnownTypes], Operation | None]

_INTO_WORDS: Final = ["ins", "outs"]
_INTO_GROUPS: Final[list[list[Pair]]] = [[], []]
"""What all operations with destinations have, and share."""

_GENERIC_NAME: Final = intern("linalg.generic")
_REDUCE_NAME: Final = intern("stablehlo.reduce")


def parse_line(scanner: Scanner, known: KnownTypes) -> Operation | None:
    """The operation under the cursor, which moves behind it; None where it is no such line."""
    data, start = scanner.data, scanner.start
    head = _HEAD.match(data, start)
    if head is None or head[3]:  # a region stands behind a generic one
        return None
    for match_form, make in _list_forms(head[1] or head[2]):
        match = match_form(data, start)
        if match is not None:
            operation = make(match, known)
            if operation is not None:
                scanner.jump(match.end())
            return operation
    return None


@lru_cache(maxsize=64)
def _list_forms(
    dialect: bytes,
) -> Sequence[tuple[Callable[[Buffer, int], re.Match[bytes] | None], _Make]]:
    """The forms of lines of a dialect, or of what stands in quotes, compiled."""
    forms = _FORMS.get(dialect, _PLAIN_FORMS)
    return [(_compile(pattern).match, make) for pattern, make in forms]


def _make(match: re.Match[bytes], known: KnownTypes) -> Operation | None:
    result, name, operands, entries, inputs, output, types, second = match.groups()
    output = output or second
    stated, returned = known.find_all(inputs or types), known.find_all(output) if output else ()
    if stated is None or returned is None:
        return None
    operation = Operation(intern(name.decode()), match.start())
    operation.results = (result[1:].decode(),)
    operation.operands = _list_names(operands)
    operation.types, operation.result_types = stated, returned
    operation.has_arrow = output is not None
    if entries:
        operation.attributes = {
            intern(key.decode()): _read_value(one, other)
            for key, one, other in (each.groups() for each in _PAIR.finditer(entries))
        }
    return operation


def _make_reduce(match: re.Match[bytes], known: KnownTypes) -> Operation | None:
    """``stablehlo.reduce(%a init: %b) applies stablehlo.add across dimensions = [2]``."""
    result, operand, start, applied, dimensions, *types = match.groups()
    try:
        stated = [known[text] for text in types]
    except KeyError:
        return None
    operation = Operation(_REDUCE_NAME, match.start())
    operation.results = (result[1:].decode(),)
    operation.operands = [operand[1:].decode(), start[1:].decode()]
    operation.words = ["init", "applies", intern(applied.decode()), "across"]
    operation.groups = [[]]
    operation.attributes = {"dimensions": _read_list(dimensions[1:-1])}
    operation.types, operation.result_types = tuple(stated[:2]), (stated[2],)
    operation.has_arrow = True
    return operation


def _make_constant(match: re.Match[bytes], _: KnownTypes) -> Operation:
    """``torch.constant.int 4``."""
    result, name, truth, number = match.groups()
    operation = Operation(intern(name.decode()), match.start())
    operation.results = (result[1:].decode(),)
    if truth is not None:
        operation.words = [truth.decode()]
    if number is not None:
        operation.numbers = [int(number) if number.lstrip(b"-").isdigit() else float(number)]
    return operation


def _make_into(match: re.Match[bytes], known: KnownTypes) -> Operation | None:
    """``linalg.matmul ins(%a, %b : A, B) outs(%c : C) -> C``."""
    result, name, inputs, outputs, output, key, numbers = match.groups()
    if output is not None and output not in known:
        return None
    operation = Operation(intern(name.decode()), match.start())
    operation.results = (result[1:].decode(),)
    _fill_groups(operation, inputs, outputs)
    if output is not None:
        operation.result_types, operation.has_arrow = known.find_all(output) or (), True
    else:
        operation.attributes = {intern(key.decode()): _read_list(numbers[1:-1])}
    return operation


def _make_quoted(match: re.Match[bytes], known: KnownTypes) -> Operation | None:
    """``"onnx.Add"(%a, %b) {axis = 1 : si64} : (A, B) -> C``."""
    result, name, operands, fields, types, output = match.groups()
    stated, returned = known.find_all(types), known.find_all(output)
    if stated is None or returned is None:
        return None
    operation = Operation(intern(name.decode()), match.start())
    operation.results = (result[1:].decode(),)
    operation.operands = _list_names(operands) if operands else []
    operation.groups = [[]]
    operation.types, operation.result_types, operation.has_arrow = stated, returned, True
    if fields:
        operation.attributes = {
            intern(key.decode()): _read_field(value)
            for key, value in (each.groups() for each in _FIELD.finditer(fields))
        }
    return operation


def _read_field(text: bytes) -> Value:
    if text.startswith(b'"'):
        return parse_string(text)
    if text.startswith(b"["):
        return [int(number) for number in text[1:-1].split(b", ")] if len(text) > 2 else []
    return int(text.partition(b" ")[0])


def _list_names(text: bytes) -> list[str]:
    """``%a, %b``: a and b, in a list that has room for no more."""
    names = text.decode()[1:]
    return [*names.split(", %")] if "," in names else [names]


def _fill_groups(operation: Operation, inputs: bytes, outputs: bytes) -> None:
    operation.operands = [*_list_names(inputs), *_list_names(outputs)]
    operation.words, operation.groups = _INTO_WORDS, _INTO_GROUPS


def parse_generic_head(
    scanner: Scanner,
    aliases: Mapping[str, Value],
    known: KnownTypes,
    loops: dict[tuple[bytes, bytes], dict[str, Value]],
) -> Operation | None:
    """``linalg.generic`` with the head of its region, behind which the cursor is then.

    None for others, and for one with types or maps that are not known by a name yet. ``loops`` are
    the attributes of those before it, by their maps and kinds as they are written: few differ.
    """
    head = _HEAD.match(scanner.data, scanner.start)
    if head is None or not head[3] or head[2] != b"linalg":
        return None
    match = _compile(_GENERIC).match(scanner.data, scanner.start)
    if match is None:
        return None
    result, maps, kinds, inputs, outputs, arguments = match.groups()
    pairs = _pair_arguments(arguments, known)
    attributes = loops.get((maps, kinds)) or _make_loops(maps, kinds, aliases)
    if pairs is None or attributes is None:
        return None
    loops[maps, kinds] = attributes
    operation = Operation(_GENERIC_NAME, match.start())
    operation.results = (result[1:].decode(),)
    operation.attributes = attributes
    _fill_groups(operation, inputs, outputs)
    operation.regions = [[BlockText(pairs, [])]]
    scanner.jump(match.end())
    return operation


def _make_loops(maps: bytes, kinds: bytes, aliases: Mapping[str, Value]) -> dict[str, Value] | None:
    names = maps.decode()[1:].split(", #")
    if not aliases.keys() >= set(names):
        return None
    words: list[Value] = [word.strip('"') for word in kinds.decode().split(", ") if word]
    return {"indexing_maps": [aliases[name] for name in names], "iterator_types": words}


def parse_closing(scanner: Scanner, operation: Operation, known: KnownTypes) -> bool:
    """``-> tensor<2xf32>`` behind a region, at the end of its line; False for anything else."""
    match = _compile(_CLOSING).match(scanner.data, scanner.start)
    if match is None or match[1] not in known:
        return False
    operation.result_types, operation.has_arrow = known.find_all(match[1]) or (), True
    scanner.jump(match.end())
    return True


def parse_yield(scanner: Scanner, known: KnownTypes) -> Operation | None:
    """``linalg.yield %a : f32``."""
    match = _compile(_YIELD).match(scanner.data, scanner.start)
    if match is None:
        return None
    name, operands, types = match.groups()
    stated = known.find_all(types)
    if stated is None:
        return None
    operation = Operation(intern(name.decode()), match.start())
    operation.operands = _list_names(operands)
    operation.types = stated
    scanner.jump(match.end())
    return operation


def parse_arguments(scanner: Scanner, known: KnownTypes) -> list[Pair] | None:
    """``(%in: f32, %out: f32)`` behind a block's label; None for others."""
    match = _compile(_ARGUMENTS).match(scanner.data, scanner.start)
    pairs = None if match is None else _pair_arguments(match[1], known)
    if match is not None and pairs is not None:
        scanner.jump(match.end())
    return pairs


def _pair_arguments(text: bytes, known: KnownTypes) -> list[Pair] | None:
    """The arguments in a list of such; None where the type of one is not known yet."""
    pairs = [pair.split(b": ") for pair in text.split(b", ")]
    try:
        return [(name[1:].decode(), known[type_]) for name, type_ in pairs]
    except KeyError:
        return None


def _read_value(first: bytes, second: bytes | None) -> Value:
    values = _read_list(first)
    return values if second is None else Product((values, _read_list(second)))


def _read_list(text: bytes) -> list[Value]:
    items = text.decode().split(", ") if text else []
    return [int(item) if item.isdigit() else item for item in items]


_PLAIN_FORMS: Final[Sequence[tuple[bytes, _Make]]] = ((_LINE, _make),)
_FORMS: Final[Mapping[bytes, Sequence[tuple[bytes, _Make]]]] = {
    b'"': ((_QUOTED, _make_quoted),),
    b"linalg": ((_INTO, _make_into), (_LINE, _make)),
    b"stablehlo": ((_LINE, _make), (_REDUCE, _make_reduce)),
    b"torch": ((_LINE, _make), (_CONSTANT, _make_constant)),
}
"""The patterns that lines of a dialect may have and what each makes; of one line one can match."""
