"""MLIR text as a tree of operations, whatever the dialects: pretty and generic forms alike.

Tolerant: what stands between an operation's name and its types is kept as operands, attributes,
words and lists, without knowing the operation's grammar. A statement ends behind its types, or at
a line's end outside brackets. Limits keep hostile text from costing more than its length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyborg_rr.readers import mlir_scanner as lex
from cyborg_rr.readers.mlir_attributes import AttributeParser, Symbol, Value
from cyborg_rr.readers.mlir_scanner import Scanner, parse_string
from cyborg_rr.readers.mlir_types import FunctionType, MlirType
from cyborg_rr.readers.reader import Buffer

MAXIMUM_REGION_NESTING = 64
MAXIMUM_RESULTS = 65536

_CONTINUE_TYPED = frozenset({b"cond", b"do", b"reducer", b"attributes", b"else"})
_CONTINUE_LINE = _CONTINUE_TYPED | {b"across", b"applies", b"init", b"ins", b"outs", b"dimensions"}
_FUNCTIONS = frozenset({"func.func", "func", "tt.func"})
_PUNCTUATION = frozenset(b", = * + - ? / | & :: ;".split())
_TERMINATORS = (b"return", b"yield", b"unreachable")

Pair = tuple[str, MlirType]


class Operation:
    """One operation as written.

    ``operands`` are the values it names, in order, block arguments not counted. ``bindings`` are
    pairs such as ``%iteration = %start`` in brackets; ``groups`` are bracketed lists of typed
    names; ``words`` are bare words and ``lists`` bare lists; ``types`` are those behind the colon
    with ``result_types`` behind the arrow.
    """

    __slots__ = (
        "attributes", "bindings", "groups", "has_arrow", "lists", "location", "name", "operands",
        "position", "regions", "result_types", "results", "strings", "symbols", "types", "words",
    )  # fmt: skip

    def __init__(self, name: str, results: tuple[str, ...], position: int) -> None:
        self.name = name
        self.results = results
        self.position = position
        self.operands: list[str] = []
        self.attributes: dict[str, Value] = {}
        self.types: tuple[MlirType, ...] = ()
        self.result_types: tuple[MlirType, ...] = ()
        self.has_arrow = False
        self.location: str | None = None
        self.regions: Sequence[Region] = ()
        self.bindings: Sequence[tuple[str, str]] = ()
        self.groups: Sequence[list[Pair]] = ()
        self.words: Sequence[str] = ()
        self.strings: Sequence[str] = ()
        self.symbols: Sequence[str] = ()
        self.lists: Sequence[Value] = ()


@dataclass(slots=True)
class BlockText:
    """A basic block: its arguments and operations."""

    arguments: list[Pair]
    operations: list[Operation]


Region = list[BlockText]


@dataclass(slots=True)
class Argument:
    """An argument of a function: its name, type, attributes and the name in its location."""

    name: str
    type: MlirType
    attributes: dict[str, Value]
    location: str | None


@dataclass(slots=True)
class Function:
    """A function; ``body`` is None for a declaration."""

    name: str
    public: bool
    arguments: list[Argument]
    result_types: list[MlirType]
    body: Region | None
    position: int


@dataclass(slots=True)
class Module:
    """What the file holds: functions by name, other operations outside of functions, attributes."""

    name: str
    attributes: dict[str, Value]
    functions: dict[str, Function]
    operations: list[Operation]
    locations: dict[str, str]
    resources: frozenset[str]
    place: Callable[[int], str]


def parse_module(data: Buffer) -> Module:
    """Read a whole file. Raises ``UnreadableModel`` with line and column."""
    return _Parser(Scanner(data)).parse()


class _Parser(AttributeParser):
    """Recursive descent; regions cost two frames each, their depth is limited."""

    def __init__(self, scanner: Scanner) -> None:
        super().__init__(scanner)
        self.module = Module("", {}, {}, [], self.locations, frozenset(), scanner.place)

    def parse(self) -> Module:
        """Read statements up to the end of the file."""
        scanner = self.scanner
        while scanner.kind != lex.END:
            if scanner.token == b"{-#":
                self.module.resources |= self.parse_resources()
            elif scanner.kind == lex.ALIAS:
                self.parse_alias()
            else:
                operation = self._statement(0)
                if operation is not None:
                    self.module.operations.append(operation)
        return self.module

    def _statement(self, depth: int) -> Operation | None:
        """One operation; None for a module or function, which is kept in ``self.module``."""
        scanner = self.scanner
        position = scanner.start
        results: tuple[str, ...] = ()
        if scanner.kind == lex.VALUE:
            results = self._results()
        if scanner.kind == lex.STRING:
            operation = Operation(parse_string(scanner.token), results, position)
            scanner.advance()
            if scanner.token != b"(":
                scanner.fail(f"expected the operands of {operation.name[:60]!r}")
            self._items(operation, depth)
            return self._finish_generic(operation)
        if scanner.kind != lex.WORD:
            scanner.fail(f"expected an operation and found {scanner.describe()}")
        name = scanner.token.decode()
        scanner.advance()
        if name in ("module", "builtin.module") and not results:
            self._module(depth)
            return None
        if name in _FUNCTIONS and not results:
            self._function(position, depth)
            return None
        operation = Operation(name, results, position)
        self._items(operation, depth)
        return operation

    def _results(self) -> tuple[str, ...]:
        """``%a, %b:3 =``: the names as they are used, ``%b#0`` to ``%b#2`` for several."""
        scanner = self.scanner
        names: list[str] = []
        while True:
            if scanner.kind != lex.VALUE:
                scanner.fail(f"expected a value's name and found {scanner.describe()}")
            name = scanner.token[1:].decode()
            scanner.advance()
            if scanner.accept(b":"):
                count = self.parse_count(MAXIMUM_RESULTS)
                names.extend(f"{name}#{index}" for index in range(count))
            else:
                names.append(name)
            if len(names) > MAXIMUM_RESULTS:
                scanner.fail(f"an operation has more than {MAXIMUM_RESULTS} results")
            if not scanner.accept(b","):
                break
        scanner.expect(b"=")
        return tuple(names)

    def _items(self, operation: Operation, depth: int) -> None:
        """What follows an operation's name, up to the statement's end."""
        scanner = self.scanner
        brackets = 0
        typed = False
        while True:
            kind, token = scanner.kind, scanner.token
            if not brackets and kind != lex.MARK and self._ends(kind, token, typed):
                return
            if kind == lex.VALUE:
                value = token[1:].decode()
                scanner.advance()
                if brackets and scanner.token == b"=":
                    scanner.advance()
                    self._bind(operation, value)
                elif brackets and scanner.token == b":" and not _uses(operation):
                    scanner.advance()
                    operation.groups[-1].append((value, self.parse_type()))
                    self._argument_location()
                else:
                    operation.operands.append(value)
            elif kind == lex.WORD:
                self._word(operation, depth + brackets)
            elif token == b"(":
                brackets += 1
                if brackets > lex.MAXIMUM_NESTING:
                    scanner.fail(f"nesting exceeds {lex.MAXIMUM_NESTING}")
                operation.groups = [*operation.groups, []]
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
                    self._signature_types(operation)
                    typed = True
            elif token == b"->":
                scanner.advance()
                if scanner.token == b"[":
                    self.parse_value(depth)
                else:
                    operation.result_types = self.parse_types()
                    operation.has_arrow = True
            elif token == b"{":
                if typed and not brackets and not operation.words:
                    return
                self._braces(operation, depth)
            elif token == b"<":
                self._angle(operation, depth)
            elif token == b"[":
                operation.lists = [*operation.lists, self.parse_value(depth)]
            elif kind == lex.STRING:
                operation.strings = [*operation.strings, parse_string(token)]
                scanner.advance()
            elif kind == lex.SYMBOL:
                operation.symbols = [*operation.symbols, self.parse_symbol()]
            elif kind == lex.LOCATION or kind == lex.NUMBER or kind == lex.TENSOR:
                scanner.advance()
            elif kind == lex.ALIAS:
                self.parse_value(depth)
            elif kind == lex.LABEL or token in _PUNCTUATION:
                scanner.advance()
            elif brackets or token not in (b"}", b")"):
                scanner.fail(f"unexpected {scanner.describe()} in {operation.name[:60]!r}")
            else:
                return

    def _ends(self, kind: int, token: bytes, typed: bool) -> bool:
        """Whether the token under the cursor, outside brackets, begins something new."""
        if kind == lex.END:
            return True
        if typed:
            if kind == lex.WORD and token == b"loc":
                return False
            return kind != lex.LOCATION and not (kind == lex.WORD and token in _CONTINUE_TYPED)
        if kind in (lex.VALUE, lex.WORD, lex.STRING, lex.LABEL):
            scanner = self.scanner
            return (
                token not in _CONTINUE_LINE
                and scanner.after_newline()
                and scanner.data[scanner.previous_end - 1 : scanner.previous_end]
                not in (b",", b"=")
            )
        return kind == lex.ALIAS and self.scanner.after_newline()

    def _bind(self, operation: Operation, name: str) -> None:
        scanner = self.scanner
        if scanner.kind != lex.VALUE:
            scanner.fail(f"expected a value and found {scanner.describe()}")
        source = scanner.token[1:].decode()
        operation.bindings = [*operation.bindings, (name, source)]
        operation.operands.append(source)
        scanner.advance()

    def _argument_location(self) -> str | None:
        scanner = self.scanner
        if scanner.kind == lex.LOCATION or scanner.token == b"loc":
            return self.parse_location()
        return None

    def _word(self, operation: Operation, depth: int) -> None:
        """A bare word: a flag, a key with a value, a literal or the head of a region."""
        scanner = self.scanner
        word = scanner.token
        if word in (b"dense", b"dense_resource", b"opaque", b"sparse", b"array"):
            value = self.parse_value(depth, typed=True)
            operation.attributes.setdefault("value", value)
            return
        if word == b"loc":
            operation.location = self.parse_location()
            return
        scanner.advance()
        if scanner.token == b"=":
            scanner.advance()
            if scanner.kind == lex.VALUE:
                return
            operation.attributes[word.decode()] = self.parse_product(depth)
            return
        operation.words = [*operation.words, word.decode()]
        if scanner.token == b"{" and word == b"attributes":
            operation.attributes.update(self.parse_dictionary(depth))

    def _angle(self, operation: Operation, depth: int) -> None:
        """``<{...}>`` holds properties; anything else in angle brackets is passed over."""
        scanner = self.scanner
        start = scanner.start
        scanner.advance()
        if scanner.token == b"{":
            operation.attributes.update(self.parse_dictionary(depth))
            scanner.expect(b">")
            return
        scanner.jump(scanner.find_angle_end(start))

    def _braces(self, operation: Operation, depth: int) -> None:
        if self._is_region():
            operation.regions = [*operation.regions, self._region(depth + 1)]
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

    def _region(self, depth: int) -> Region:
        """Blocks up to the closing brace; the cursor stands on the opening one."""
        scanner = self.scanner
        if depth > MAXIMUM_REGION_NESTING:
            scanner.fail(f"regions are nested more than {MAXIMUM_REGION_NESTING} deep")
        scanner.expect(b"{")
        block = BlockText([], [])
        region = [block]
        while scanner.token != b"}":
            if scanner.kind == lex.LABEL:
                if block.operations or block.arguments:
                    block = BlockText([], [])
                    region.append(block)
                scanner.advance()
                block.arguments = self._block_arguments()
                scanner.expect(b":")
            elif scanner.kind == lex.ALIAS:
                self.parse_alias()
            elif scanner.kind == lex.END:
                scanner.fail("the file ends inside a region")
            else:
                operation = self._statement(depth)
                if operation is not None:
                    block.operations.append(operation)
        scanner.advance()
        return region

    def _block_arguments(self) -> list[Pair]:
        scanner = self.scanner
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
            self._argument_location()
            if scanner.token != b")":
                scanner.expect(b",")
        return arguments

    def _signature_types(self, operation: Operation) -> None:
        """The types behind the colon: ``A, B``, ``(A, B) -> C``, ``A -> C`` or ``A to C``."""
        scanner = self.scanner
        operation.types = self.parse_types()
        while scanner.accept(b","):
            operation.types += self.parse_types()
        if scanner.token in (b"->", b"to", b"into"):
            scanner.advance()
            operation.result_types = self.parse_types()
            operation.has_arrow = True

    def _module(self, depth: int) -> None:
        scanner = self.scanner
        if scanner.kind == lex.SYMBOL:
            name = self.parse_symbol()
            self.module.name = self.module.name or name
        if scanner.accept(b"attributes"):
            self.module.attributes.update(self.parse_dictionary(depth))
        for block in self._region(depth + 1):
            self.module.operations.extend(block.operations)
        self._argument_location()

    def _function(self, position: int, depth: int) -> None:
        scanner = self.scanner
        public = True
        while scanner.kind == lex.WORD:
            public = public and scanner.token not in (b"private", b"nested")
            scanner.advance()
        if scanner.kind != lex.SYMBOL:
            scanner.fail(f"expected a function's name and found {scanner.describe()}")
        function = Function(self.parse_symbol(), public, [], [], None, position)
        self._signature(function, depth)
        if scanner.accept(b"attributes"):
            self.parse_dictionary(depth)
        if scanner.token == b"{":
            function.body = self._region(depth + 1)
        self._argument_location()
        self._keep(function)

    def _keep(self, function: Function) -> None:
        if function.name in self.module.functions:
            self.scanner.fail(f"the function {function.name[:60]!r} is defined twice",
                              function.position)  # fmt: skip
        self.module.functions[function.name] = function

    def _signature(self, function: Function, depth: int) -> None:
        scanner = self.scanner
        scanner.expect(b"(")
        while not scanner.accept(b")"):
            name = ""
            if scanner.kind == lex.VALUE:
                name = scanner.token[1:].decode()
                scanner.advance()
                scanner.expect(b":")
            type_ = self.parse_type()
            attributes = self.parse_dictionary(depth) if scanner.token == b"{" else {}
            location = self._argument_location()
            function.arguments.append(Argument(name, type_, attributes, location))
            if scanner.token != b")":
                scanner.expect(b",")
        if not scanner.accept(b"->"):
            return
        if not scanner.accept(b"("):
            function.result_types.append(self.parse_type())
            return
        while not scanner.accept(b")"):
            function.result_types.append(self.parse_type())
            if scanner.token == b"{":
                self.parse_dictionary(depth)
            self._argument_location()
            if scanner.token != b")":
                scanner.expect(b",")

    def _finish_generic(self, operation: Operation) -> Operation | None:
        """Generic forms of modules and functions become what their pretty forms are."""
        attributes = operation.attributes
        if operation.name == "builtin.module":
            name = attributes.get("sym_name")
            self.module.name = self.module.name or (name if isinstance(name, str) else "")
            self.module.attributes.update(attributes)
            for region in operation.regions:
                for block in region:
                    self.module.operations.extend(block.operations)
            return None
        if operation.name == "func.func":
            self._generic_function(operation)
            return None
        return operation

    def _generic_function(self, operation: Operation) -> None:
        scanner, attributes = self.scanner, operation.attributes
        name, type_ = attributes.get("sym_name"), attributes.get("function_type")
        if not isinstance(name, str) or not isinstance(type_, FunctionType):
            scanner.fail("a function has no name or no type", operation.position)
        stated = attributes.get("arg_attrs")
        listed = stated if isinstance(stated, list) else []
        region = operation.regions[0] if operation.regions else None
        names = [pair[0] for pair in region[0].arguments] if region else []
        if region and len(names) != len(type_.inputs):
            scanner.fail(f"the function {name[:60]!r} has not as many arguments as its type says",
                         operation.position)  # fmt: skip
        arguments = [
            Argument(
                names[index] if names else "",
                input_,
                entry if index < len(listed) and isinstance(entry := listed[index], dict) else {},
                None,
            )
            for index, input_ in enumerate(type_.inputs)
        ]
        body = region if region and (region[0].operations or names) else None
        public = attributes.get("sym_visibility") in (None, "public")
        self._keep(Function(name, public, arguments, list(type_.results), body, operation.position))


def _uses(operation: Operation) -> bool:
    """Whether typed names in brackets are operands, as in ``ins(%a : type)``."""
    return bool(operation.words) and operation.words[-1] in ("ins", "outs")


__all__ = ["Argument", "Function", "Module", "Operation", "Symbol", "parse_module"]
