"""Modules that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.dlvm.reader import DlvmReader
from cyborg_rr.readers.reading.source import Source
from tests.patience import grows_in_proportion
from tests.readers import hostile
from tests.readers.dlvm.writing import HEAD, function, write
from tests.readers.samples import DATA

A, S = "<2 x 3 x f32>", "f32"


def refuse(content: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(DlvmReader(), Source("hostile", content), cause)


def one(*lines: str, result: str = A) -> bytes:
    """A module of one function."""
    return write(function([("a", A), ("c", "bool")], result, *lines))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "the file ends where 'module'"),
        (b"\xff\xfe", "no text at byte 0"),
        (b"module {", "a text in quotes"),
        (b'module "m"\nstage boiled\n', "'raw' or 'optimizable'"),
        (HEAD.encode(), "defines no function"),
        (write("func @f: f32 {"), "no type of functions"),
        (write("func @f: () -> f32 {\n}"), "a block has to be"),
        (write("var @v: <0.5 x f32>"), "a whole number"),
        (write("var @v: <99999999999999999999 x f32>"), "exceeds"),
        (write("var @v: <9223372036854775807 x 4 x f32>"), "more than"),
        (write("var @v: <-1 x f32>"), "negative"),
        (write("var @v: <" + "1 x " * 99 + "f32>"), "rank 99"),
        (write("var @v: " + "(" * 5000), "more than 64 deep"),
        (write("var @v: " + "*" * 5000 + "f32"), "more than 64 deep"),
        (write("var @v: $N"), "no type is called"),
        (write("var @v: f33"), "an element type"),
        (write("var @v: f32\nvar @v: f32"), "stands twice"),
        (write("struct $N {\n#a: f32\n#a: f32\n}"), "stands twice"),
        (one("%r = juggle %a: f32"), "an instruction"),
        (one("%r = ; %a"), "a word of DLVM|has to be"),
        (one(f"return %b: {A}"), "no value '%b'"),
        (one("return %a: <3 x 2 x f32>"), "is 2x3:f32 and used as 3x2:f32"),
        (one(f"return %a: {A}", result=S), "used as"),
        (one(f"%r = tanh %a: {A}"), "ends without a jump"),
        (one(f"return %a: {A}", f"return %a: {A}"), "goes on behind"),
        (one("branch 'nowhere()"), "'nowhere', which is not there"),
        (one("branch 'b()", f"'b(%x: {A}):", f"return %x: {A}"), "takes 1 values"),
        (one("branch 'b()", "'b():", f"return %a: {A}", "'b():", "trap"), "stands twice"),
        (one(f"%r = dot %a: {A}, %a: {A}", f"return %r: {A}"), "dot 'r'|used as|differ|3 and 2"),
        (one(f"%r = slice %a: {A} from 5 upto 9", f"return %r: {A}"), "used as|slice"),
        (one(f"%r = reduce %a: {A} by add init 0: f32 along 7", f"return %r: {A}"), "reduce"),
        (one(f"%r = padShape %a: {A} at 99", f"return %r: {A}"), "padShape"),
        (one(f"%r = concatenate %a: {A} along 9", f"return %r: {A}"), "concatenate"),
        (one(f"%r = shapeCast %a: {A} to 7", f"return %r: {A}"), "shapeCast"),
        (one(f"%r = apply @g(%a: {A}) -> {A}", f"return %r: {A}"), "no function is called '@g'"),
        (one("%r = literal <1: f32>: <2 x f32>", "return %r: <2 x f32>"), "has 1 numbers"),
        (one("%r = literal (1: f32): (f32, f32)", f"return %a: {A}"), "1 values stand for 2"),
        (one("%r = literal " + "<" * 5000, f"return %a: {A}"), "more than 64 deep"),
        (one("%t = literal (1: f32, 2: f32): (f32, f32)", "%r = extract 2 from %t: (f32, f32)"
             , f"return %a: {A}"), "no part 2"),
        (one(f"%a = tanh %a: {A}", f"return %a: {A}"), "'%a' stands twice"),
        (one("conditional %c: bool then 'x() else 'y()", "'x():", f"%v = tanh %a: {A}",
             "branch 'z()", "'y():", "branch 'z()", "'z():", f"return %v: {A}"), "no value '%v'"),
    ],
    ids=range(41),
)  # fmt: skip
def test_a_malformed_module_is_refused(content: bytes, cause: str) -> None:
    refuse(content, cause)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"module mnist\nstage raw\nfunc @f: () -> void {\n", "without quotes"),
        (b"module mnist\ndeclare input @x : |<1x784.f32>|\n", r"\|<4x4.f32>\|"),
        (b'module "m"\nstage raw\nfunc @f: ($[4x4 x f32]) -> $[4x4 x f32] {\n', r"\$\[4x4 x f32\]"),
    ],
)
def test_older_generations_are_recognised_and_refused_by_name(content: bytes, named: str) -> None:
    assert DlvmReader().recognises(Source("old", content))
    refuse(content, f"older generation of DLVM .*{named}")


@pytest.mark.parametrize("stem", ["scalar", "cse", "documentation_flow"])
def test_a_file_that_was_cut_off_is_recognised_and_refused(stem: str) -> None:
    whole = (DATA / "dlvm" / f"{stem}.dl").read_bytes().rstrip()
    cut = whole[: whole.index(b"return %")]
    assert DlvmReader().recognises(Source("cut", cut))
    refuse(cut, "the file ends")


def test_functions_that_call_each_other_in_a_long_row_are_refused() -> None:
    rows = [
        function([("x", S)], S, f"%r = apply @f{n + 1}(%x: {S}) -> {S}", f"return %r: {S}",
                 name=f"f{n}")
        for n in range(500)
    ]  # fmt: skip
    last = function([("x", S)], S, f"return %x: {S}", name="f500")
    refuse(write(*rows, last), "more than 64 deep")


def test_functions_that_double_their_calls_stay_small() -> None:
    parts = [function([("x", S)], S, f"return %x: {S}", name="f0")]
    for n in range(1, 50):
        call = f"apply @f{n - 1}"
        parts.append(
            function([("x", S)], S, f"%p = {call}(%x: {S}) -> {S}", f"%q = {call}(%p: {S}) -> {S}",
                     f"return %q: {S}", name=f"f{n}")
        )  # fmt: skip
    assert len(DlvmReader().read(Source("calls", write(*parts))).body.nodes) == 2


def test_branches_that_double_are_refused_or_meet() -> None:
    """Each choice skips one of the next blocks, so that none of them meet before the end."""
    lines = ["branch 'b0()"]
    for n in range(40):
        lines += [f"'b{n}():", f"conditional %c: bool then 'b{n + 1}() else 'b{n + 2}()"]
    for n in (40, 41):
        lines += [f"'b{n}():", f"return %a: {A}"]
    refuse(one(*lines), "do not meet|more than 64 deep")


def test_structures_that_double_are_not_taken_apart() -> None:
    parts = ["struct $S0 {\n#a: f32\n#b: f32\n}"]
    parts += [f"struct $S{n} {{\n#a: $S{n - 1}\n#b: $S{n - 1}\n}}" for n in range(1, 60)]
    graph = DlvmReader().read(
        Source("wide", write(*parts, function([("s", "$S59"), ("x", S)], S, f"return %x: {S}")))
    )
    assert list(graph.body.inputs) == ["x"]


def test_a_long_chain_of_choices_takes_no_stack_and_little_time() -> None:
    def make(count: int) -> Callable[[], Graph]:
        lines = ["branch 'b0()"]
        for n in range(count):
            lines += [f"'b{n}():", f"conditional %c: bool then 'm{n}() else 'b{n + 1}()"]
            lines += [f"'m{n}():", f"branch 'b{n + 1}()"]
        source = Source("long", one(*lines, f"'b{count}():", f"return %a: {A}"))
        return lambda: DlvmReader().read(source)

    assert len(make(1000)().body.nodes) == 1000
    grows_in_proportion(make, 2000)


def test_too_many_blocks_are_refused() -> None:
    lines = [f"branch 'b{n}()\n'b{n}():" for n in range(5000)]
    refuse(one(*lines, "trap"), "more than 4096 blocks")


def test_a_long_chain_takes_time_in_proportion() -> None:
    def make(count: int) -> Callable[[], Graph]:
        lines = [f"%v0 = tanh %a: {A}"]
        lines += [f"%v{n} = tanh %v{n - 1}: {A}" for n in range(1, count)]
        source = Source("long", one(*lines, f"return %v{count - 1}: {A}"))
        return lambda: DlvmReader().read(source)

    assert len(make(1000)().body.nodes) == 1000
    grows_in_proportion(make, 20_000)
