"""What the generator of IREE's coverage makes of a compiler's answers, without the compiler."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[3] / "tools" / "coverage"
NAMES = ("asking", "compiler", "signatures", "together", "modules", "versions")


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(TOOLS))
    yield {name: importlib.import_module(f"lowering.{name}") for name in NAMES}
    sys.path.remove(str(TOOLS))


def test_functions_of_one_module_keep_apart(tools: dict[str, ModuleType]) -> None:
    one = "module {\n  func.func @g() {\n    call @h() : () -> ()\n  }\n}\n"
    stored = '  f dense_resource<in1>\n\n{-#\n dialect_resources: { builtin: { in1: "0x08" } } #-}'
    text, starts = tools["compiler"].join([one, "func.func @main() {\n" + stored])
    lines = text.splitlines()
    for each in ('@"f0_g"', '@"f0_h"', '@"f1_main"', "dense_resource<f1_in1>"):
        assert each in text
    assert 'f1_in1: "0x08"' in lines[-2]
    assert [lines[start - 1].strip()[:9] for start in starts] == ["func.func", "func.func"]
    found = [tools["compiler"].find_function(starts, line) for line in (2, 4, starts[1])]
    assert found == [0, 0, 1]


def test_lowered_functions_are_told_apart_with_what_was_made_for_them(
    tools: dict[str, ModuleType],
) -> None:
    lowered = "\n".join(
        f"  util.func private @f{index}_{name}() {{\n    util.return\n  }}"
        for index, name in ((0, "g$async"), (1, "g$async"), (0, "g"))
    )
    found = tools["compiler"].split(lowered)
    assert found.keys() == {0, 1}
    assert found[0].count("util.func") == 2


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("%1 = math.tanh %in : f32", "%9 = math.tanh %x : f32", True),
        ("%1 = math.tanh %in : f32", "%1 = math.tanh %in : f64", False),
        ("%1 = math.tanh %in : f32", "%1 = math.sin %in : f32", False),
        ("%0 = tensor.empty() : tensor<2x3xf32>", "%0 = tensor.empty() : tensor<4xf32>", True),
        ("%0 = tensor.empty() : tensor<2x3xf32>", "%0 = tensor.empty() : tensor<2x3xi4>", False),
        ("%0 = hal.x : tensor<2xui8> as tensor<2xi8>", "%0 = hal.x : tensor<2xi8>", True),
        ("%1 = arith.cmpi ult, %a, %b : i8", "%2 = arith.cmpi ult, %c, %d : i8", True),
        ("%1 = arith.cmpi ult, %a, %b : i8", "%1 = arith.cmpi slt, %a, %b : i8", False),
        ("%0 = hal.x : tensor<2xf8E3M4>", "%0 = hal.x : tensor<2xf8E4M3>", False),
    ],
)
def test_code_depends_on_operations_and_element_types(
    tools: dict[str, ModuleType], one: str, other: str, is_alike: bool
) -> None:
    find = tools["signatures"].list_parts
    assert (find(one) == find(other)) is is_alike


def test_what_kills_the_compiler_ends_no_more_than_its_question(
    tools: dict[str, ModuleType],
) -> None:
    def die() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return "survived"

    apart = tools["asking"].answer_apart
    assert apart(lambda: "taken", lambda: None) == "taken"
    assert apart(die, lambda: None) == tools["asking"].DIED
    assert apart(lambda: "taken" * 100000, lambda: None) == "taken" * 100000


def test_searches_ask_together_and_in_their_order(tools: dict[str, ModuleType]) -> None:
    asked: list[list[bytes]] = []

    def answer(questions: Sequence[bytes]) -> list[str]:
        asked.append(list(questions))
        return [question.decode().upper() for question in questions]

    def search(name: bytes, steps: int) -> object:
        def run(ask: object) -> list[str]:
            ask.prepare([name + b"x"])  # type: ignore[attr-defined]
            return [ask(name + b"x"), *(ask(name) for _ in range(steps))]  # type: ignore[operator]

        return run

    together = tools["together"].Together(answer, at_once=2)
    found = together.run([search(b"a", 2), search(b"b", 0), search(b"c", 1)])
    assert found == [["AX", "A", "A"], ["BX"], ["CX", "C"]]
    assert asked[0] == [b"ax", b"bx"]
    assert sum(map(len, asked)) == 6


def test_a_search_that_fails_fails_the_whole(tools: dict[str, ModuleType]) -> None:
    def search(_: object) -> None:
        raise ValueError("no such operation")

    with pytest.raises(ValueError, match="no such operation"):
        tools["together"].Together(lambda asked: [""] * len(asked)).run([search])


def test_specimens_are_written_in_all_their_element_types(tools: dict[str, ModuleType]) -> None:
    ways = tools["modules"].load_ways(TOOLS / "lowering" / "stablehlo.yaml")
    convert = ways["stablehlo.convert"][0][0]
    types = list(convert.list_types())
    assert len(types) == len(tools["modules"].TYPES) ** 2
    text = tools["modules"].write_module(convert, {"T": "u8", "U": "c64"})
    assert '"stablehlo.convert"(%a0) : (tensor<2x4xui8>) -> (tensor<2x4xcomplex<f32>>)' in text
    whole = [w for each in ways.values() for specimen in each for w in specimen]
    written = [tools["modules"].write_module(way, next(way.list_types())) for way in whole]
    assert [text for text in written if "xT>" in text or "xU>" in text] == []


def test_a_version_that_answers_as_the_one_before_is_not_asked_for_all(
    tools: dict[str, ModuleType],
) -> None:
    make, enough = tools["versions"].Question, tools["versions"]._ENOUGH
    known = tools["versions"].Versions()
    first = {str(place): make("Add", 7, str(place)) for place in range(enough + 2)}
    assert len(known.choose(first)) == enough + 2
    for key, question in first.items():
        known.keep(question, f"answer {key}")
    later = {key: question._replace(version=13) for key, question in first.items()}
    chosen = known.choose(later)
    assert len(chosen) == enough
    assert known.find(later["0"]) is None
    for key in chosen:
        known.keep(later[key], f"answer {key}")
    assert {known.find(each) for each in later.values()} == {f"answer {key}" for key in later}


def test_one_other_answer_asks_all_of_a_version_again(tools: dict[str, ModuleType]) -> None:
    make = tools["versions"].Question
    known = tools["versions"].Versions()
    for place in range(9):
        known.keep(make("Add", 7, str(place)), "=")
        known.keep(make("Add", 13, str(place)), "=" if place else "refused")
    known.keep(make("Add", 7, "new"), "=")
    assert known.find(make("Add", 13, "new")) is None
    assert known.choose({"new": make("Add", 13, "new")}) == ["new"]
