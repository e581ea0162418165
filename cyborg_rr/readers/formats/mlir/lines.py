"""The commonest lines of MLIR text, each read by one match instead of token by token.

``%3 = stablehlo.add %1, %2 : tensor<2xf32>`` and its like with lists of numbers among the operands
and with types in brackets are nine of ten lines of a module, and read so in a third of the time.
What does not look so to the letter, or names a type that was not read before, is left to the parser
of statements: what comes out is the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from sys import intern
from typing import Final

from cyborg_rr.readers.formats.mlir.scanner import Scanner
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.types import MlirType
from cyborg_rr.readers.formats.mlir.values import Product, Value

_NAME: Final = rb"%[A-Za-z0-9_$.\-]{1,900}+"
_USE: Final = _NAME + rb"(?:#[0-9]{1,9}+)?+"
_ITEM: Final = rb"(?:[0-9]{1,9}+|DEFAULT|HIGHEST|HIGH)"
_LIST: Final = rb"\[(?:" + _ITEM + rb"(?:, " + _ITEM + rb")*+)?+\]"
_TENSOR: Final = rb"tensor<[-*?0-9A-Za-z]{0,900}+>"
_TENSORS: Final = _TENSOR + rb"(?:, " + _TENSOR + rb")*+"
_ENTRY: Final = rb", [a-z_]{1,60}+ = " + _LIST + rb"(?: x " + _LIST + rb")?+"
_END: Final = (
    rb"(?: loc\(#[A-Za-z0-9_]{0,900}+\))?+"
    rb"(?=[ \t\r]*+\n[ \t\r\n]*+[%}])"  # what follows goes on with no statement
)
_LINE: Final = re.compile(
    rb"(" + _NAME + rb") = ([a-z_]{1,60}+\.[a-z0-9_]{1,200}+) "
    rb"(" + _USE + rb"(?:, " + _USE + rb")*+)"
    rb"((?:" + _ENTRY + rb")*+) : "
    rb"(?:\((" + _TENSORS + rb")\) -> (" + _TENSOR + rb")"
    rb"|(" + _TENSORS + rb")(?: -> (" + _TENSOR + rb"))?+)" + _END
)
_PAIR: Final = re.compile(rb", ([a-z_]++) = \[([0-9A-Z, ]*+)\](?: x \[([0-9A-Z, ]*+)\])?+")
_REDUCE: Final = re.compile(
    rb"(" + _NAME + rb") = stablehlo\.reduce\((" + _USE + rb") init: (" + _USE + rb")\)"
    rb" applies (stablehlo\.[a-z]{1,60}+) across dimensions = (" + _LIST + rb") : "
    rb"\((" + _TENSOR + rb"), (" + _TENSOR + rb")\) -> (" + _TENSOR + rb")" + _END
)
_REDUCE_NAME: Final = intern("stablehlo.reduce")


def parse_line(scanner: Scanner, known: Mapping[bytes, MlirType]) -> Operation | None:
    """The operation under the cursor, which moves behind it; None where it is no such line."""
    match = _LINE.match(scanner.data, scanner.start)
    if match is None:
        match = _REDUCE.match(scanner.data, scanner.start)
        operation = None if match is None else _make_reduce(match, known)
    else:
        operation = _make(match, known)
    if operation is not None and match is not None:
        operation.compact()
        scanner.jump(match.end())
    return operation


def _make(match: re.Match[bytes], known: Mapping[bytes, MlirType]) -> Operation | None:
    result, name, operands, entries, inputs, output, types, second = match.groups()
    output = output or second
    try:
        stated = tuple([known[text] for text in (inputs or types).split(b", ")])
        returned = (known[output],) if output else ()
    except KeyError:
        return None
    operation = Operation(intern(name.decode()), match.start())
    operation.results = (result[1:].decode(),)
    operation.operands = operands.decode()[1:].split(", %")
    operation.types, operation.result_types = stated, returned
    operation.has_arrow = output is not None
    if entries:
        operation.attributes = {
            intern(key.decode()): _read_value(one, other)
            for key, one, other in (each.groups() for each in _PAIR.finditer(entries))
        }
    return operation


def _make_reduce(match: re.Match[bytes], known: Mapping[bytes, MlirType]) -> Operation | None:
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


def _read_value(first: bytes, second: bytes | None) -> Value:
    values = _read_list(first)
    return values if second is None else Product((values, _read_list(second)))


def _read_list(text: bytes) -> list[Value]:
    items = text.decode().split(", ") if text else []
    return [int(item) if item.isdigit() else item for item in items]
