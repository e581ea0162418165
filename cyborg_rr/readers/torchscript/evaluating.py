"""Evaluates expressions: calls become nodes, what is known stays plain.

What a program may ask for is bounded, since a short text can ask for much.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, assert_never

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.torchscript.drawing import Drawing
from cyborg_rr.readers.torchscript.holding import Holdings, class_of
from cyborg_rr.readers.torchscript.language.library import Library
from cyborg_rr.readers.torchscript.language.syntax import (
    Called,
    Choice,
    Expression,
    Function,
    Item,
    Literal,
    Member,
    Named,
    Operator,
    Several,
    Table,
)
from cyborg_rr.readers.torchscript.plain import find_plain, is_same, name_sign, truth
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, unknown
from cyborg_rr.readers.torchscript.translation.making import code_of
from cyborg_rr.readers.torchscript.translation.operations import find_rule
from cyborg_rr.readers.torchscript.translation.quantized import unpack_state
from cyborg_rr.readers.torchscript.values import (
    UNKNOWN,
    Bound,
    Instance,
    Path,
    Record,
    Ref,
    Sequence,
    Unknown,
    Value,
)

MAX_STEPS: Final = 400_000
"""Statements and calls that are followed: two thousand operations take about ten thousand."""

MAX_NESTING: Final = 200
"""Calls, blocks and expressions within one another; each takes three frames of Python's stack."""

_CASTS: Final = frozenset({"annotate", "unchecked_cast"})
_SILENT: Final = frozenset(
    {
        "format", "warn", "device", "is_grad_enabled", "set_grad_enabled", "manual_seed",
        "is_scripting", "requires_grad", "is_autocast_enabled", "layout",
    }
)  # fmt: skip
"""Functions that no device does anything for."""

_MAKERS: Final = frozenset(
    {
        "zeros", "ones", "full", "empty", "arange", "rand", "randn", "randint", "randperm",
        "tensor", "linspace", "eye", "normal", "scalar_tensor", "tril_indices", "triu_indices",
        "bartlett_window", "hann_window", "hamming_window",
    }
)  # fmt: skip
"""Functions that make a tensor of none."""

_CONVERSIONS: Final[Mapping[str, Callable[[int | float], int | float]]] = {
    "int": int, "float": float, "bool": bool,
}  # fmt: skip

Environment = dict[str, Value]


class Evaluator(ABC):
    """Expressions of one program; functions of its own are followed by whoever extends this."""

    def __init__(self, library: Library, drawing: Drawing, holdings: Holdings) -> None:
        self._library = library
        self._drawing = drawing
        self._holdings = holdings
        self._steps = 0
        self._deep = 0
        self._undecided = 0
        self._restoring = 0
        self._path: list[str] = []

    @abstractmethod
    def call(
        self, function: Function, arguments: list[Value], named: Mapping[str, Value], path: str
    ) -> Value:
        """What a function of the program gives, its calls drawn."""

    def _spend(self, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise UnreadableModel(
                f"following the program takes more than {MAX_STEPS} steps: export the model by "
                "torch.export.save (.pt2)"
            )

    def _enter(self) -> None:
        self._deep += 1
        if self._deep > MAX_NESTING:
            raise UnreadableModel(f"its calls and blocks are nested more than {MAX_NESTING} deep")

    # ---- expressions

    def _evaluate(
        self,
        expression: Expression,
        environment: Environment,
        wanted: int = 1,
    ) -> Value:
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Named):
            value = self._variable(expression.name, environment)
        else:
            self._enter()
            value = self._value(expression, environment, wanted)
            self._deep -= 1
        if isinstance(value, Sequence):  # long lists take longer
            self._spend(len(value.parts) // 64)
        return value

    def _value(self, expression: Expression, environment: Environment, wanted: int) -> Value:
        match expression:
            case Literal():
                return expression.value
            case Named():
                return self._variable(expression.name, environment)
            case Member():
                return self._member(self._evaluate(expression.owner, environment), expression.name)
            case Called():
                return self._call(expression, environment, wanted)
            case Several():
                parts = [self._evaluate(part, environment) for part in expression.parts]
                return Sequence(parts, expression.is_tuple)
            case Table():
                return self._table(expression, environment)
            case Item():
                owner = self._evaluate(expression.owner, environment)
                place = self._evaluate(expression.place, environment)
                return find_plain("__getitem__", [owner, place])
            case Operator():
                return self._operator(expression, environment)
            case Choice():
                return self._choice(expression, environment)
            case _:
                assert_never(expression)

    def _table(self, expression: Table, environment: Environment) -> Value:
        entries: dict[object, Value] = {}
        for key, value in expression.pairs:
            known = self._evaluate(key, environment)
            place = known if isinstance(known, int | float | str) else len(entries)
            entries[place] = self._evaluate(value, environment)
        return Record("Dict", entries)

    def _operator(self, expression: Operator, environment: Environment) -> Value:
        operands = [self._evaluate(part, environment) for part in expression.operands]
        known = [truth(operand) for operand in operands]
        if expression.sign in ("and", "or") and None not in known:
            return all(known) if expression.sign == "and" else any(known)
        is_negative = expression.sign == "-" and len(operands) == 1
        name = "neg" if is_negative else name_sign(expression.sign)
        return self._operation("aten", name, operands, {}, 1)

    def _choice(self, expression: Choice, environment: Environment) -> Value:
        holds = truth(self._evaluate(expression.condition, environment))
        yes = self._evaluate(expression.yes, environment) if holds is not False else UNKNOWN
        no = self._evaluate(expression.no, environment) if holds is not True else UNKNOWN
        if holds is None:
            return yes if is_same(yes, no) else UNKNOWN
        return yes if holds else no

    def _variable(self, name: str, environment: Environment) -> Value:
        if name in environment:
            return environment[name]
        if name in ("inf", "nan"):
            return float(name)
        return Path(name)

    def _member(self, owner: Value, name: str) -> Value:
        match owner:
            case Path("CONSTANTS"):
                return self._holdings.constant(name)
            case Path():
                return Path(f"{owner.name}.{name}")
            case Instance():
                self._restore(owner)
                return self._holdings.attribute(owner, name)
            case Record():
                return owner.entries.get(name, UNKNOWN)
            case _:
                return UNKNOWN

    def _restore(self, owner: Instance) -> None:
        """Let an object that is kept as a tuple set its attributes, as loading it would."""
        function = self._library.find_method(class_of(owner), "__setstate__")
        if function is None:
            return
        state = self._holdings.find_state(owner)
        if not isinstance(state, Unknown):
            self._restoring += 1
            self.call(function, [owner, state], {}, owner.path)
            self._restoring -= 1

    def _open_packed(self, value: Value) -> Value:
        """Weights that are packed in an object, as what is in it."""
        if not isinstance(value, Instance) or "PackedParamsBase" not in class_of(value):
            return value
        state = self._holdings.find_state(value)
        if isinstance(state, Sequence):
            self._holdings.put(value, "packed", unpack_state(state.parts, self._drawing.stored))
        return self._holdings.attribute(value, "packed")

    # ---- calls

    def _call(self, expression: Called, environment: Environment, wanted: int) -> Value:
        self._spend()
        function = expression.function
        if isinstance(function, Named) and function.name not in environment:
            if function.name in _CASTS and len(expression.arguments) == 2:
                return self._evaluate(expression.arguments[1], environment)
            if function.name == "uninitialized":
                return UNKNOWN
        called = self._called(function, environment)
        arguments = [self._evaluate(part, environment) for part in expression.arguments]
        named = {name: self._evaluate(part, environment) for name, part in expression.named}
        match called:
            case Bound():
                return self._method(called, arguments, named)
            case Path():
                return self._function(called.name, arguments, named, wanted)
            case _:
                return UNKNOWN

    def _called(self, function: Expression, environment: Environment) -> Value:
        """What is called; an operation of PyTorch, as most are, is no more than its name."""
        if isinstance(function, Member) and "torch" not in environment:
            owner = function.owner
            if isinstance(owner, Named) and owner.name == "torch":
                return Path(f"torch.{function.name}")
        return self._evaluate(function, environment)

    def _method(self, called: Bound, arguments: list[Value], named: Mapping[str, Value]) -> Value:
        function = self._library.find_method(class_of(called.owner), called.name)
        if function is None:
            self._drawing.unknown[f"{class_of(called.owner)}.{called.name}"[-60:]] += 1
            return UNKNOWN
        return self.call(function, [called.owner, *arguments], named, called.owner.path)

    def _function(
        self, name: str, arguments: list[Value], named: Mapping[str, Value], wanted: int
    ) -> Value:
        root, _, rest = name.partition(".")
        if root == "__torch__":
            return self._own(name, arguments, named)
        if root == "torch":
            return self._operation("aten", rest, arguments, named, wanted)
        if root == "ops":
            domain, _, operation = rest.partition(".")
            return self._operation(domain, operation, arguments, named, wanted)
        return self._builtin(name, arguments)

    def _own(self, name: str, arguments: list[Value], named: Mapping[str, Value]) -> Value:
        """A function or a class of the program itself."""
        function = self._library.find_function(name)
        if function is not None:
            return self.call(function, arguments, named, self._path[-1] if self._path else "")
        kind = self._library.find_class(name)
        if kind is None or kind.kind != "NamedTuple":
            return UNKNOWN
        entries: dict[object, Value] = dict(zip(kind.fields, arguments, strict=False))
        return Record(name, entries | dict(named))

    def _builtin(self, name: str, arguments: list[Value]) -> Value:
        first = arguments[0] if arguments else UNKNOWN
        if name == "getattr" and len(arguments) == 2 and isinstance(arguments[1], str):
            return self._member(first, arguments[1])
        if name == "range":
            return _range(arguments)
        if name in ("int", "float", "bool"):
            if isinstance(first, Ref):
                return Ref(first.name, is_number=True)
            if isinstance(first, str):
                return float(first) if first in ("inf", "-inf", "nan") else UNKNOWN
            if isinstance(first, int | float):
                return _CONVERSIONS[name](first)
            return UNKNOWN
        return find_plain(name, arguments)

    def _operation(
        self,
        domain: str,
        name: str,
        arguments: list[Value],
        named: Mapping[str, Value],
        wanted: int,
    ) -> Value:
        """An operation of PyTorch: plain where all is known, otherwise a node."""
        drawing = self._drawing
        if domain == "prim":
            return self._primitive(name, arguments)
        if domain == "quantized":
            arguments = [self._open_packed(value) for value in arguments]
        if name == "append" and self._undecided:
            arguments = [arguments[0], UNKNOWN]
        plain = UNKNOWN if domain != "aten" else find_plain(name, arguments)
        if not isinstance(plain, Unknown):
            return plain
        if name == "dim" and arguments:
            known = drawing.rank(arguments[0])
            return UNKNOWN if known is None else known
        if name == "len" and arguments and isinstance(arguments[0], Ref):
            arguments, name = [arguments[0], 0], "size"
        if name in _SILENT or (name not in _MAKERS and not _reads_graph(arguments)):
            return UNKNOWN
        if (
            name in ("size", "stride")
            and len(arguments) == 1
            and drawing.rank(arguments[0]) is None
        ):
            return UNKNOWN
        path = self._path[-1] if self._path else ""
        label = f"{path}/{name}" if path else name
        call = Call(name, arguments, named, label, wanted, drawing)
        try:
            value = find_rule(domain, name)(call)
        except (NoRule, IndexError, ZeroDivisionError):
            call.steps.clear()
            value = unknown(call)
        drawing.draw(call.steps, f"{domain}:{name}", label)
        return value

    def _primitive(self, name: str, arguments: list[Value]) -> Value:
        first = arguments[0] if arguments else UNKNOWN
        if name == "NumToTensor":
            return Ref(first.name) if isinstance(first, Ref) else first
        if name == "dtype":
            return code_of(Call(name, arguments, {}, name, 1, self._drawing))
        if name in ("min", "max"):
            return find_plain(name, arguments)
        return UNKNOWN


def _range(arguments: list[Value]) -> Value:
    numbers = [value for value in arguments if isinstance(value, int)]
    if len(numbers) != len(arguments) or not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        return UNKNOWN
    places = range(*numbers)
    if len(places) > MAX_STEPS:
        raise UnreadableModel(f"a loop of {len(places)} rounds is more than can be followed")
    return Sequence(list(places))


def _reads_graph(values: list[Value]) -> bool:
    """Whether a call reads a value of the graph."""
    for value in values:
        parts = value.parts if isinstance(value, Sequence) else [value]
        if any(isinstance(part, Ref) for part in parts):
            return True
    return False
