"""Text made to hurt: the only error is ``UnreadableModel``, and it comes soon."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.dialects.mlir.calls import MAX_CALL_DEPTH
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.patience import ends_within, grows_in_proportion
from tests.readers import hostile
from tests.readers.golden import all_nodes
from tests.readers.stablehlo.files import FILES

SMALL = sorted(stem for stem, path in FILES.items() if path.stat().st_size < 50_000)
HEAD = "module @m {\n func.func public @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
TAIL = "  return %a : tensor<4xf32>\n }\n}\n"
TUPLE = f"tuple<{', '.join(['tensor<f32>'] * 60000)}>"


def refuse(data: bytes) -> str:
    """The message of the refusal, one line that came in time."""
    return hostile.refuse(StablehloReader(), Source("hostile", data))


def chain(count: int, calls: int) -> str:
    """Functions each of which calls the next several times."""
    call = "  call @f{0}() : () -> ()\n"
    functions = "".join(
        f"func.func private @f{index}() {{\n{call.format(index + 1) * calls}  return\n}}\n"
        for index in range(count)
    )
    return (
        f"func.func @main() {{\n{call.format(0)}  return\n}}\n{functions}"
        f"func.func private @f{count}() {{\n  return\n}}\n"
    )


REFUSED = {
    "nested tuples": (HEAD + "%b = stablehlo.tuple %a : " + "tuple<" * 200_000, "nesting"),
    "closed tuples": (
        HEAD + "%b = stablehlo.tuple %a : " + "tuple<" * 100 + ">" * 100, "types are nested",
    ),
    "brackets": (HEAD + '%b = "stablehlo.add"(%a) {x = ' + "[" * 10**6, "nesting exceeds"),
    "bare brackets": (HEAD + "%b = stablehlo.foo " + "[" * 10**6, "nesting exceeds"),
    "parentheses": (HEAD + "%b = stablehlo.foo " + "(" * 10**6, "nesting exceeds"),
    "dictionaries": (HEAD + '%b = "stablehlo.add"(%a) {' + "x = {" * 10**5, "nesting exceeds"),
    "regions": (HEAD + '"stablehlo.case"(%a) ({' * 10**5, "regions are nested"),
    "function types": (HEAD + '%b = "x.y"(%a) : ' + "(" * 10**6, "types are nested"),
    "angles": (HEAD + "%b = stablehlo.foo <" + "<" * 10**6, "nesting exceeds"),
    "string": (HEAD + '%b = "stablehlo.add', "a string is not closed at line 3, column 6"),
    "escapes": ('module attributes {a = "' + '\\"' * 10**6, "a string is not closed"),
    "dense": (HEAD + "%b = stablehlo.constant dense<" + "[" * 10**6, "'dense<' is not closed"),
    "location": (HEAD + "%b = stablehlo.abs %a : tensor<4xf32> loc(" + "(" * 10**6, "a location"),
    "dimension": (HEAD.replace("4x", "9" * 30 + "x"), "a dimension is 2**63 or more at line 2"),
    "dimensions": (HEAD.replace("4x", "3000000000x" * 3), "2**63 elements or more"),
    "rank": (HEAD.replace("4x", "1x" * 100), "more than 64 dimensions"),
    "longer rank": (HEAD.replace("4x", "1x" * 10**6), "longer than 1024"),
    "name": (HEAD + "%" + "b" * 10**6, "a name is longer than 1024"),
    "number": (HEAD + "%b = stablehlo.foo dim = " + "9" * 10**6, "too many digits"),
    "results": (HEAD + "%b:60000 = stablehlo.abs %a : tensor<4xf32>", "60000 values, but 1 types"),
    "NUL": (HEAD + "\0" + TAIL, "unexpected character '\\x00' at line 3, column 1"),
    "UTF-8": (HEAD + "\udcff" + TAIL, "unexpected character '\\xff'"),
    "resources": (HEAD + TAIL + "{-# " + "a" * 10**6, "the resource section is not closed"),
    "blob": (HEAD + TAIL + '{-# a: "0x' + "0" * 10**6, "a blob of the resource section"),
    "recursion": (chain(1, 1).replace("@f1", "@f0", 1), "calls itself"),
    "deep calls": (chain(3000, 1), "calls are nested more than 64 deep"),
    "tuple again and again": (
        f"!t = {TUPLE}\nfunc.func @main(%a: !t) {{\n"
        + "  %b = stablehlo.optimization_barrier %a : !t\n" * 1000 + "  return\n}\n",
        "tuple elements at line",
    ),
    "empty tuples in one another": (
        "!t0 = tuple<>\n"
        + "".join(f"!t{place + 1} = tuple<!t{place}, !t{place}>\n" for place in range(60))
        + "func.func @main(%a: !t60) {\n  return\n}\n",
        "a tuple has more than 65536 elements",
    ),
    "one operand of two": (
        HEAD + "%b = stablehlo.dot_general a, %a, contracting_dims = [0] x [0] : "
        "(tensor<4xf32>, tensor<4xf32>) -> tensor<f32>\n" + TAIL,
        "'stablehlo.dot_general' lacks its operand 'rhs' at line 3",
    ),
    "three operands of two": (
        HEAD + '%b = "stablehlo.divide"(%a, %a, %a) : '
        "(tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\n" + TAIL,
        "'stablehlo.divide' has 3 operands and may have 2 at line 3",
    ),
    "the end": (HEAD, "the file ends inside a region"),
    "nothing": ("", "no public function"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_hostile_text_is_refused_with_its_cause(case: str) -> None:
    text, cause = REFUSED[case]
    assert cause in refuse(text.encode("utf-8", "surrogateescape"))


FOO = "%b = stablehlo.foo "
LONG: dict[str, Callable[[int], str]] = {
    "lines": lambda size: "\n" * size + HEAD + TAIL,
    "comments": lambda size: "// [\n" * (size // 3) + HEAD + TAIL,
    "words": lambda size: HEAD + FOO + "a " * (size // 10) + "\n" + TAIL,
    "lists": lambda size: HEAD + FOO + "[] " * (size // 10) + "\n" + TAIL,
    "regions": lambda size: HEAD + FOO + "{%x = a.b} " * (size // 10) + "\n" + TAIL,
    "bindings": lambda size: HEAD + FOO + "(" + "%x = %a, " * (size // 10) + ")\n" + TAIL,
    "hexadecimal": lambda size: HEAD + '%b = stablehlo.constant dense<"0x' + "z" * (10 * size)
    + '"> : tensor<4xf32>\n' + TAIL,
    "functions": lambda size: "".join(
        f"func.func private @f{i}() {{\n return\n}}\n" for i in range(size // 50)
    ) + HEAD + TAIL,
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_long_text_takes_time_in_proportion(case: str) -> None:
    def make(size: int) -> Callable[[], Graph]:
        source = Source(case, LONG[case](size).encode())
        return lambda: StablehloReader().read(source)

    grows_in_proportion(make, 10**6)


def test_calls_that_double_are_followed_once() -> None:
    source = Source("calls", chain(60, 2).encode())
    ends_within(200_000, lambda: StablehloReader().read(source))


@pytest.mark.parametrize("stem", SMALL)
def test_a_cut_file_is_refused_or_read(stem: str) -> None:
    whole = FILES[stem].read_bytes()
    generator = random.Random(stem)
    for _ in range(40):
        read_or_refuse(whole[: generator.randrange(len(whole))])


def test_the_deepest_text_that_is_allowed_is_read() -> None:
    regions = 30
    end = "  }, {\n  stablehlo.return\n  }) : (tensor<i1>) -> ()\n"
    nest = '  "stablehlo.if"(%p) ({\n' * regions + "  stablehlo.return\n"
    nest += f"{end}  stablehlo.return\n" * (regions - 1) + end
    depth = MAX_CALL_DEPTH - 2
    functions = "".join(
        f"func.func private @f{index}(%p: tensor<i1>) {{\n"
        f"  call @f{index + 1}(%p) : (tensor<i1>) -> ()\n  return\n}}\n"
        for index in range(depth)
    )
    text = (
        "func.func @main(%p: tensor<i1>) {\n  call @f0(%p) : (tensor<i1>) -> ()\n  return\n}\n"
        f"{functions}func.func private @f{depth}(%p: tensor<i1>) {{\n{nest}  return\n}}\n"
    )
    graph = StablehloReader().read(Source("deep", text.encode()))
    assert [node.operation for node in all_nodes(graph.body)] == ["if"] * regions


def read_or_refuse(data: bytes) -> None:
    """Read a file that may be broken; anything but a graph or a refusal fails the test."""
    try:
        StablehloReader().read(Source("mutant", data))
    except UnreadableModel as refusal:
        message = str(refusal)
    else:
        message = ""
    assert "\n" not in message


FRAGMENTS = st.sampled_from(
    [b"", b"{", b"}", b"(", b")", b"[", b"]", b"<", b">", b'"', b",", b":", b"=", b"->", b"%0",
     b"@main", b"tensor<", b"tensor<?x", b"!t", b"#a", b"dense<", b"^bb0", b"loc(", b"\0", b"\xff",
     b"0x", b"99999999999999999999", b"-1", b"\n", b"stablehlo.while", b"reducer", b"x", b"{-#"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SMALL), st.data())
def test_mutated_files_are_refused_or_read(stem: str, data: st.DataObject) -> None:
    whole = FILES[stem].read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole)))
        removed = data.draw(st.integers(0, 12))
        whole = whole[:place] + data.draw(FRAGMENTS) + whole[place + removed :]
    read_or_refuse(whole)


TOKENS = st.sampled_from(
    ["%0", "%a", "=", '"stablehlo.add"', "stablehlo.add", "stablehlo.while", "(", ")", "{", "}",
     "[", "]", "<", ">", ":", ",", "->", "tensor<4xf32>", "tuple<", "i32", "dense<", "dense",
     "@f", "call", "return", "cond", "do", "1", "-1", '"s"', "\n", "loc(", "#a", "!t", "^bb0",
     "stablehlo.constant", "stablehlo.reduce", "init", "across", "dimensions", "stablehlo.gather",
     "stablehlo.convolution", "dim_numbers", "x", "sdy.manual_computation", "stablehlo.composite",
     "decomposition", "stablehlo.get_tuple_element", "stablehlo.case", "({", "})"]
)  # fmt: skip


@pytest.mark.wrong_operands
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(TOKENS, max_size=40))
def test_arbitrary_tokens_are_refused_or_read(tokens: list[str]) -> None:
    read_or_refuse((HEAD + " ".join(tokens) + TAIL).encode())


def test_names_of_a_file_do_nothing_to_a_terminal() -> None:
    module = (
        b"module @m {\n  func.func public @main(%arg0: tensor<2xf32> {jax.arg_info = "
        b'"x\\1B[31m\\0Ay"} loc("x\\1B[31mred")) -> (tensor<2xf32> {jax.result_info = '
        b'"\\1B]0;title\\07"}) {\n    return %arg0 : tensor<2xf32>\n  }\n}\n'
    )
    graph = StablehloReader().read(Source("m", module))
    names = [
        *graph.body.inputs,
        *graph.body.outputs,
        *(node.name for node in all_nodes(graph.body)),
    ]
    assert names
    assert all(name.isprintable() for name in names)
