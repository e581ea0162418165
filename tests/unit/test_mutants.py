"""The mutation check of tests/long notices a rule that its cases hold, and one that they do not."""

import ast
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.registry import UNKNOWN_OPERATION
from tests.long.mutants import differs, is_noticed, list_mutants
from tests.long.mutations import list_mutations
from tests.long.rules import find_source, get_function, rebuild
from tests.unit.graph.operations.counting import Case, Cost, CostRule, Operation, type_case

STEPS = 2


def _rows(node: Any) -> int:
    shape = node.shape() or (0,)
    return int(shape[0])


def _planted(node: Any) -> Cost:
    """Two steps per element, one function per row."""
    return Cost(0, STEPS * node.elements(), _rows(node))


def _made(flops: int) -> CostRule:
    def cost(node: Any) -> Cost:
        return Cost(0, flops * node.elements())

    return cost


def _case(rows: int, columns: int) -> Case:
    kind = TensorType("f32", (rows, columns))
    return Case("planted", "planted", [kind], flops=2 * rows * columns, transcendentals=rows,
                yields=[kind])  # fmt: skip


def _register(rule: CostRule) -> Mapping[str, Operation]:
    return {"planted": dataclasses.replace(UNKNOWN_OPERATION, name="planted", cost=rule)}


def _list_survivors(rule: CostRule, *cases: Case) -> list[tuple[str, str]]:
    registry = _register(rule)
    typed = {"planted": [type_case(case) for case in cases]}
    return [
        (mutant.place, mutant.change)
        for mutant in list_mutants(registry, __name__)
        if not is_noticed(mutant, registry, typed)
    ]


def test_cases_that_show_every_factor_leave_no_survivor() -> None:
    assert len(list(list_mutants(_register(_planted), __name__))) > 10
    assert _list_survivors(_planted, _case(3, 5)) == []


def test_a_rule_without_a_case_survives_in_every_mutant() -> None:
    mutants = list(list_mutants(_register(_planted), __name__))
    assert _list_survivors(_planted) == [(mutant.place, mutant.change) for mutant in mutants]


def test_a_case_that_hides_a_factor_lets_mutants_survive() -> None:
    survivors = _list_survivors(_planted, _case(5, 5))
    assert survivors == [("_rows", "return int(shape[1])")]


def test_numbers_that_a_rule_was_made_with_are_changed_too() -> None:
    case = Case("planted", "planted", [(3, 5)], flops=4 * 3 * 5, yields=[TensorType("f32", (3, 5))])
    changes = {mutant.change for mutant in list_mutants(_register(_made(4)), __name__)}
    assert "flops: 4 -> 5" in changes
    assert _list_survivors(_made(4), case) == []


def test_numbers_beside_a_rule_are_changed_and_put_back() -> None:
    registry = _register(_planted)
    found = [m for m in list_mutants(registry, __name__) if m.place == "STEPS"]
    assert [mutant.change for mutant in found] == ["number 1: 2 -> 3"]
    assert is_noticed(found[0], registry, {"planted": [type_case(_case(3, 5))]})
    assert STEPS == 2


def test_a_rule_put_together_unchanged_is_not_noticed() -> None:
    for rule in (_planted, _made(2), lambda node: Cost(0, 2 * node.elements(), _rows(node))):
        case = type_case(_case(3, 5))
        function = get_function(rule)
        same = rebuild(function, find_source(function))
        before, after = (_register(made)["planted"] for made in (rule, same))
        assert case.ask(before) == case.ask(after)


def test_a_mutant_that_breaks_is_noticed() -> None:
    def broken(node: Any) -> Cost:
        raise RuntimeError

    assert differs(type_case(_case(3, 5)), _register(broken)["planted"])


def test_a_kind_of_rule_that_cannot_be_taken_apart_is_refused() -> None:
    rule = functools.partial(lambda factor, node: Cost(factor), 1)
    with pytest.raises(TypeError, match="no plain function"):
        list(list_mutants(_register(rule), __name__))


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("return 2 * a", ["return 3 * a", "return 2 + a", "return 2", "return a"]),
        ("return a // 2", ["return a // 3", "return a * 2", "return a", "return 2"]),
        ("return max(a, 1)", ["return max(a, 2)", "return min(a, 1)"]),
        ("return math.prod(a)", ["return sum(a)"]),
        ("return x.shape()", ["return node.shape(1)"]),
        ("return x.shape(0)", ["return node.shape(1)"]),
        ("return x.shape(a) or ()", ["return ()"]),
        ("return 'sum'", ["return 'sum?'"]),
        ("return a == b", ["return a != b"]),
        ("return not a", ["return a"]),
        ("return a[:b]", ["return a[:None]"]),
        ("return a if b else c", ["return a if True else c", "return a if False else c"]),
        ("return [a for a in b if a]", ["return [a for a in b if True]",
                                        "return [a for a in b if False]"]),
        ("a *= b", ["pass # a *= b", "a += b # a *= b"]),
        ("return Cost(a, 0)", ["return Cost(0, 0)", "return Cost(a, 1)"]),
        ("if a:\n  return b", ["if True: # a", "if False: # a"]),
        ("if a:\n  raise ValueError('2')", []),
        ("'''Text.'''", []),
    ],
)  # fmt: skip
def test_every_kind_of_mistake_is_made_once(source: str, changes: list[str]) -> None:
    body = "\n ".join(source.splitlines())
    function = ast.parse(f"def rule(x):\n {body}").body[0]
    assert isinstance(function, ast.FunctionDef)
    before = ast.unparse(function)
    assert sorted(m.change for m in list_mutations(function)) == sorted(changes)
    assert ast.unparse(function) == before
