"""MLIR may stand on one line: where a line ends means nothing in it."""

from __future__ import annotations

import re

import pytest

from tests.readers.golden import all_nodes
from tests.readers.stablehlo.files import FILES, read, read_text

LARGE_BYTES = 500_000
SMALL = [stem for stem, path in FILES.items() if path.stat().st_size < LARGE_BYTES]
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*')

ADD = "%0 = stablehlo.add %a, %a : tensor<2xf32>"
HELPER = "func.func private @h() -> tensor<f32> {"


def join(text: str) -> str:
    """The text in one line, without comments."""
    return " ".join(_COMMENT.sub(lambda match: match[1] or "", text).split())


@pytest.mark.parametrize("stem", SMALL)
def test_a_sample_on_one_line_is_the_same_model(stem: str) -> None:
    joined = read_text(join(FILES[stem].read_text()))
    assert repr(joined) == repr(read(stem))  # a constant may be NaN, which equals nothing


@pytest.mark.parametrize(
    ("before", "body", "after", "operations"),
    [
        ('sdy.mesh @m = <["x"=2]>', ADD, "", ["add"]),
        ('sdy.mesh @m = <["x"=2]> sdy.mesh @k = <["y"=4]>', ADD, "", ["add"]),
        ("ml_program.global private @g(dense<0> : tensor<i64>) : tensor<i64>", ADD, "", ["add"]),
        ("", f"%1 = stablehlo.constant dense<1.0> : tensor<2xf32> {ADD}", "", ["add"]),
        (
            "",
            f'{ADD} "stablehlo.custom_call"(%a) {{call_target_name = "x"}} : (tensor<2xf32>) -> ()',
            "",
            ["add", "custom_call"],
        ),
        (
            "",
            f"%c = call @h() : () -> tensor<f32> {ADD}",
            f"{HELPER} %k = stablehlo.constant dense<1.0> : tensor<f32> return %k : tensor<f32> }}",
            ["add"],
        ),
    ],
)
def test_statements_may_share_a_line(
    before: str, body: str, after: str, operations: list[str]
) -> None:
    graph = read_text(
        f"{before} func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {{ {body}"
        f" return %0 : tensor<2xf32> }} {after}"
    )
    found = [node.operation for node in all_nodes(graph.body)]
    assert [name for name in found if name != "call"] == operations
