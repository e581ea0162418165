"""What the generators of coverage tables make of answers, and of tables that stand already."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[3] / "tools" / "coverage"
SHIPPED = Path(__file__).parents[3] / "cyborg_rr" / "catalogue" / "coverage"
NAMES = ("probing.tables", "writing", "lowering.ways", "lowering.modules", "xla_rooms.opcodes",
         "xla_rooms.rocm", "probing.asking")  # fmt: skip
HEADER = ("release", "date", "source", "otherwise")


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(TOOLS))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(TOOLS))


def read_header(file: Path) -> dict[str, str]:
    table = json.loads(file.read_text(encoding="utf-8"))
    return {key: table[key] for key in HEADER}


@pytest.mark.parametrize("name", ["iree-cuda", "iree-vulkan", "tvm-cuda", "openvino-gpu"])
def test_a_table_that_is_read_is_written_as_it_was(tools: dict[str, ModuleType], name: str) -> None:
    file = SHIPPED / f"{name}.json"
    tables = tools["probing.tables"]
    assert tables.write_table(read_header(file), tables.read_table(file)) == file.read_text()


@pytest.mark.parametrize("name", ["xla-gpu", "xla-tpu", "xla-rocm"])
def test_a_table_with_named_rules_is_written_as_it_was(
    tools: dict[str, ModuleType], name: str
) -> None:
    file = SHIPPED / f"{name}.json"
    writing = tools["writing"]
    made = writing.render_table(read_header(file), writing.read_table(file), names_rules=True)
    assert made == file.read_text()


def test_operations_that_are_asked_anew_take_the_place_of_what_was_known(
    tools: dict[str, ModuleType],
) -> None:
    known = {"ai.onnx": {"Add": [{"since": 7}], "Relu": [{}], "Cast": [{}]}}
    asked = {"ai.onnx": {"Add": [{"since": 13}], "Cast": []}, "function": {"call": []}}
    assert tools["probing.tables"].renew(known, asked) == {
        "ai.onnx": {"Add": [{"since": 13}], "Relu": [{}]},
        "function": {},
    }


def test_what_a_tool_died_of_is_left_open_behind_what_it_takes(
    tools: dict[str, ModuleType],
) -> None:
    way = tools["lowering.modules"].Way("stablehlo.tan", ("2xT",), ("2xT",), types={"T": "complex"})
    died = tools["probing.asking"].DIED

    def ask(way: object, types: dict[str, str]) -> str:
        return died if types["T"] == "c128" else ""

    made = tools["lowering.ways"].make_sets({"stablehlo.tan": [[way]]}, ask)
    assert made == {
        "stablehlo": {
            "tan": [
                {"inputs": {"*": ["c64"]}},
                {"inputs": {"*": ["c128"]}, "where": [["unstated"]]},
            ]
        }
    }
    refused = tools["lowering.ways"].make_sets({"stablehlo.tan": [[way]]}, lambda *_: "refused")
    assert refused == {"stablehlo": {"tan": []}}


def test_an_opcode_has_the_rules_of_the_operation_that_is_read_as_it(
    tools: dict[str, ModuleType],
) -> None:
    rule = tools["writing"].Rule
    taken = [rule(inputs={"*": frozenset({"f32"})})]
    sets = {"stablehlo": {"dot_general": taken, "all_reduce": taken}, "chlo": {"erf": taken}}
    opcodes = {"dot": "stablehlo.dot_general", "erf": "chlo.erf", "tan": "chlo.tan",
               "all-reduce": "stablehlo.all_reduce"}  # fmt: skip
    found = tools["xla_rooms.opcodes"].write_opcodes(sets, opcodes)
    assert found["dot"] == found["erf"] == found["all-reduce-start"] == taken
    assert found["copy"] == [rule()]
    assert found["send"][0].where == ('["unstated"]',)
    assert "tan" not in found
    assert tools["xla_rooms.opcodes"].write_mhlo({**sets, "hlo": found})["all_reduce"] == taken


def test_what_only_some_capabilities_take_is_open_for_rocm(tools: dict[str, ModuleType]) -> None:
    rule = tools["writing"].Rule
    targets = json.dumps(["attribute", "target", "in", ["Sharding", "cusolver_getrf_ffi"]])
    sets = {
        "stablehlo": {"add": [rule(), rule(arch="sm_80")], "custom_call": [rule(where=(targets,))]}
    }
    found = tools["xla_rooms.rocm"].leave_cuda_out(sets)["stablehlo"]
    assert found["add"] == [rule(), rule(where=('["unstated"]',))]
    assert json.loads(found["custom_call"][0].where[0])[3] == ["Sharding"]
