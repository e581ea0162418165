"""Operators correct single facts, and no file of theirs may contradict itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.graph.operands import parse_operand
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.toolchain import Toolchain
from tests.shipped import load as load_shipped

SHIPPED = load_shipped()
DEVICE = """\
corrections:
  devices:
    nvidia-t4: {memory_bw_gbs: 300, notes: slower here, source: "nvbandwidth, 2026-11-27"}
"""
TOOLCHAIN = """\
corrections:
  toolchains:
    onnxruntime-cuda:
      release: "1.99"
      element_types: {f8E4M3FN: sm_100, c64: null}
      source: our own build of 2026-11-27
"""
FAMILY = """\
corrections:
  families:
    cuda: {memory_efficiency: 0.9, source: "measured 2026-11-27"}
"""
MAKER = """\
toolchains:
  - id: {id}
    name: {id}
    names: []
    translator: true
    takes: [{{family: {takes}}}]
    yields_ir: {yields}
"""


def write(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def find_toolchain(catalogue: Catalogue, name: str) -> Toolchain:
    return catalogue.knowledge.toolchains[name].toolchain


def refuse(folder: Path, text: str) -> str:
    """Why a file is refused, in one line that names it; nothing of the catalogue is left."""
    path = write(folder, text)
    with pytest.raises(BadCatalogue) as caught:
        load((path,))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_one_figure_of_a_device_is_corrected_and_all_others_stay(tmp_path: Path) -> None:
    catalogue = load((write(tmp_path, DEVICE),))
    old, new = (each.product("nvidia-t4") for each in (SHIPPED, catalogue))
    assert new.bandwidth_bytes_per_second == 300e9 != old.bandwidth_bytes_per_second
    assert (new.pci_ids, new.peak_rates, new.toolchains) == (
        old.pci_ids, old.peak_rates, old.toolchains,
    )  # fmt: skip
    assert new.source == f"{old.source};nvbandwidth, 2026-11-27"
    assert [product.id for product in catalogue.products] == [
        product.id for product in SHIPPED.products
    ]
    others = [product for product in catalogue.products if product.id != "nvidia-t4"]
    assert others == [product for product in SHIPPED.products if product.id != "nvidia-t4"]


def test_a_figure_that_is_wrong_can_be_taken_away(tmp_path: Path) -> None:
    text = "corrections: {devices: {nvidia-t4: {memory_bw_gbs: null, source: disputed}}}"
    found = load((write(tmp_path, text),)).represent_product("nvidia-t4")
    assert found.bandwidth_bytes_per_second is None


def test_one_fact_of_a_toolchain_is_corrected_with_its_source(tmp_path: Path) -> None:
    catalogue = load((write(tmp_path, TOOLCHAIN),))
    old, new = (find_toolchain(each, "onnxruntime-cuda") for each in (SHIPPED, catalogue))
    assert new.release == "1.99"
    assert new.element_types == {**old.element_types, "f8E4M3FN": "sm_100"}
    assert new.sources["element_types"] == "our own build of 2026-11-27"
    assert (new.takes, new.operations, new.name) == (old.takes, old.operations, old.name)
    (used,) = [
        each
        for each in catalogue.represent_product("nvidia-t4").toolchains
        if each.id == "onnxruntime-cuda"
    ]
    assert used == new


def test_one_constant_of_a_family_is_corrected(tmp_path: Path) -> None:
    catalogue = load((write(tmp_path, FAMILY),))
    old, new = (each.knowledge.constants("cuda") for each in (SHIPPED, catalogue))
    assert new.memory_efficiency == 0.9 != old.memory_efficiency
    assert new.launch_seconds == old.launch_seconds
    assert new.source == f"{old.source}; measured 2026-11-27"


def test_a_later_correction_corrects_an_earlier_one(tmp_path: Path) -> None:
    again = DEVICE.replace("300", "310").replace("notes: slower here", "tdp_w: 60")
    paths = (write(tmp_path, DEVICE), write(tmp_path, again, "p.yaml"))
    product = load(paths).product("nvidia-t4")
    assert product.bandwidth_bytes_per_second == 310e9
    assert (product.notes, product.power_watts) == ("slower here", 60)


def test_a_correction_is_part_of_what_the_catalogue_is(tmp_path: Path) -> None:
    assert load((write(tmp_path, DEVICE),)).content_hash != SHIPPED.content_hash


def make_call(operation: str) -> Call:
    operand = (parse_operand("f32[2]"),)
    return Call("ai.onnx", operation, 17, operand, operand, {})


def write_coverage(folder: Path, **changes: object) -> Path:
    document = {
        "release": "1", "date": "2026-11-27", "source": "tried here", "otherwise": "host",
        "corrects": True, "sets": {"ai.onnx": {"Det": [{}], "Relu": []}}, **changes,
    }  # fmt: skip
    write(folder, json.dumps(document), "coverage/onnxruntime-cuda.json")
    return folder


def test_one_operation_of_a_coverage_table_is_corrected(tmp_path: Path) -> None:
    table = load((write_coverage(tmp_path),)).find_coverage("onnxruntime-cuda")
    old = SHIPPED.find_coverage("onnxruntime-cuda")
    assert old is not None
    assert table is not None
    for operation, before, after in (
        ("Det", "otherwise", "device"),
        ("Relu", "device", "otherwise"),
        ("Sigmoid", "device", "device"),
    ):
        call = make_call(operation)
        assert old.judge(call, "sm_80").where == before, operation
        assert table.judge(call, "sm_80").where == after, operation
    assert table.host == old.host
    assert "tried here" in table.source


@pytest.mark.parametrize(
    ("name", "changes", "cause"),
    [
        ("onnxruntime-cuda", {"otherwise": "refused"}, "otherwise: is 'refused', where the table"),
        ("onnxruntime-cuda", {"corrects": 1}, "corrects must be true or false"),
        (
            "onnxruntime-kuda",
            {},
            "is no known coverage table to correct; nearest: onnxruntime-cuda",
        ),
    ],
)
def test_a_table_that_cannot_correct_is_refused(
    tmp_path: Path, name: str, changes: dict[str, object], cause: str
) -> None:
    folder = write_coverage(tmp_path, **changes)
    (folder / "coverage" / "onnxruntime-cuda.json").rename(folder / "coverage" / f"{name}.json")
    with pytest.raises(BadCatalogue) as caught:
        load((folder,))
    assert f"{name}.json" in str(caught.value)
    assert cause in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (DEVICE.replace("nvidia-t4", "nvidia-t5"), "devices: 'nvidia-t5' is no known device; near"),
        (DEVICE.replace("memory_bw_gbs", "memory_bw"), "nvidia-t4: 'memory_bw' is no known column"),
        (DEVICE.replace("300", "fast"), "column memory_bw_gbs: 'fast' is not a number"),
        (DEVICE.replace("300", "-3"), "column memory_bw_gbs: '-3' must be above 0"),
        (DEVICE.replace("300", "[3]"), "column memory_bw_gbs: must be a text or a number"),
        (DEVICE.replace("notes", "id"), "'id' is no known column that can be corrected"),
        (DEVICE.replace("source", "notes2"), "devices.nvidia-t4: source is missing"),
        (DEVICE.replace("devices", "device"), "corrections: 'device' is no known kind of correc"),
        (DEVICE.replace("notes: slower here", "arch: sm_57"), "column arch: 'sm_57' is no known"),
        (DEVICE.replace("notes: slower here", "toolchains: XLA:gpo"), "'XLA:gpo' is neither"),
        ("corrections: {devices: {nvidia-t4: {source: x}}}", "must state a fact and its source"),
        (TOOLCHAIN.replace("onnxruntime-cuda", "onnxruntime"), "'onnxruntime' is no known tool"),
        (TOOLCHAIN.replace("release", "releese"), "the unknown key 'releese'; nearest: release"),
        (TOOLCHAIN.replace("f8E4M3FN", "f8E4M3FM"), "'f8E4M3FM' is no known element type; nearest"),
        (TOOLCHAIN.replace("release", "id"), "the id of a toolchain cannot be corrected"),
        (FAMILY.replace("0.9", "90"), "memory_efficiency must be from 1e-06 to 1"),
        (FAMILY.replace("memory_efficiency", "memory"), "has the unknown key 'memory'"),
        (FAMILY.replace("cuda", "kuda"), "'kuda' is no known target family; nearest: cuda"),
        ("practice: {onnx: {order: [xla-gpu], source: x}}", "no known toolchain that takes onnx"),
        ("practice: {onnz: {order: [tensorrt], source: x}}", "'onnz' is no known IR family; near"),
        ("practice: {onnx: {order: [tensorrt, tensorrt], source: x}}", "'tensorrt' stands twice"),
        ("practice: {onnx: {order: [tensorrt], source: ' '}}", "practice.onnx: source is empty"),
        (MAKER.format(id="back", takes="hlo", yields="stablehlo"), "leads in a circle: "),
        (MAKER.format(id="own", takes="onnx", yields="onnx"), "leads in a circle: onnx -> onnx"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, cause: str) -> None:
    assert cause in refuse(tmp_path, text)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ("operations: {cover: list}", "cover is list, and nothing is listed"),
        ("operations: {listed: [add]}", "counts for cover list only, not for all"),
        ("operations: {cover: list, listed: [add], excluded: [add]}", "add is both listed and exc"),
        ("quantises_to: i8", "quantises_to: i8 is none of its element_types"),
        ("max_architecture: sm_61", "element_types.bf16: sm_80 is above max_architecture sm_61"),
        ("{min_architecture: sm_90, architectures: [sm_80]}", "sm_80 is below min_architecture"),
    ],
)
def test_a_toolchain_that_contradicts_itself_is_refused(
    tmp_path: Path, facts: str, cause: str
) -> None:
    stated = facts.strip("{}") if facts.startswith("{") else facts
    text = (
        "toolchains:\n  - {id: own, name: own, takes: [{family: onnx}], target: cuda,"
        f" element_types: {{f32: '', bf16: sm_80}}, {stated}}}\n"
    )
    message = refuse(tmp_path, text)
    assert ": toolchain own: " in message
    assert cause in message


def test_a_circle_over_several_files_names_all_of_it(tmp_path: Path) -> None:
    write(tmp_path, MAKER.format(id="there", takes="openvino", yields="relax"), "a.yaml")
    write(tmp_path, MAKER.format(id="back", takes="relax", yields="tflite"), "b.yaml")
    with pytest.raises(BadCatalogue) as caught:
        load((tmp_path,))
    message = str(caught.value)
    for name in ("there", "back", "openvino-ovc", "relax", "tflite"):
        assert name in message
