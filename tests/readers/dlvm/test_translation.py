"""One instruction each: what it becomes and its sizes; whole modules: work counted by hand."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import pytest

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.dlvm.module import Instruction, Module
from cyborg_rr.readers.dlvm.reader import DlvmReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.readers.dlvm.writing import function, write
from tests.readers.samples import DATA

A, V, S = "<2 x 3 x f32>", "<3 x f32>", "f32"
IMAGE, KERNEL = "<1 x 4 x 9 x 8 x f32>", "<6 x 2 x 3 x 3 x f32>"


def read(*parts: str) -> Graph:
    """The graph of a module."""
    return DlvmReader().read(Source("made", write(*parts)))


def analyse(content: bytes) -> IRRequirement:
    """What is said of a module."""
    return analyse_by(DlvmReader(), Source("made", content), parse_options(None, ()))


def inspect_sample(name: str) -> IRRequirement:
    """What is said of a sample."""
    return analyse((DATA / "dlvm" / f"{name}.dl").read_bytes())


ONE: Sequence[tuple[str, str, str]] = (
    (f"tanh %a: {A}", A, "tanh"),
    (f"square %a: {A}", A, "multiply"),
    (f"erfc %a: {A}", A, "subtract"),
    (f"cos %a: {A}", A, "cosine"),
    (f"lgamma %a: {A}", A, "unknown"),
    (f"add %a: {A}, %v: {V}", A, "add"),
    (f"min %a: {A}, 6.0: f32", A, "minimum"),
    (f"floorDivide %a: {A}, %a: {A}", A, "floor"),
    (f"modulo %a: {A}, %a: {A}", A, "remainder"),
    (f"lessThan %a: {A}, %v: {V}", "<2 x 3 x bool>", "compare"),
    (f"dot %a: {A}, %v: {V}", "<2 x f32>", "dot_general"),
    (f"matrixMultiply %a: {A}, %t: <3 x 4 x 5 x f32>", "<2 x 4 x 5 x f32>", "dot_general"),
    (f"dataTypeCast %a: {A} to f16", "<2 x 3 x f16>", "convert"),
    (f"scan %a: {A} by add along 1", A, "cumulative"),
    (f"reduce %a: {A} by max init 0.0: f32 along 1", "<2 x f32>", "reduce"),
    (f'reduce %a: {A} by builtin "max" init 0.0: f32 along 0, 1', S, "reduce"),
    (
        f"reduceWindow %a: {A} by max init 0.0: f32 dims 1, 2 strides 1, 1 padding none",
        "<2 x 2 x f32>",
        "reduce_window",
    ),
    (
        f"reduceWindow %a: {A} by add init 0.0: f32 dims 1, 3 strides 1, 2 padding half",
        "<2 x 2 x f32>",
        "reduce_window",
    ),
    (f"concatenate %a: {A}, %a: {A} along 1", "<2 x 6 x f32>", "concatenate"),
    (f"transpose %a: {A}", "<3 x 2 x f32>", "transpose"),
    (f"reverse %a: {A} along 0, 1", A, "reverse"),
    ("slice %t: <3 x 4 x 5 x f32> from 1 upto 2", "<2 x 4 x 5 x f32>", "slice"),
    ("random 2 x 3 from 0.0: f32 upto 1.0: f32", A, "random"),
    (f"select %a: {A}, %a: {A} by true: bool", A, "select"),
    (
        f"convolve %i: {IMAGE} kernel %k: {KERNEL} strides 2, 1 padding (1, 1), (0, 0) groups 2",
        "<1 x 6 x 5 x 6 x f32>",
        "convolution",
    ),
    (f"padShape %a: {A} at 1", "<2 x 1 x 3 x f32>", "unsqueeze"),
    ("squeezeShape %one: <1 x 3 x f32> at 0", V, "squeeze"),
    (f"shapeCast %a: {A} to 6", "<6 x f32>", "reshape"),
    (f"bitCast %a: {A} to <2 x 3 x i32>", "<2 x 3 x i32>", "bitcast_convert"),
    (f"extract 1 from %a: {A}", V, "squeeze"),
    (f"extract 1, 2 from %a: {A}", S, "squeeze"),
    (f"insert %v: {V} to %a: {A} at 1", A, "unknown"),
    (f'builtin "softmax"(%a: {A}) -> {A}', A, "softmax"),
    (f'builtin "strange"(%a: {A}) -> {A}', A, "unknown"),
)


@pytest.mark.parametrize(("line", "result", "operation"), ONE)
def test_an_instruction_becomes_its_operation(line: str, result: str, operation: str) -> None:
    arguments = [
        ("a", A), ("v", V), ("t", "<3 x 4 x 5 x f32>"), ("i", IMAGE), ("k", KERNEL),
        ("one", "<1 x 3 x f32>"),
    ]  # fmt: skip
    graph = read(function(arguments, result, f"%r = {line}", f"return %r: {result}"))
    assert graph.body.nodes[-1].operation == operation


@pytest.mark.parametrize(
    ("sample", "macs"),
    [
        ("documentation_mlp", 32 * (784 * 128 + 128 * 10)),
        ("documentation_cnn", 16 * 16 * 8 * 27 + 512 * 10),
        ("scalar", 0),
        ("cse", 0),
    ],
)
def test_multiply_adds_are_those_counted_by_hand(sample: str, macs: int) -> None:
    found = inspect_sample(sample).compute
    assert found.macs == macs


def test_variables_are_the_weights() -> None:
    assert inspect_sample("documentation_cnn").memory.parameter_bytes == 4 * (8 * 27 + 512 * 10)


def test_a_choice_costs_what_the_dearer_branch_does() -> None:
    matrix = "<8 x 8 x f32>"
    module = function(
        [("x", matrix), ("c", "bool")], matrix,
        "conditional %c: bool then 'one() else 'two()",
        "'one():", f"%p = dot %x: {matrix}, %x: {matrix}", f"branch 'end(%p: {matrix})",
        "'two():", f"%q = dot %x: {matrix}, %x: {matrix}", f"%s = dot %q: {matrix}, %x: {matrix}",
        f"branch 'end(%s: {matrix})",
        f"'end(%r: {matrix}):", f"return %r: {matrix}",
    )  # fmt: skip
    assert analyse(write(module)).compute.macs == 2 * 8**3


def test_branches_that_both_return_are_a_choice() -> None:
    graph = read(
        function(
            [("x", S), ("c", "bool")], S, "conditional %c: bool then 'one() else 'two()",
            "'one():", f"return %x: {S}", "'two():", f"return 2.0: {S}",
        )
    )  # fmt: skip
    assert [node.operation for node in graph.body.nodes] == ["if"]


def test_a_case_of_an_enumeration_is_a_choice() -> None:
    graph = read(
        "enum $E {\n ?a(f32)\n ?b()\n}",
        function(
            [("e", "$E")], S, "branchEnum %e: $E case ?a 'one case ?b 'two",
            "'one(%v: f32):", "branch 'end(%v: f32)", "'two():", "branch 'end(1.0: f32)",
            "'end(%r: f32):", "return %r: f32",
        ),
    )  # fmt: skip
    assert [node.operation for node in graph.body.nodes] == ["case"]


def test_a_call_counts_as_often_as_it_is_made_and_is_typed_once() -> None:
    matrix = "<8 x 8 x f32>"
    called = function(
        [("x", matrix)], matrix, f"%r = dot %x: {matrix}, %x: {matrix}", f"return %r: {matrix}",
        name="f",
    )  # fmt: skip
    module = function(
        [("x", matrix)], matrix, f"%p = apply @f(%x: {matrix}) -> {matrix}",
        f"%q = apply @f(%p: {matrix}) -> {matrix}", f"return %q: {matrix}",
    )  # fmt: skip
    first, second = read(module, called).body.nodes
    assert first.blocks[0] is second.blocks[0]
    assert analyse(write(module, called)).compute.macs == 2 * 8**3


def test_recursion_is_unknown_with_a_warning() -> None:
    graph = read(
        function([("x", S)], S, f"%r = apply @main(%x: {S}) -> {S}", f"return %r: {S}"),
    )
    assert graph.body.nodes[0].operation == "unknown"
    assert "function '@main' calls itself, which is not followed" in graph.warnings


def test_a_loop_is_unknown_with_a_warning_and_what_follows_is_read() -> None:
    graph = read(
        function(
            [("x", S)], S, f"branch 'again(%x: {S})", f"'again(%h: {S}):", f"%t = tanh %h: {S}",
            f"%c = lessThan %t: {S}, 0.1: {S}",
            f"conditional %c: bool then 'again(%t: {S}) else 'done()",
            "'done():", f"%u = exp %t: {S}", f"return %u: {S}",
        )
    )  # fmt: skip
    assert [node.operation for node in graph.body.nodes] == ["unknown", "exp"]
    assert any("has a loop" in warning for warning in graph.warnings)


def test_the_entry_is_main_or_the_last_that_nothing_calls() -> None:
    called = function([("x", S)], S, f"return %x: {S}", name="z")
    other = function([("x", S), ("y", S)], S, f"%r = apply @z(%x: {S}) -> {S}", f"return %r: {S}",
                     name="a")  # fmt: skip
    assert list(read(other, called).body.inputs) == ["x", "y"]
    main = function([("m", S)], S, f"return %m: {S}")
    graph = read(main, other, called)
    assert list(graph.body.inputs) == ["m"]
    assert any("were not read" in warning for warning in graph.warnings)


def test_tuples_are_taken_apart_and_put_together() -> None:
    pair = f"({A}, {V})"
    graph = read(
        function(
            [("p", pair), ("w", V)], V, f"%q = insert %w: {V} to %p: {pair} at 1",
            f"%v = extract 1 from %q: {pair}", f"return %v: {V}",
        )
    )  # fmt: skip
    assert graph.body.outputs == ("w",)
    assert graph.arguments.names == (("p.0", "p.1"), ("w",))


def test_memory_is_followed_within_a_block() -> None:
    graph = read(
        function(
            [("x", A)], A, f"%s = allocateHeap {A} count 1: i64", f"store %x: {A} to %s: *{A}",
            f"%l = load %s: *{A}", f"deallocate %s: *{A}", f"return %l: {A}",
        )
    )  # fmt: skip
    assert graph.body.outputs == ("x",)
    assert not graph.body.nodes


def test_a_literal_of_many_numbers_is_a_parameter() -> None:
    graph = read(
        function([], "<2 x f32>", "%l = literal <1.0: f32, 2.5: f32>: <2 x f32>",
                 "return %l: <2 x f32>")
    )  # fmt: skip
    (stored,) = graph.body.stored.values()
    assert (stored.kind, stored.values) == ("parameter", (1.0, 2.5))


def test_a_size_is_a_number_that_the_type_states() -> None:
    graph = read(function([("a", A)], "<2 x i64>", f"%s = shape of %a: {A}",
                          "return %s: <2 x i64>"))  # fmt: skip
    (stored,) = graph.body.stored.values()
    assert (stored.type, stored.values) == (TensorType("i64", (2,)), (2, 3))


def test_the_genuine_files_are_read_without_a_warning() -> None:
    for name in ("scalar", "intrinsics", "cse"):
        content = (DATA / "dlvm" / f"{name}.dl").read_bytes()
        assert DlvmReader().read(Source(name, content)).warnings == ()


def test_places_are_counted_for_refusals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting the lines before each instruction would take the square of the file."""

    def refuse(module: Module, start: int) -> str:
        raise AssertionError(f"a place was looked for at {start}")

    monkeypatch.setattr(Module, "place", refuse)
    assert inspect_sample("documentation_cnn").operations


@pytest.mark.parametrize(
    "spelling", [A, "<2 x 3  x f32>", "< 2 x\n3 x f32 >", "<2 x // >\n 3 x f32>"]
)
def test_a_type_is_the_same_however_it_is_spelled(spelling: str) -> None:
    """Each spelling is parsed once and known again."""
    lines = (f"%0.0 = tanh %a: {spelling}", f"%0.1 = add %0.0: {spelling}, %0.0: {A}")
    graph = read(function([("a", spelling)], A, *lines, f"return %0.1: {spelling}"))
    assert graph.body.types["0.1"] == TensorType("f32", (2, 3))


def test_nothing_is_left_of_a_module_that_was_read() -> None:
    """Nothing that was parsed knows what parsed it; the reader runs without collector."""
    gc.collect()
    gc.disable()
    try:
        graph = DlvmReader().read(Source("made", (DATA / "dlvm" / "cse.dl").read_bytes()))
        assert not any(isinstance(each, Instruction) for each in gc.get_objects())
        assert graph.body.nodes
    finally:
        gc.enable()
