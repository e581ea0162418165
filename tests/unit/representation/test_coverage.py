"""What a coverage table says of calls, over tables and calls that nobody chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.operands import ABSENT, Operand, parse_operand
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.conditions import (
    COMPARISONS,
    STANDINGS,
    AttributeAbsent,
    AttributeIs,
    Condition,
    OperandIs,
    RankIs,
    Unstated,
)
from cyborg_rr.domain.representation.coverage.explaining import explain, find_types
from cyborg_rr.domain.representation.coverage.rules import Rule
from cyborg_rr.domain.representation.coverage.table import OTHERWISE, CoverageTable, Taken

TYPES = ("f32", "f16", "i64", "i8")
ARCHITECTURES = ("sm_70", "sm_80", "sm_90")
VALUES = (0, 1, "NOTSET", (1, 1))


class Listed:
    """Rules that are all of one operation."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        return self._rules if (dialect, operation) == ("ai.onnx", "Conv") else ()


def make_table(*rules: Rule, otherwise: str = "host") -> CoverageTable:
    """A table of these rules, which keeps Shape on the host."""
    return CoverageTable(
        "t", "1", "2026-11-27", "made here", otherwise, frozenset({"ai.onnx"}), Listed(rules),
        {"ai.onnx": frozenset({"Shape"})},
    )  # fmt: skip  # type: ignore[arg-type]


PLACES = st.sampled_from(["0", "1", "2", "out0"])
CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(OperandIs, PLACES, st.sampled_from(STANDINGS)),
    st.builds(RankIs, PLACES, st.sampled_from(["is", "at most", "at least"]), st.integers(0, 5)),
    st.builds(
        AttributeIs,
        st.sampled_from(["group", "pads"]),
        st.sampled_from([name for name in COMPARISONS if "in" not in name]),
        st.sampled_from(VALUES),
        st.sampled_from([None, *VALUES]),
    ),
    st.builds(AttributeAbsent, st.sampled_from(["group", "pads"])),
)
TYPES_BY_PLACE = st.dictionaries(
    st.sampled_from(["0", "1", "*"]), st.frozensets(st.sampled_from(TYPES), min_size=1), max_size=2
)
RULES = st.builds(
    Rule,
    since=st.sampled_from([None, 1, 9]),
    until=st.sampled_from([None, 12, 20]),
    inputs=TYPES_BY_PLACE,
    outputs=TYPES_BY_PLACE,
    where=st.lists(CONDITIONS, max_size=2).map(tuple),
    arch=st.sampled_from(["", "sm_80"]),
    limit=st.sampled_from(["", "slowly"]),
)
TABLES = st.builds(
    lambda rules, otherwise: make_table(*rules, otherwise=otherwise),
    st.lists(RULES, max_size=4),
    st.sampled_from(OTHERWISE),
)
OPERANDS = st.one_of(
    st.just(ABSENT),
    st.builds(Operand, st.sampled_from(TYPES), st.integers(0, 5), st.booleans(), st.booleans()),
)
CALLS = st.builds(
    Call,
    dialect=st.just("ai.onnx"),
    operation=st.sampled_from(["Conv", "Conv", "Conv", "Shape", "Gemm"]),
    version=st.sampled_from([1, 11, 17, 23]),
    inputs=st.lists(OPERANDS, min_size=1, max_size=4).map(tuple),
    outputs=st.lists(OPERANDS, min_size=1, max_size=2).map(tuple),
    attributes=st.dictionaries(st.sampled_from(["group", "pads"]), st.sampled_from(VALUES)),
)


def hide(call: Call, hidden: Mapping[str, bool]) -> Call:
    """The call as a file has it that says less."""

    def blur(operands: tuple[Operand, ...] | None) -> tuple[Operand, ...] | None:
        if hidden["operands"] or operands is None:
            return None
        return tuple(
            operand._replace(
                element_type=None if hidden["types"] else operand.element_type,
                rank=None if hidden["ranks"] else operand.rank,
            )
            for operand in operands
        )

    values: Mapping[str, object] | None = call.attributes
    if hidden["values"]:
        values = dict.fromkeys(call.attributes or ())
    return replace(
        call,
        version=None if hidden["version"] else call.version,
        inputs=blur(call.inputs),
        outputs=blur(call.outputs),
        attributes=None if hidden["attributes"] else values,
    )


HIDDEN = st.fixed_dictionaries(
    {
        part: st.booleans()
        for part in ("operands", "types", "ranks", "version", "values", "attributes")
    }
)


@given(TABLES, CALLS, st.sampled_from(ARCHITECTURES))
def test_the_first_rule_that_holds_decides(table: CoverageTable, call: Call, arch: str) -> None:
    rules = table.rules.find(call.dialect, call.operation)
    answers = [(rule.ask(call, arch), rule) for rule in rules]
    assert all(answer is not None for answer, _ in answers), "nothing is open in such a call"
    holding = [rule for answer, rule in answers if answer]
    results = [operand for operand in call.outputs or () if operand.is_present]
    hosted = table.otherwise == "host" and results
    if call.operation == "Shape" or (hosted and all(each.is_constant for each in results)):
        expected = Taken("by design")
    elif holding:
        expected = Taken("device", holding[0].limit)
    elif hosted and all(each.is_constant or each.is_shape for each in results):
        expected = Taken("by design")
    else:
        expected = Taken("unknown" if table.otherwise == "unknown" else "otherwise")
    assert table.judge(call, arch) == expected


@given(TABLES, CALLS, HIDDEN, st.sampled_from(ARCHITECTURES), st.booleans())
def test_what_a_file_leaves_open_is_never_a_firm_no_nor_a_false_yes(
    table: CoverageTable, call: Call, hidden: Mapping[str, bool], arch: str, is_known: bool
) -> None:
    known, said = (
        table.judge(call, arch),
        table.judge(hide(call, hidden), arch if is_known else None),
    )
    assert said.where in (known.where, "unknown")


@given(TABLES, CALLS, st.sampled_from(ARCHITECTURES))
def test_the_types_that_are_offered_are_taken(table: CoverageTable, call: Call, arch: str) -> None:
    if table.judge(call, arch).where != "otherwise":
        return
    own = {operand.element_type for operand in (*(call.inputs or ()), *(call.outputs or ()))}
    for new in find_types(table, call, arch):
        assert any(
            table.judge(
                replace(
                    call,
                    inputs=exchange(call.inputs, old, new),
                    outputs=exchange(call.outputs, old, new),
                ),
                arch,
            ).where
            == "device"
            for old in own
        )


def exchange(
    operands: tuple[Operand, ...] | None, old: str | None, new: str
) -> tuple[Operand, ...]:
    """The operands with one type in place of another."""
    return tuple(
        operand._replace(element_type=new) if operand.element_type == old else operand
        for operand in operands or ()
    )


def make_call(*types: str, version: int = 17, **attributes: object) -> Call:
    """A Conv of these inputs, whose output is of the first one's type."""
    operands = tuple(Operand(name, 4) if name else ABSENT for name in types)
    return Call("ai.onnx", "Conv", version, operands, operands[:1], attributes, 3)


F32 = {"*": frozenset({"f32"})}


def test_a_cause_is_the_nearest_one() -> None:
    plain = Rule(inputs=F32)
    cause = explain(make_table(plain), make_call("f16", "f16"), None)
    assert (cause.text, cause.fix, cause.types) == ("Conv of f16", "Conv in f32", ("f32",))
    late = explain(make_table(Rule(since=18, inputs=F32)), make_call("f32"), None)
    assert (late.text, late.fix) == ("Conv of ai.onnx 17", "export the model with ai.onnx >= 18")
    early = explain(make_table(Rule(until=9), Rule(until=11)), make_call("f32"), None)
    assert early.fix == "export the model with ai.onnx <= 11"
    where = (AttributeIs("group", "is", 1, 1), RankIs("0", "at most", 3))
    called = explain(make_table(Rule(where=where)), make_call("f32", group=4), None)
    assert called.text == "Conv by its group, rank of input 0"
    assert explain(make_table(), make_call("f32"), None).text == "Conv"


def test_absent_operands_are_of_every_type_and_rank() -> None:
    rule = Rule(
        inputs={"1": frozenset({"i8"})},
        where=(RankIs("1", "is", 2), OperandIs("1", "constant"), OperandIs("1", "absent")),
    )
    assert make_table(rule).judge(make_call("f32", ""), None).where == "device"
    assert make_table(rule).judge(make_call("f32"), None).where == "device"
    assert make_table(rule).judge(make_call("f32", "i8"), None).where == "otherwise"


def test_what_follows_from_sizes_is_constant_once_they_are_known() -> None:
    table = make_table(Rule(where=(OperandIs("1", "constant"),)))
    for text, where in (("const", "device"), ("shape", "device"), ("", "otherwise")):
        operand = parse_operand(f"{text} i64[1]".strip())
        call = replace(make_call("f32", "i64"), inputs=(Operand("f32", 4), operand))
        assert table.judge(call, None).where == where


def test_what_the_file_stores_is_not_given() -> None:
    table = make_table(Rule(where=(OperandIs("1", "given"),)))
    for text, where in (("const i8[1]", "otherwise"), ("i8[1]", "device"), ("", "device")):
        operand = parse_operand(text)
        call = replace(make_call("f32", "i8"), inputs=(Operand("f32", 4), operand))
        assert table.judge(call, None).where == where


def test_what_is_known_only_once_the_model_runs_is_computed() -> None:
    table = make_table(Rule(where=(OperandIs("1", "computed"),)))
    for text, where in (("", "device"), ("const", "otherwise"), ("shape", "otherwise")):
        operand = parse_operand(f"{text} i64[1]".strip())
        call = replace(make_call("f32", "i64"), inputs=(Operand("f32", 4), operand))
        assert table.judge(call, None).where == where
    assert table.judge(make_call("f32", ""), None).where == "otherwise"


def test_an_attribute_that_is_left_out_has_its_default() -> None:
    for default, expected in ((1, "device"), (4, "otherwise"), (None, "otherwise")):
        rule = Rule(where=(AttributeIs("group", "in", (1, 2), default),))
        assert make_table(rule).judge(make_call("f32"), None).where == expected
    rule = Rule(where=(AttributeIs("auto_pad", "not in", ("SAME_LOWER",)),))
    assert make_table(rule).judge(make_call("f32"), None).where == "device"


def test_what_nobody_states_is_not_known_unless_a_rule_says_it() -> None:
    table = make_table(
        Rule(inputs={"0": frozenset({"f32"})}), Rule(where=(Unstated(),)), otherwise="refused"
    )
    assert table.judge(make_call("f32"), None).where == "device"
    assert table.judge(make_call("f16"), None).where == "unknown"


class OfFunctions:
    """Rules for whoever takes a module's functions: of no call, but known to be none."""

    def find(self, dialect: str, operation: str) -> tuple[Rule, ...]:
        return (Rule(),) if (dialect, operation) == ("func", "call") else ()


def test_calls_of_functions_are_asked_where_a_table_speaks_of_them() -> None:
    call = Call("func", "call", None, (), (), {})
    table = make_table(otherwise="refused")
    assert table.judge(call, None).where == "by design"
    knowing = replace(table, dialects=frozenset({"ai.onnx", "func"}))
    assert knowing.judge(call, None).where == "otherwise"
    assert "function" in explain(knowing, call, None).fix
    assert replace(knowing, rules=OfFunctions()).judge(call, None).where == "device"
