"""Statements of MLIR text, tolerantly: an operation's grammar need not be known to read it.

What stands between an operation's name and its types is kept as operands, attributes, words and
lists. A statement ends behind its types, at a line's end outside brackets, or where the name or the
results of another one stand.
"""

from __future__ import annotations

from sys import intern

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.lines import (
    parse_closing,
    parse_generic_head,
    parse_line,
    parse_yield,
)
from cyborg_rr.readers.formats.mlir.scanner import parse_string
from cyborg_rr.readers.formats.mlir.signatures import SignatureParser
from cyborg_rr.readers.formats.mlir.structure import BlockText, Operation, Region
from cyborg_rr.readers.formats.mlir.values import Value

MAX_REGION_NESTING = 64

_CONTINUE_TYPED = frozenset({b"cond", b"do", b"reducer", b"attributes", b"else"})
_CONTINUE_LINE = _CONTINUE_TYPED | {b"across", b"applies", b"init", b"ins", b"outs", b"dimensions"}
_CONSTANTS = frozenset({b"dense", b"dense_resource", b"opaque", b"sparse", b"array"})
_UNDOTTED = frozenset({b"call", b"func", b"module", b"return"})
"""Names of operations without the dialect's before a dot."""

_PUNCTUATION = frozenset(b", = * + - ? / | & :: ;".split())
_TERMINATORS = (b"return", b"yield", b"unreachable")
_USING = (b"ins", b"uts")
"""How words end behind which typed names in brackets are operands: ``ins(%a : type)``, ``outs``."""

_CALLING = ("tosa.", "iree_linalg_ext.", "tm_tensor.", "linalg.softmax")
"""What writes attributes as ``axis(3)``."""

_COUNTING = ".for"
"""How names of loops end whose counter stands behind the name: ``scf.for %i = %first to %last``."""

_INDEX = TensorType("i64", ())


class StatementParser(SignatureParser):
    """Recursive descent; regions cost three frames each, their depth is limited.

    Modules and functions are no statements like the others: ``parse_special`` takes them.
    """

    def __init__(self, scanner: lex.Scanner) -> None:
        super().__init__(scanner)
        self._loops: dict[tuple[bytes, bytes], dict[str, Value]] = {}

    def parse_special(self, name: str, position: int, depth: int) -> bool:
        """Read a module or function behind its name; False for any other operation."""
        raise NotImplementedError

    def finish_generic(self, operation: Operation) -> Operation | None:
        """What a generic form becomes; None for a module or function."""
        raise NotImplementedError

    def parse_statement(self, depth: int) -> Operation | None:
        """One operation; None for a module or function."""
        scanner = self.scanner
        if scanner.kind == lex.VALUE:
            known = parse_line(scanner, self._known_types)
            if known is not None:
                return known
            generic = parse_generic_head(scanner, self.aliases, self._known_types, self._loops)
            if generic is not None:
                self._fill_region(generic.regions[0], depth + 1)
                if not parse_closing(scanner, generic, self._known_types):
                    self._items(generic.open(), depth)
                    generic.close()
                return generic
        elif scanner.token == b"linalg.yield":
            known = parse_yield(scanner, self._known_types)
            if known is not None:
                return known
        position = scanner.start
        results = self.parse_results() if scanner.kind == lex.VALUE else []
        if scanner.kind == lex.STRING:
            operation = Operation(intern(parse_string(scanner.token)), position).open()
            scanner.advance()
            if scanner.token != b"(":
                scanner.fail(f"expected the operands of {operation.name[:60]!r}")
            self._items(operation, depth)
            operation.results = self.expand_results(results, operation)
            operation.close()
            return self.finish_generic(operation)
        if scanner.kind != lex.WORD:
            scanner.fail(f"expected an operation and found {scanner.describe()}")
        name = intern(scanner.token.decode())
        scanner.advance()
        if not results and self.parse_special(name, position, depth):
            return None
        operation = Operation(name, position).open()
        self._items(operation, depth)
        operation.results = self.expand_results(results, operation)
        operation.close()
        return operation

    def _items(self, operation: Operation, depth: int) -> None:
        """What follows an operation's name, up to the statement's end."""
        scanner = self.scanner
        brackets = 0
        typed = uses = False
        while True:
            kind, token = scanner.kind, scanner.token
            if not brackets and kind != lex.MARK and self._ends(operation, typed):
                return
            if kind == lex.VALUE:
                value = token[1:].decode()
                scanner.advance()
                if brackets and scanner.token == b"=":
                    scanner.advance()
                    self._bind(operation, value)
                elif not brackets and scanner.token == b"=":
                    operation.groups.append([(value, _INDEX)])
                elif brackets and scanner.token == b":" and not uses:
                    scanner.advance()
                    operation.groups[-1].append((value, self.parse_type()))
                    self.parse_trailing_location()
                else:
                    operation.operands.append(value)
            elif kind == lex.WORD:
                self._word(operation, depth + brackets)
                typed = typed or (token in _CONSTANTS and not brackets)
            elif token == b"(":
                brackets += 1
                if brackets > lex.MAX_NESTING:
                    scanner.fail(f"nesting exceeds {lex.MAX_NESTING}")
                operation.groups.append([])
                uses = scanner.data[scanner.previous_end - 3 : scanner.previous_end] in _USING
                scanner.advance()
            elif token == b")" and brackets:
                brackets -= 1
                scanner.advance()
            elif token == b":":
                scanner.advance()
                if brackets:
                    if scanner.token not in (b",", b")") and scanner.kind != lex.VALUE:
                        self.parse_type()
                else:
                    self.parse_signature(operation)
                    typed = True
            elif token == b"->":
                scanner.advance()
                if scanner.token == b"[":
                    self.parse_value(depth)
                else:
                    self.parse_result_types(operation)
            elif token == b"{-#":
                return
            elif token == b"{":
                if typed and not (brackets or operation.words or operation.bindings):
                    return
                self._braces(operation, depth)
            elif token == b"<":
                self._angle(operation, depth)
            elif token == b"[":
                operation.lists.append(self.parse_value(depth))
                if self.listed:
                    operation.indices, self.listed = [*operation.indices, *self.listed], []
            elif kind == lex.STRING:
                operation.strings.append(parse_string(token))
                scanner.advance()
            elif kind == lex.SYMBOL:
                operation.symbols.append(self.parse_symbol())
            elif kind == lex.NUMBER:
                operation.numbers.append(self.parse_number(token))
                scanner.advance()
            elif kind == lex.LOCATION or kind == lex.TENSOR:
                scanner.advance()
            elif kind == lex.ALIAS:
                self.parse_value(depth)
            elif kind == lex.LABEL or token in _PUNCTUATION:
                scanner.advance()
            elif brackets or token not in (b"}", b")"):
                scanner.fail(f"unexpected {scanner.describe()} in {operation.name[:60]!r}")
            else:
                return

    def _ends(self, operation: Operation, typed: bool) -> bool:
        """Whether the token under the cursor, outside brackets, begins something new."""
        kind, token = self.scanner.kind, self.scanner.token
        if kind == lex.END:
            return True
        if typed:
            if kind == lex.WORD and token == b"loc":
                return False
            if kind == lex.STRING and not self.scanner.after_newline() and not self._next_is(b"("):
                return False  # torch_xla writes locations without the word
            return kind != lex.LOCATION and not (kind == lex.WORD and token in _CONTINUE_TYPED)
        if kind in (lex.VALUE, lex.WORD, lex.STRING, lex.LABEL):
            scanner = self.scanner
            if scanner.data[scanner.previous_end - 1 : scanner.previous_end] in (b",", b"="):
                return False
            if scanner.after_newline():
                return token not in _CONTINUE_LINE
            return self._begins(operation)
        return kind == lex.ALIAS and self.scanner.after_newline()

    def _begins(self, operation: Operation) -> bool:
        """Whether another statement begins within the line; ``applies`` names an operation too."""
        scanner = self.scanner
        if scanner.kind == lex.VALUE:
            return self._next_is(b"=") and not operation.name.endswith(_COUNTING)
        if scanner.kind != lex.WORD or operation.words[-1:] == ["applies"]:
            return False
        return b"." in scanner.token or scanner.token in _UNDOTTED

    def _bind(self, operation: Operation, name: str) -> None:
        scanner = self.scanner
        if scanner.kind != lex.VALUE:
            scanner.fail(f"expected a value and found {scanner.describe()}")
        source = scanner.token[1:].decode()
        operation.bindings.append((name, source))
        operation.operands.append(source)
        scanner.advance()

    def _word(self, operation: Operation, depth: int) -> None:
        """A bare word: a flag, a key with a value, a literal or the head of a region."""
        scanner = self.scanner
        word = scanner.token
        if word in _CONSTANTS:
            value = self.parse_value(depth, typed=True)
            operation.attributes.setdefault("value", value)
            return
        if word == b"loc":
            self.parse_location()
            return
        end = scanner.end
        scanner.advance()
        if scanner.token == b"(" and scanner.start == end and operation.name.startswith(_CALLING):
            self._argument(operation, word, depth)
            return
        if scanner.token == b"=":
            scanner.advance()
            if scanner.kind == lex.VALUE:
                return
            operation.attributes[intern(word.decode())] = self.parse_product(depth)
            return
        operation.words.append(word.decode())
        if scanner.token == b"{" and word == b"attributes":
            operation.attributes.update(self.parse_dictionary(depth))

    def _argument(self, operation: Operation, word: bytes, depth: int) -> None:
        """``axis(3)``: a key with its value, or a bracket of operands behind a word."""
        scanner = self.scanner
        if scanner.data[scanner.end : scanner.end + 8].lstrip().startswith((b"%", b")")):
            operation.words.append(word.decode())
            return
        scanner.advance()
        operation.attributes[intern(word.decode())] = self.parse_value(depth)
        scanner.expect(b")")

    def _angle(self, operation: Operation, depth: int) -> None:
        """``<{...}>`` holds properties; anything else in angle brackets is passed over."""
        scanner = self.scanner
        start = scanner.start
        scanner.advance()
        if scanner.token == b"{":
            operation.attributes.update(self.parse_dictionary(depth))
            scanner.expect(b">")
            return
        body = self.take_angle_text(start)
        if body:
            operation.bodies.append(body)

    def _braces(self, operation: Operation, depth: int) -> None:
        if self._is_region():
            operation.regions.append(self.parse_region(depth + 1))
        else:
            operation.attributes.update(self.parse_dictionary(depth))

    def _is_region(self) -> bool:
        """Whether the brace under the cursor opens a region rather than attributes."""
        scanner = self.scanner
        saved = (scanner.previous_end, scanner.start, scanner.end, scanner.kind, scanner.token)
        scanner.advance()
        kind, token = scanner.kind, scanner.token
        scanner.advance()
        following = scanner.token
        (scanner.previous_end, scanner.start, scanner.end, scanner.kind, scanner.token) = saved
        if token == b"}":
            return False
        if kind in (lex.VALUE, lex.LABEL):
            return True
        if kind == lex.STRING:
            return following == b"("
        if kind == lex.WORD:
            if following == b"}":
                return token.endswith(_TERMINATORS)
            return following not in (b"=", b",")
        return kind == lex.ALIAS

    def parse_region(self, depth: int) -> Region:
        """Blocks up to the closing brace; the cursor stands on the opening one."""
        self.scanner.expect(b"{")
        region = [BlockText([], [])]
        self._fill_region(region, depth)
        return region

    def _fill_region(self, region: Region, depth: int) -> None:
        """Blocks up to the closing brace; of the first one the head may have been read."""
        scanner, block = self.scanner, region[0]
        if depth > MAX_REGION_NESTING:
            scanner.fail(f"regions are nested more than {MAX_REGION_NESTING} deep")
        while scanner.token != b"}":
            if scanner.kind == lex.LABEL:
                if block.operations or block.arguments:
                    block = BlockText([], [])
                    region.append(block)
                scanner.advance()
                block.arguments = self.parse_block_arguments()
                scanner.expect(b":")
            elif scanner.kind == lex.ALIAS:
                self.parse_alias()
            elif scanner.kind == lex.END:
                scanner.fail("the file ends inside a region")
            else:
                operation = self.parse_statement(depth)
                if operation is not None:
                    block.operations.append(operation)
        scanner.advance()
