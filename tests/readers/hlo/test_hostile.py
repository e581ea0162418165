"""Files that are wrong on purpose: each is refused by its cause, in time and memory of its size."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from tests.patience import ends_within, grows_in_proportion
from tests.readers.formats.protobuf import nested, number
from tests.readers.hlo.files import FILES, read_bytes, read_lines, read_text, require

MOST_CALLS = 5_000_000
"""Of functions; what is typed as often as it is called makes hundreds of millions."""

SMALL = [name for name, path in FILES.items() if path.stat().st_size < 12_000]
X = "x = f32[4] parameter(0)"
F = "f {\n  p = f32[4] parameter(0)\n  ROOT r = f32[4] abs(p)\n}\n\n"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (("y = f32[4] abs(x)",), "reads 'x', which is not defined"),
        ((X, "y = f32[4] abs(y)"), "reads 'y', which is not defined"),
        ((X, "x = f32[4] abs(x)"), "'x' is defined a second time"),
        (("x = f32[4] parameter(1)",), "not numbered from 0"),
        ((X, "y = f32[4] parameter(0)"), "not numbered from 0"),
        ((X, "y = f32[4] call(x), to_apply=g"), "calls 'g', which is not defined"),
        ((X, "y = f32[4] call(x, x), to_apply=f"), "not the operands"),
        ((X, "y = (f32[4], f32[4]) call(x), to_apply=f"), "not the results"),
        ((X, "y = f32[4] get-tuple-element(x), index=0"), "takes what is not in a tuple"),
        (
            (X, "t = (f32[4]) tuple(x)", "y = f32[4] get-tuple-element(t), index=9"),
            "not in a tuple",
        ),
        ((X, "t = (f32[4], f32[4]) tuple(x)"), "not the type of what it stands for"),
        ((X, "y = f32[4] while(x), body=f"), "should have two computations"),
        ((X, "y = f32[4] conditional(x), branch_computations={f}"), "not an operand for each"),
        ((X, "y = f32[-4] abs(x)"), "no size of a dimension"),
        ((X, "y = f32[99999999999999999999] abs(x)"), "no size of a dimension"),
        ((X, f"y = f32[{'1,' * 99}1] abs(x)"), "more than 64 dimensions"),
        ((X, "y = abs(x)"), "has no type"),
        ((X, "y = f32[4]"), "has no operation"),
        ((X, "y = f32[4] abs(x"), "have no end"),
        ((X, 'y = f32[4] abs(x), sharding={{"a}'), "has no end"),
        ((X, "nonsense"), "neither an instruction nor the end"),
        ((X, f"y = f32[4] slice(x), slice={{[{'1' * 30}:4]}}"), "more than 64 bits"),
    ],
)
def test_a_wrong_instruction_is_refused_by_its_cause(lines: tuple[str, ...], cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read_lines(*lines, before=F)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("HloModule m\n", "no entry computation"),
        ("HloModule m\nENTRY e {\n}\n", "has no result"),
        ("HloModule m\nENTRY e {\n  p = f32[] parameter(0)\n", "cut off"),
        ("HloModule m\n" + F + F + "ENTRY e {\n  ROOT p = f32[] parameter(0)\n}\n", "there twice"),
        ("HloModule m\nENTRY e {\n p = f32[] parameter(0)\n}\nENTRY g {\n", "second computation"),
        ("HloModule m, num_partitions=0\nENTRY e {\n}\n", "no positive number"),
        ("HloModule m\n?\n", "no computation begins at line 2, column 1"),
        ("HloModule m\ne (p: f32[]) {\n", "signature of a computation"),
        ("HloModule m\n/* never closed\n", "no computation begins"),
    ],
)
def test_a_wrong_module_is_refused_by_its_cause(text: str, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read_text(text)


def chain(depth: int, calls: int, operation: str = "call(p), to_apply") -> str:
    """Functions that each call the one before several times."""
    text = F.replace("f {", "f0 {")
    for level in range(1, depth + 1):
        inner = "".join(f"  c{n} = f32[4] {operation}=f{level - 1}\n" for n in range(calls))
        text += f"f{level} {{\n  p = f32[4] parameter(0)\n{inner}  ROOT r = f32[4] abs(c0)\n}}\n\n"
    return text


def test_calls_that_double_are_typed_once_and_multiplied() -> None:
    lines = (X, "y = f32[4] call(x), to_apply=f20")
    needs = ends_within(MOST_CALLS, lambda: require(read_lines(*lines, before=chain(20, 2))))
    assert needs.operations["abs"] == 2**21 - 1


def test_calls_that_double_with_other_values_each_end_soon() -> None:
    text = "f0 {\n  p = s32[] parameter(0)\n  ROOT r = s32[] negate(p)\n}\n\n"
    for level in range(1, 26):
        text += (
            f"f{level} {{\n  p = s32[] parameter(0)\n  two = s32[] constant(2)\n"
            f"  even = s32[] multiply(p, two)\n  one = s32[] constant(1)\n"
            f"  odd = s32[] add(even, one)\n  a = s32[] call(even), to_apply=f{level - 1}\n"
            f"  b = s32[] call(odd), to_apply=f{level - 1}\n  ROOT r = s32[] add(a, b)\n}}\n\n"
        )
    lines = ("x = s32[] constant(1)", "y = s32[] call(x), to_apply=f25")
    needs = ends_within(MOST_CALLS, lambda: require(read_lines(*lines, before=text)))
    assert needs.operations["negate"] == 2**25


def test_branches_that_never_run_are_counted_soon() -> None:
    graph = read_lines(
        X,
        "c = pred[] constant(false)",
        "y = f32[4] conditional(c, x, x), true_computation=f20, false_computation=f0",
        before=chain(20, 2),
    )
    assert ends_within(MOST_CALLS, lambda: require(graph)).operations["abs"] == 2**21


def test_calls_within_calls_are_refused_beyond_a_depth() -> None:
    with pytest.raises(UnreadableModel, match="nested more than 30 deep"):
        read_lines(X, "y = f32[4] call(x), to_apply=f9999", before=chain(9999, 1))


@pytest.mark.parametrize("operation", ["call", "fusion", "map"])
def test_what_calls_itself_is_refused(operation: str) -> None:
    loop = f"f {{\n  p = f32[4] parameter(0)\n  ROOT r = f32[4] {operation}(p), calls=f\n}}\n\n"
    with pytest.raises(UnreadableModel, match="'f' calls itself"):
        read_lines(X, "y = f32[4] call(x), to_apply=f", before=loop)


def test_the_entry_may_not_be_called() -> None:
    with pytest.raises(UnreadableModel, match="'main' calls itself"):
        read_lines(X, "y = f32[4] call(x), to_apply=main")


def test_sizes_that_overflow_are_refused() -> None:
    huge = "f32[1000000000,1000000000,1000]"
    with pytest.raises(UnreadableModel):
        require(read_lines(f"x = {huge} parameter(0)", f"y = {huge} abs(x)"))


MEGABYTE = 1 << 20
LONG_LINES: dict[str, Callable[[int], str]] = {
    "name": lambda size: "a" * size + " = f32[4] parameter(0)",
    "quotes": lambda size: '"' * size,
    "odd quotes": lambda size: 'y = f32[4] abs(x), metadata={op_name="' + '"' * (MEGABYTE + 1),
    "brackets": lambda size: "y = " + "(" * size,
    "operands in brackets": lambda size: "y = f32[4] abs(" + "(" * size,
    "sizes": lambda size: "y = f32[" + "1," * size,
    "opening comments": lambda size: "y = f32[4] abs(" + "/*" * size + ")",
    "operands": lambda size: "y = f32[4] abs(" + "x," * size + "x)",
    "attributes": lambda size: "y = f32[4] abs(x)" + ", a=b" * size,
    "window of letters": lambda size: "y = f32[4] abs(x), window={" + "a" * size + "}",
    "dimensions": lambda size: "y = f32[4] abs(x), dimensions={" + "1," * size + "}",
    "groups": lambda size: "y = f32[4] all-reduce(x), replica_groups={" + "{1}," * size + "}",
    "tuples": lambda size: (
        "y = " + "(f32[4], " * 60 + "f32[4]" + ")" * 60 + " abs(x)" + ", " * size
    ),
    "escapes": lambda size: 'y = f32[4] abs(x), metadata={op_name="' + "\\" * size + '"}',
}


@pytest.mark.parametrize("kind", LONG_LINES)
def test_a_line_of_megabytes_is_looked_at_once(kind: str) -> None:
    def make(size: int) -> Callable[[], None]:
        line = LONG_LINES[kind](size)

        def work() -> None:
            with contextlib.suppress(UnreadableModel):
                read_lines(X, line)

        return work

    grows_in_proportion(make, MEGABYTE)


def test_tuples_that_are_named_often_are_bounded() -> None:
    wide = "(" + "f32[], " * 9999 + "f32[])"
    lines = [f"x = {wide} parameter(0)", *(f"t{n} = token[] after-all(x)" for n in range(300))]
    with pytest.raises(UnreadableModel, match="more than 2000000 tuple elements"):
        read_lines(*lines)


def instruction(*fields: bytes) -> bytes:
    """A module of one instruction of these fields."""
    entry = nested(1, b"main") + nested(2, b"".join(fields)) + number(5, 7)
    return nested(1, b"m") + nested(2, b"main") + nested(3, entry) + number(6, 7)


PARAMETER = nested(1, b"p") + nested(2, b"parameter") + number(35, 1)
DEEP = number(2, 13)
for _ in range(200):
    DEEP = number(2, 13) + nested(4, DEEP)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (instruction(PARAMETER, nested(3, number(2, 11) + nested(3, b"\x01" * 99))), "64 dim"),
        (instruction(PARAMETER, nested(3, number(2, 11) + number(3, -2))), "negative size"),
        (instruction(PARAMETER, nested(3, DEEP)), "nest more than 64 deep"),
        (instruction(nested(1, b"y"), nested(2, b"abs"), number(35, 1), number(36, 9)),
         "reads '9'"),
        (instruction(nested(1, b"y"), nested(2, b"call"), number(38, 7)), "calls itself"),
        (instruction(nested(1, b"y"), nested(2, b"call"), number(38, 8)), "not defined"),
        (instruction(PARAMETER, nested(14, b"\x01" * 70000)), "more than 65536 numbers"),
        (instruction(nested(1, b"y" * 9999)), "a name of 9999 bytes"),
        (nested(1, b"m") + nested(3, nested(1, b"f") + number(6, 3) + nested(2, PARAMETER)),
         "the result of 'f' is not in it"),
        (nested(1, b"m") + nested(2, b"main"), "no entry"),
    ],
)  # fmt: skip
def test_a_wrong_protobuf_is_refused_by_its_cause(content: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read_bytes(content)


FRAGMENTS = st.sampled_from(
    [b"", b"{", b"}", b"(", b")", b"[", b"]", b'"', b",", b":", b"=", b"->", b"%x", b"ENTRY ",
     b"ROOT ", b"f32[", b"f32[4]", b"/*", b"*/", b"calls=", b"constant(", b"{...}", b"index=",
     b"99999999999999999999", b"-1", b"\n", b"\0", b"\xff", b"while(", b"tuple(", b"\\", b"<="]
)  # fmt: skip


@pytest.mark.wrong_operands
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SMALL), st.data())
def test_mutated_files_are_refused_or_read(name: str, data: st.DataObject) -> None:
    whole = FILES[name].read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole)))
        removed = data.draw(st.integers(0, 12))
        whole = whole[:place] + data.draw(FRAGMENTS) + whole[place + removed :]
    cause = ""
    try:
        read_bytes(whole)
    except UnreadableModel as refusal:
        cause = str(refusal)
    assert "\n" not in cause
