"""Coverage tables: those that ship, and an operator's own, good and bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.checking import Checker
from cyborg_rr.catalogue.coverages import Coverages, read_shipped
from cyborg_rr.catalogue.loading import load
from cyborg_rr.catalogue.loading import read_shipped as read_shipped_files
from cyborg_rr.catalogue.tables import read_table
from cyborg_rr.catalogue.vocabulary import Vocabulary
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.graph.operands import Operand
from cyborg_rr.domain.representation.coverage.calls import Call
from tests.unit.catalogue.test_loading import HEADER, ROW, TOOLCHAIN

NAMED = TOOLCHAIN + "    operations: {table: acme}\n"
SHIPPED = sorted(Coverages().names)


def make_table(*rules: Any, **changes: Any) -> dict[str, Any]:
    """A table with these rules for Conv."""
    return {
        "release": "1.0",
        "date": "2026-11-27",
        "source": "its manual",
        "otherwise": "host",
        "types": {"F": ["f16", "f32"]},
        "sets": {"ai.onnx": {"Conv": list(rules)}},
    } | changes


def write(directory: Path, table: object, toolchain: str = NAMED) -> Path:
    """An operator's directory with a device, its toolchain and that toolchain's table."""
    (directory / "acme.csv").write_text(HEADER + ROW)
    (directory / "acme.yaml").write_text(toolchain)
    (directory / "coverage").mkdir()
    text = table if isinstance(table, str) else json.dumps(table)
    (directory / "coverage" / "acme.json").write_text(text)
    (directory / "coverage" / "notes.txt").write_text("not read")
    return directory


def judge(catalogue: Catalogue, name: str, element_type: str) -> str:
    """Where a Conv of a type runs."""
    table = catalogue.find_coverage(name)
    assert table is not None
    call = Call("ai.onnx", "Conv", 17, (Operand(element_type, 4),), (), {})
    return table.judge(call, None).where


def test_an_operator_brings_a_table(tmp_path: Path) -> None:
    catalogue = load((write(tmp_path, make_table({"inputs": {"*": "F"}})),))
    assert judge(catalogue, "acme", "f16") == "device"
    assert judge(catalogue, "acme", "i8") == "otherwise"
    assert catalogue.find_coverage("nothing") is None
    assert catalogue.find_coverage("../words") is None
    toolchain = catalogue.represent_product("acme-one").toolchains[0]
    assert (toolchain.operations.table, toolchain.operations.cover) == ("acme", "unknown")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_of_ones_own_takes_the_place_of_one_that_ships(tmp_path: Path, name: str) -> None:
    (tmp_path / "coverage").mkdir()
    text = json.dumps(make_table({"limit": "mine"}))
    (tmp_path / "coverage" / f"{name}.json").write_text(text)
    table = load((tmp_path,)).find_coverage(name)
    assert table is not None
    assert table.source == "its manual"


@pytest.mark.parametrize(
    ("table", "cause"),
    [
        ("[", "acme.json: is not JSON"),
        ("[" * 100000, "acme.json: is not JSON"),
        ("[]", "acme.json: must be an object"),
        ('{"release": "1", "release": "2"}', "acme.json: key 'release' stands twice"),
        ({}, "acme.json: release is missing"),
        (make_table(sats={}), "acme.json: table has the unknown key 'sats'; nearest: sets"),
        (make_table(otherwise="hosts"), "otherwise: 'hosts' is no known fate of what is not taken"),
        (make_table(date=7), "acme.json: date: must be text, not 7"),
        (make_table(sets={"ai.onyx": {}}), "'ai.onyx' is no known operation set; nearest: ai.onnx"),
        (make_table(sets={"ai.onnx": []}), "sets.ai.onnx: must be an object"),
        (make_table(sets={"ai.onnx": {"Conf": []}}), "'Conf' is no known operation of ai.onnx"),
        (make_table(host={"ai.onnx": ["Shap"]}), "'Shap' is no known operation of ai.onnx"),
        (make_table(types={"F": ["f61"]}), "types.F: 'f61' is no known element type"),
        (make_table("x"), "sets.ai.onnx.Conv[0]: must be an object"),
        (make_table({"untill": 3}), "Conv[0]: rule has the unknown key 'untill'; nearest: until"),
        (make_table({"since": "3"}), "Conv[0].since: must be a whole number, not '3'"),
        (make_table({"since": True}), "Conv[0].since: must be a whole number, not True"),
        (make_table({"since": 9, "until": 3}), "Conv[0]: since 9 is above until 3"),
        (make_table({"inputs": {"0": "G"}}), "inputs.0: 'G' is no known name for element types"),
        (make_table({"inputs": {"0": ["f99"]}}), "inputs.0: 'f99' is no known element type"),
        (make_table({"inputs": {"out0": "F"}}), "'out0' is no place of an operand"),
        (make_table({"inputs": {"x": "F"}}), "'x' is no place of an operand"),
        (make_table({"where": [[]]}), "where[0]: must be text, not None"),
        (make_table({"where": [["konst", "0"]]}), "where[0]: 'konst' is no known condition"),
        (make_table({"where": [["constant", 0]]}), "where[0]: must be text, not 0"),
        (make_table({"where": [["constant"]]}), "where[0]: has 1 parts"),
        (make_table({"where": [["rank", "0", "over", 4]]}), "'over' is no known comparison"),
        (make_table({"where": [["attribute", "a", "in", 4]]}), "must be a list"),
        (make_table({"where": [["rank", "-1", "is", 4]]}), "'-1' is no place of an operand"),
        (make_table({"arch": "acme7"}), "'acme7' is no known architecture"),
        (make_table({"limit": 4}), "Conv[0].limit: must be text, not 4"),
    ],
)
def test_a_fault_in_a_table_is_named_with_its_place(
    tmp_path: Path, table: object, cause: str
) -> None:
    write(tmp_path, table)
    with pytest.raises(BadCatalogue) as refused:
        load((tmp_path,))
    assert cause in str(refused.value)
    assert "acme.json" in str(refused.value)


def test_a_toolchain_names_a_table_that_is_there(tmp_path: Path) -> None:
    write(tmp_path, make_table(), NAMED.replace("table: acme", "table: acne"))
    with pytest.raises(BadCatalogue, match="'acne' is no known coverage table; nearest: acme"):
        load((tmp_path,))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_table_that_ships_is_as_good_as_an_operators_has_to_be(name: str) -> None:
    tables = [
        read_table(text, file) for file, text in read_shipped_files() if not file.endswith(".csv")
    ]
    written = read_shipped(name)
    Checker(Vocabulary(tables, ()), SHIPPED).check_coverage(written)
    assert len(written.table.date.split("-")) == 3
    assert len(written.table.source) > 20
    assert list(written.list_operations())


def test_every_table_that_ships_is_named_by_a_toolchain() -> None:
    named = {entry.toolchain.operations.table for entry in load().knowledge.toolchains.values()} - {
        ""
    }
    assert named == set(SHIPPED)


def test_onnx_runtime_takes_the_norm_that_it_defines_itself() -> None:
    table = load().find_coverage("onnxruntime-cuda")
    assert table is not None
    half = Operand("f16", 3)
    call = Call("ai.onnx", "SimplifiedLayerNormalization", 17, (half, half), (half,), {}, 1)
    assert table.judge(call, "sm_89").where == "device"


def test_openvino_converts_integers_and_loops_on_a_gpu() -> None:
    toolchain = load().knowledge.toolchains["openvino-gpu"].toolchain
    assert not {"loop", "while", "scan", "unique", "fft"} & set(toolchain.operations.excluded)
    assert {"u64", "u32", "u16", "f64"} <= toolchain.element_types.keys()
