"""A whole file of MLIR text: its module, functions, aliases and resources.

The dialects do not matter here. Limits keep hostile text from costing more than its length.
"""

from __future__ import annotations

from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.scanner import Scanner
from cyborg_rr.readers.formats.mlir.statements import StatementParser
from cyborg_rr.readers.formats.mlir.structure import Argument, Function, Module, Operation
from cyborg_rr.readers.formats.mlir.types import FunctionType
from cyborg_rr.readers.reading.source import Buffer, let_go

_FUNCTIONS = frozenset({"func.func", "func", "tt.func"})
_MODULES = frozenset({"module", "builtin.module"})


def parse_module(data: Buffer) -> Module:
    """Read a whole file. Raises ``UnreadableModel`` with line and column."""
    module = _Parser(Scanner(data)).parse()
    let_go(data)
    return module


class _Parser(StatementParser):
    """Collects functions and other operations in a ``Module``."""

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
                operation = self.parse_statement(0)
                if operation is not None:
                    self.module.operations.append(operation)
        return self.module

    def parse_special(self, name: str, position: int, depth: int) -> bool:
        """Read a module or function behind its name; False for any other operation."""
        if name in _MODULES:
            self._module(depth)
        elif name in _FUNCTIONS:
            self._function(position, depth)
        else:
            return False
        return True

    def _module(self, depth: int) -> None:
        scanner = self.scanner
        if scanner.kind == lex.SYMBOL:
            name = self.parse_symbol()
            self.module.name = self.module.name or name
        if scanner.accept(b"attributes"):
            self.module.attributes.update(self.parse_dictionary(depth))
        for block in self.parse_region(depth + 1):
            self.module.operations.extend(block.operations)
        self.parse_trailing_location()

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
            function.attributes = self.parse_dictionary(depth)
        if scanner.token == b"{":
            function.body = self.parse_region(depth + 1)
        self.parse_trailing_location()
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
            location = self.parse_trailing_location()
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
            attributes = self.parse_dictionary(depth) if scanner.token == b"{" else {}
            function.result_attributes.append(attributes)
            self.parse_trailing_location()
            if scanner.token != b")":
                scanner.expect(b",")

    def finish_generic(self, operation: Operation) -> Operation | None:
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
        function = Function(name, public, arguments, list(type_.results), body, operation.position)
        function.attributes = attributes
        results = attributes.get("res_attrs")
        for entry in results if isinstance(results, list) else ():
            function.result_attributes.append(entry if isinstance(entry, dict) else {})
        self._keep(function)
