"""Follows a program statement by statement.

Functions are followed where they are called, as often as they are. Branches are taken where their
condition is known; of others both arms are drawn. Loops are followed as often as they run, where
that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.torchscript.drawing import Drawing
from cyborg_rr.readers.torchscript.evaluating import Environment, Evaluator
from cyborg_rr.readers.torchscript.holding import Holdings
from cyborg_rr.readers.torchscript.language.library import Library
from cyborg_rr.readers.torchscript.language.syntax import (
    Assign,
    Branch,
    Called,
    Evaluate,
    Expression,
    Function,
    Item,
    Member,
    Named,
    Repeat,
    Return,
    Statement,
)
from cyborg_rr.readers.torchscript.plain import is_same, truth
from cyborg_rr.readers.torchscript.translation.call import Call, NoRule
from cyborg_rr.readers.torchscript.values import UNKNOWN, Instance, Record, Ref, Sequence, Value


class Runner(Evaluator):
    """One program while it is followed."""

    def __init__(self, library: Library, drawing: Drawing, holdings: Holdings) -> None:
        super().__init__(library, drawing, holdings)
        self._counts: list[Mapping[str, int]] = []
        self.open_loops = 0

    def call(
        self, function: Function, arguments: list[Value], named: Mapping[str, Value], path: str
    ) -> Value:
        """What a function gives, its calls drawn."""
        environment: Environment = {}
        for place, parameter in enumerate(function.parameters):
            if place < len(arguments):
                value = arguments[place]
            elif parameter.name in named:
                value = named[parameter.name]
            elif parameter.default is not None:
                value = self._evaluate(parameter.default, environment)
            else:
                value = UNKNOWN
            environment[parameter.name] = value
        self._path.append(path)
        self._counts.append(function.counts)
        found = self._block(function.body, environment)
        self._path.pop()
        self._counts.pop()
        return None if found is None else found[0]

    # ---- statements

    def _block(
        self, statements: tuple[Statement, ...], environment: Environment
    ) -> tuple[Value] | None:
        """Follow statements up to a return, whose value is given alone."""
        self._enter()
        found = None
        for statement in statements:
            self._spend()
            found = self._follow(statement, environment)
            if found is not None:
                break
        self._deep -= 1
        return found

    def _follow(self, statement: Statement, environment: Environment) -> tuple[Value] | None:
        match statement:
            case Assign():
                self._assign(statement, environment)
            case Evaluate():
                self._evaluate(statement.value, environment)
            case Branch():
                return self._branch(statement, environment)
            case Repeat():
                return self._repeat(statement, environment)
            case Return():
                return (self._evaluate(statement.value, environment),)
            case _:
                assert_never(statement)
        return None

    def _assign(self, statement: Assign, environment: Environment) -> None:
        targets = statement.targets
        wanted = len(targets)
        if not statement.unpacks and isinstance(targets[0], Named):
            wanted = self._counts[-1].get(targets[0].name, 1)
        value = self._evaluate(statement.value, environment, wanted)
        if not statement.unpacks:
            self._put(targets[0], value, environment)
            return
        parts = value.parts if isinstance(value, Sequence) else []
        if isinstance(value, Record):
            parts = list(value.entries.values())
        if len(parts) != len(targets):
            parts = [value] if len(targets) == 1 and isinstance(value, Ref) else []
            parts = parts or [UNKNOWN] * len(targets)
        for target, part in zip(targets, parts, strict=True):
            self._put(target, part, environment)

    def _put(self, target: Expression, value: Value, environment: Environment) -> None:
        """A variable; attributes and elements of modules stay what they were, lists are changed."""
        if isinstance(target, Named):
            environment[target.name] = value
        elif isinstance(target, Member):
            owner = self._evaluate(target.owner, environment) if self._restoring else None
            if isinstance(owner, Instance):
                self._holdings.put(owner, target.name, value)
        elif isinstance(target, Item):
            owner = self._evaluate(target.owner, environment)
            place = self._evaluate(target.place, environment)
            known = UNKNOWN if self._undecided else value
            if isinstance(owner, Record) and isinstance(place, int | float | str):
                owner.entries[place] = known
            elif isinstance(owner, Sequence) and isinstance(place, int) and _fits(owner, place):
                owner.parts[place] = known

    # ---- branches and loops

    def _branch(self, statement: Branch, environment: Environment) -> tuple[Value] | None:
        condition = self._evaluate(statement.condition, environment)
        holds = truth(condition)
        if holds is None:  # an arm that only raises is no way to go on
            holds = True if _raises(statement.no) else False if _raises(statement.yes) else None
        if holds is not None:
            return self._block(statement.yes if holds else statement.no, environment)
        self._draw_both(statement, condition, environment)
        return None

    def _draw_both(self, statement: Branch, condition: Value, environment: Environment) -> None:
        """Both arms as blocks of one node, whose results are the variables they set."""
        yes, yes_nodes = self._try_arm(statement.yes, environment)
        no, no_nodes = self._try_arm(statement.no, environment)
        results: list[str] = []
        pairs: list[tuple[str, str]] = []
        for name in [name for name in yes if name in no]:
            if is_same(yes[name], no[name]):
                environment[name] = yes[name]
                continue
            pair = self._name_both(yes[name], no[name])
            environment[name] = UNKNOWN
            if pair is not None:
                environment[name] = found = self._join(name, pair, (yes[name], no[name]))
                results.append(found.name)
                pairs.append(pair)
        for name in environment.keys() - (yes.keys() & no.keys()):
            environment[name] = UNKNOWN
        if not results and not yes_nodes and not no_nodes:
            return
        blocks = tuple(
            Block({}, tuple(pair[place] for pair in pairs), tuple(nodes))
            for place, nodes in enumerate((yes_nodes, no_nodes))
        )
        label = self._drawing.fresh("/".join((*self._path[-1:], "if")))
        step = Step("if", (self._condition(condition, label),), tuple(results), {})
        self._drawing.nodes += make_nodes([step], "prim:If", label, blocks)

    def _name_both(self, yes: Value, no: Value) -> tuple[str, str] | None:
        """Values of both arms by name, where both have one."""
        call = Call("", [], {}, "", 1, self._drawing)
        try:
            pair = call.name_of(yes), call.name_of(no)
        except NoRule:
            return None
        return pair if all(pair) else None

    def _join(self, name: str, pair: tuple[str, str], values: tuple[Value, Value]) -> Ref:
        """What a variable is after a branch; what both arms know of it is known."""
        drawing = self._drawing
        numbers = all(isinstance(value, Ref) and value.is_number for value in values)
        found = Ref(drawing.fresh(name), numbers)
        ranks = {drawing.ranks.get(each) for each in pair}
        elements = {drawing.elements.get(each) for each in pair}
        if len(ranks) == len(elements) == 1:
            drawing.know(found.name, ranks.pop(), elements.pop())
        return found

    def _try_arm(
        self, body: tuple[Statement, ...], environment: Environment
    ) -> tuple[Environment, list[Node]]:
        """Variables and nodes after an arm of which nobody knows whether it is taken."""
        self._spend(len(environment) // 16)
        drawing, inner = self._drawing, dict(environment)
        outer, drawing.nodes = drawing.nodes, []
        self._undecided += 1
        self._block(body, inner)
        self._undecided -= 1
        nodes, drawing.nodes = drawing.nodes, outer
        return inner, nodes

    def _condition(self, condition: Value, label: str) -> str:
        if isinstance(condition, Ref):
            return condition.name
        name = self._drawing.fresh(f"{label}/condition")
        stated = {name: TensorType("i1", ())}
        self._drawing.draw([Step("unknown", (), (name,), {}, stated)], "prim:condition", label)
        self._drawing.unknown["condition"] += 1
        return name

    def _repeat(self, statement: Repeat, environment: Environment) -> tuple[Value] | None:
        if statement.target:
            return self._count(statement, environment)
        while True:
            holds = truth(self._evaluate(statement.over, environment))
            if holds is None:
                self._leave_open(statement, environment)
                return None
            if not holds:
                return None
            found = self._block(statement.body, environment)
            if found is not None:
                return found
            self._spend()

    def _count(self, statement: Repeat, environment: Environment) -> tuple[Value] | None:
        over = self._evaluate(statement.over, environment)
        if not isinstance(over, Sequence):
            self._leave_open(statement, environment)
            return None
        for value in over.parts:
            self._spend()
            environment[statement.target] = value
            found = self._block(statement.body, environment)
            if found is not None:
                return found
        return None

    def _leave_open(self, statement: Repeat, environment: Environment) -> None:
        """A loop of which nobody knows how often it runs: its results are unknown."""
        drawing = self._drawing
        if statement.target:
            environment[statement.target] = UNKNOWN
        after, _ = self._try_arm(statement.body, environment)
        changed = [n for n, v in environment.items() if not is_same(v, after.get(n, UNKNOWN))]
        inputs = tuple(v.name for n in changed if isinstance(v := environment[n], Ref))
        label = drawing.fresh("/".join((*self._path[-1:], "loop")))
        outputs = []
        for name in changed:
            known = environment[name]
            if not isinstance(known, Ref):
                environment[name] = UNKNOWN
                continue
            found = Ref(drawing.fresh(name), known.is_number)
            environment[name] = found
            outputs.append(found.name)
        self.open_loops += 1
        drawing.draw([Step("unknown", inputs, tuple(outputs), {})], "prim:Loop", label)


def _raises(body: tuple[Statement, ...]) -> bool:
    """Whether a block ends in an exception."""
    for statement in body:
        if isinstance(statement, Evaluate) and isinstance(statement.value, Called):
            path = statement.value.function
            if isinstance(path, Member) and path.name == "RaiseException":
                return True
    return False


def _fits(owner: Sequence, place: int) -> bool:
    return -len(owner.parts) <= place < len(owner.parts)
