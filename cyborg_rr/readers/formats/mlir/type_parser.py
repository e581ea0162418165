"""Types, symbols and counts at the cursor of a scanner of MLIR text."""

from __future__ import annotations

from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.scanner import Scanner, parse_string
from cyborg_rr.readers.formats.mlir.types import (
    MAX_TYPE_NESTING,
    BadType,
    FunctionType,
    KnownTypes,
    MlirType,
    parse_tensor,
    parse_type,
)
from cyborg_rr.readers.formats.mlir.values import Symbol


class TypeParser:
    """Equal texts of types are read once and give the same object."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self.type_aliases: dict[bytes, MlirType] = {}
        self._known_types = KnownTypes()
        self._type_nesting = 0

    def parse_count(self) -> int:
        """A whole number of at most nine digits."""
        scanner = self.scanner
        token = scanner.token
        if scanner.kind != lex.NUMBER or not token.isdigit() or len(token) > 9:
            scanner.fail(f"expected a count and found {scanner.describe()}")
        scanner.advance()
        return int(token)

    def parse_symbol(self) -> Symbol:
        """``@name`` or ``@"name"``; of ``@a::@b`` the last."""
        scanner = self.scanner
        name = ""
        while scanner.kind == lex.SYMBOL:
            text = scanner.token[1:]
            name = parse_string(text) if text.startswith(b'"') else text.decode()
            scanner.advance()
            if not scanner.accept(b"::"):
                break
        return Symbol(name[: lex.MAX_NAME_LENGTH])

    def parse_types(self) -> tuple[MlirType, ...]:
        """One type, or the types in round brackets."""
        scanner = self.scanner
        if not scanner.accept(b"("):
            return (self.parse_type(),)
        types: list[MlirType] = []
        while not scanner.accept(b")"):
            types.append(self.parse_type())
            if scanner.kind == lex.LOCATION:
                scanner.advance()
            if scanner.token != b")":
                scanner.expect(b",")
        return tuple(types)

    def parse_type(self) -> MlirType:
        """The type under the cursor; equal texts give the same object."""
        scanner = self.scanner
        token, start = scanner.token, scanner.start
        if scanner.kind == lex.TENSOR:
            type_ = self._known_types.get(token)
            if type_ is None:
                type_ = self._read_tensor(token)
            scanner.advance()
            return type_
        if token == b"(":
            return self._function_type()
        if scanner.kind not in (lex.WORD, lex.ALIAS):
            scanner.fail(f"expected a type and found {scanner.describe()}")
        scanner.advance()
        if scanner.token == b"<" and scanner.start == start + len(token):
            end = scanner.find_angle_end(scanner.start)
            token = scanner.data[start:end]
            scanner.jump(end)
        return self._read_type(token, start)

    def _function_type(self) -> FunctionType:
        self._type_nesting += 1
        if self._type_nesting > MAX_TYPE_NESTING:
            self.scanner.fail(f"types are nested more than {MAX_TYPE_NESTING} deep")
        inputs = self.parse_types()
        self.scanner.expect(b"->")
        results = self.parse_types()
        self._type_nesting -= 1
        return FunctionType(inputs, results)

    def _read_tensor(self, token: bytes) -> MlirType:
        try:
            type_ = self._known_types[token] = parse_tensor(token, self.type_aliases)
        except BadType as error:
            self.scanner.fail(str(error))
        return type_

    def _read_type(self, token: bytes, start: int) -> MlirType:
        type_ = self._known_types.get(token)
        if type_ is None:
            try:
                type_ = self._known_types[token] = parse_type(token, self.type_aliases)
            except BadType as error:
                self.scanner.fail(str(error), start)
        return type_
