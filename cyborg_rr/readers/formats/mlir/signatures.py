"""Names with their types in MLIR text: results, operands, block arguments and their locations."""

from __future__ import annotations

from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.lines import parse_arguments
from cyborg_rr.readers.formats.mlir.sections import SectionParser
from cyborg_rr.readers.formats.mlir.structure import Operation, Pair

_BETWEEN = (b",", b"*")
"""What stands between types; Triton writes a star between those of a matrix product."""


class SignatureParser(SectionParser):
    """Reads what stands before an operation's name and behind its colon, and a block's head."""

    def parse_results(self) -> list[tuple[str, int]]:
        """``%a, %b:3 =``: names, each with how many values it stands for (0: one, unnumbered)."""
        scanner = self.scanner
        results: list[tuple[str, int]] = []
        while True:
            if scanner.kind != lex.VALUE:
                scanner.fail(f"expected a value's name and found {scanner.describe()}")
            name = scanner.token[1:].decode()
            scanner.advance()
            results.append((name, self.parse_count() if scanner.accept(b":") else 0))
            if not scanner.accept(b","):
                break
        scanner.expect(b"=")
        return results

    def expand_results(
        self, results: list[tuple[str, int]], operation: Operation
    ) -> tuple[str, ...]:
        """The results' names as they are used: ``b#0`` to ``b#2`` for ``%b:3``."""
        if len(results) == 1 and not results[0][1]:
            return (results[0][0],)
        names: list[str] = []
        stated = max(len(operation.types), len(operation.result_types))
        for name, count in results:
            if count > stated:
                cause = f"%{name[:60]} stands for {count} values, but {stated} types are stated"
                self.scanner.fail(cause, operation.position)
            names.extend([f"{name}#{index}" for index in range(count)] if count else [name])
        return tuple(names)

    def parse_signature(self, operation: Operation) -> None:
        """The types behind the colon: ``A, B``, ``(A, B) -> C``, ``A * B -> C`` or ``A to C``."""
        scanner = self.scanner
        operation.types = self.parse_types()
        if scanner.token in _BETWEEN:
            types = list(operation.types)
            while scanner.token in _BETWEEN:
                scanner.advance()
                types += self.parse_types()
            operation.types = tuple(types)
        if scanner.token in (b"->", b"to", b"into"):
            scanner.advance()
            self.parse_result_types(operation)

    def parse_result_types(self, operation: Operation) -> None:
        """The types behind an arrow: ``(A, B)``, or ``A, B`` as torch-mlir writes them."""
        operation.result_types = self.parse_types()
        operation.has_arrow = True
        while self.scanner.accept(b","):
            operation.result_types += self.parse_types()

    def parse_block_arguments(self) -> list[Pair]:
        """``(%a: type, %b: type)`` behind a block's label; nothing where there is none."""
        scanner = self.scanner
        found = parse_arguments(scanner, self._known_types)
        if found is not None:
            return found
        arguments: list[Pair] = []
        if not scanner.accept(b"("):
            return arguments
        while not scanner.accept(b")"):
            if scanner.kind != lex.VALUE:
                scanner.fail(f"expected a block argument and found {scanner.describe()}")
            name = scanner.token[1:].decode()
            scanner.advance()
            scanner.expect(b":")
            arguments.append((name, self.parse_type()))
            self.parse_trailing_location()
            if scanner.token != b")":
                scanner.expect(b",")
        return arguments

    def parse_trailing_location(self) -> str | None:
        """The name in a location behind an argument, block or function, if there is one."""
        scanner = self.scanner
        if scanner.kind == lex.LOCATION or scanner.token == b"loc":
            return self.parse_location()
        if scanner.token == b"[" and not scanner.after_newline():
            self.parse_value(0, typed=False)  # [unknown], as torch_xla writes it
        return None
