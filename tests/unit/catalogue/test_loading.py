"""Catalogue files of an operator, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.catalogue.loading import load
from cyborg_rr.catalogue.pci_ids import PciId, parse_pci_ids
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from tests.matching.requirements import make_requirement

HEADER = "id,name,vendor,kind,pci_ids,memory_gib,memory_bw_gbs,fp16_tflops,arch,toolchains\n"
ROW = "acme-one,One,Acme,ASIC,abcd:0001,16,500,100,acme1,acmec\n"
TOOLCHAIN = """\
toolchains:
  - id: acmec
    name: Acme compiler
    names: [acmec]
    takes: [{family: onnx, dialects: {ai.onnx: {min: "7", max: "20"}}}]
    target: acme
"""
RATE = (
    "derived_rates: [{rate: f16, of: f32, factor: %s, min_architecture: %s, max_architecture: %s,"
    " source: mine}]\n"
)


def write(directory: Path, name: str, text: str) -> Path:
    """A file with that text."""
    path = directory / name
    path.write_text(text)
    return path


def test_a_new_product_needs_no_code(tmp_path: Path) -> None:
    row = "nvidia-new,New,NVIDIA,GPU,10de:fff1,64,3000,900,sm_90,XLA:gpu|TensorRT\n"
    catalogue = load((write(tmp_path, "new.csv", HEADER + row),))
    found = catalogue.represent(DeviceFacts("GPU", vendor_id="10de", device_id="fff1"))
    verdict = match(make_requirement(), [found])[0]
    assert (verdict.device_class, verdict.verdict) == ("nvidia-new", "fits")
    assert verdict.time_seconds is not None


def test_a_new_vendor_needs_a_row_and_a_toolchain_and_no_code(tmp_path: Path) -> None:
    write(tmp_path, "acme.csv", HEADER + ROW)
    write(tmp_path, "acme.yaml", TOOLCHAIN)
    write(tmp_path, "notes.txt", "not read")
    found = load((tmp_path,)).represent_product("acme-one")
    verdict = match(make_requirement(), [found])[0]
    assert verdict.verdict == "fits"
    assert verdict.compile_path == ({"toolchain": "acmec", "from": "onnx", "to": "acme:acme1"},)


def test_a_later_file_replaces_a_product(tmp_path: Path) -> None:
    row = "nvidia-t4,T4,NVIDIA,GPU,10de:1eb8,17,320,65,sm_75,TensorRT\n"
    catalogue = load((write(tmp_path, "t4.csv", HEADER + row),))
    assert len(catalogue.products) == len(load().products)
    assert catalogue.product("nvidia-t4").nominal_memory_bytes == 17 << 30


def test_native_element_types_can_be_added(tmp_path: Path) -> None:
    path = write(tmp_path, "types.yaml", "native_element_types: {atom: [f16, i8]}\n")
    found = load((path,)).represent_product("rebellions-atom-ca22")
    assert found.native_element_types == ("f16", "i8")


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("a.csv", "id,name,vendor\n", "a.csv: line 1: column kind is missing"),
        ("a.csv", "id,name,vendor,kind,color\n", "a.csv: line 1: unknown column 'color'"),
        ("a.csv", HEADER + ROW + "x,y\n", "a.csv: line 3: has not as many cells"),
        ("a.csv", HEADER + ROW.replace("16", "many"), "line 2: column memory_gib: 'many' is not"),
        (
            "a.csv",
            HEADER + ROW.replace("16", "-1"),
            "line 2: column memory_gib: '-1' must be above",
        ),
        ("a.csv", HEADER + ROW.replace("16", "nan"), "line 2: column memory_gib: 'nan' must be"),
        ("a.csv", HEADER + ROW.replace("ASIC", "TOY"), "line 2: column kind: 'TOY' is none of"),
        ("a.csv", HEADER + ROW.replace("abcd:", "abcd-"), "line 2: column pci_ids: 'abcd-0001'"),
        ("a.csv", HEADER + ROW.replace("acme-one", "Acme One"), "line 2: column id: 'Acme One'"),
        (
            "a.csv",
            "id,name,vendor,kind,memory_basis\nacme-one,One,Acme,ASIC,most\n",
            "line 2: column memory_basis: 'most' is none of total, usable",
        ),
        ("a.csv", HEADER + ROW, "product acme-one: column toolchains: 'acmec' is neither"),
        ("a.csv", HEADER + ROW + ROW, "product acme-one stands twice"),
        ("a.yaml", "toolchains: [", "a.yaml: line 2:"),
        ("a.yaml", "- 1\n", "a.yaml: must be a mapping"),
        ("a.yaml", "toolchains: [{id: t}]\n", "a.yaml: toolchain t.name is missing"),
        ("a.yaml", TOOLCHAIN + "    color: red\n", "toolchain acmec has the unknown key 'color'"),
        ("a.yaml", TOOLCHAIN + "    yields_ir: hlo\n", "must have either yields_ir or target"),
        ("a.yaml", TOOLCHAIN + "    dynamic_shapes: some\n", "dynamic_shapes must be one of"),
        ("a.yaml", "usable_memory_share: much\n", "usable_memory_share must be a number"),
        ("a.yaml", "families: {x: {source: y}}\n", "families.x.matrix_efficiency is missing"),
        ("a.yaml", "speed: 3\n", "unknown key 'speed'"),
        ("a.csv", "id,id,name,vendor,kind\n", "a.csv: line 1: column id stands twice"),
        ("a.yaml", "version: a\nversion: b\n", "a.yaml: line 2: the key 'version' stands twice"),
        ("a.yaml", "words: {links: {L: a, 'L': b}}\n", "a.yaml: line 1: the key 'L' stands twice"),
        ("a.yaml", TOOLCHAIN + TOOLCHAIN[12:], "a.yaml: toolchain acmec stands twice"),
        ("a.yaml", "usable_memory_share: 50\n", "usable_memory_share must be from 1e-06 to 1, not"),
        ("a.yaml", "usable_memory_share: -1\n", "usable_memory_share must be from 1e-06 to 1, not"),
        ("a.yaml", "driver_reserve_share: 1\n", "driver_reserve_share must be from 0 to 0.999999"),
        (
            "a.yaml",
            RATE % ("-1", "sm_80", "sm_90"),
            "derived_rates[0].factor must be from 1e-12",
        ),
        (
            "a.yaml",
            RATE % ("1", "sm_90", "sm_80"),
            "derived_rates[0]: min_architecture sm_90 is above max_architecture sm_80",
        ),
        ("a.yaml", "power_capped: {watts: 0, factor: 1, source: x}\n", "watts must be from 1e-12"),
        ("a.yaml", 'pcie_lane_bytes_per_second: {"7.0": -1}\n', "7.0 must be from 1e-12 to 1e+18"),
        (
            "a.yaml",
            TOOLCHAIN.replace('max: "20"', 'max: "6"'),
            "toolchain acmec.takes[0].dialects.ai.onnx: min 7 is above max 6",
        ),
        ("a.txt", "", "must end in .csv, .yaml, .yml"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, cause: str
) -> None:
    with pytest.raises(BadCatalogue) as caught:
        load((write(tmp_path, name, text),))
    message = str(caught.value)
    assert cause in message
    assert "\n" not in message


def test_a_version_range_may_begin_within_the_line_that_it_ends_with(tmp_path: Path) -> None:
    text = TOOLCHAIN.replace('min: "7", max: "20"', 'min: "1.13.1", max: "1.13"')
    assert "acmec" in load((write(tmp_path, "a.yaml", text),)).knowledge.toolchains


def test_a_key_that_overrides_what_is_merged_stands_once(tmp_path: Path) -> None:
    text = "shared: {a: &a {L: one}}\nwords: {links: {<<: *a, L: mine, M: mine}}\n"
    assert load((write(tmp_path, "a.yaml", text),)).products


def test_a_driver_may_keep_nothing_for_itself(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "driver_reserve_share: 0\n")
    assert load((path,)).knowledge.architectures.driver_reserve_share == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"gone\.csv: cannot be read: No such file"):
        load((tmp_path / "gone.csv",))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,name\xff")
    with pytest.raises(BadCatalogue, match="not UTF-8 text at byte 7"):
        load((path,))


def test_pci_ids_name_their_other_functions() -> None:
    assert parse_pci_ids("10de:20b1,10de:20f1") == (PciId("10de", "20b1"), PciId("10de", "20f1"))
    assert parse_pci_ids("8086:0b30 (VF 8086:0b31)")[1] == PciId("8086", "0b31", "vf")
    found = parse_pci_ids("10ee:5020 (user 10ee:5021; golden d020)")
    assert [(entry.device_id, entry.role) for entry in found] == [
        ("5020", ""), ("5021", "user"), ("d020", "golden"),
    ]  # fmt: skip
    assert parse_pci_ids("1e36:0021 (32GB),1e36:0022 (64GB)")[1].memory_gib == 64
    assert parse_pci_ids("10de:25b6 (subsystem 10de:157e)")[0].subsystem == ("10de", "157e")
    assert parse_pci_ids("") == ()


@pytest.mark.parametrize("text", ["10de", "10de:20b", "10de:20b1 (what)", "10de:20b1 10de:20b2"])
def test_malformed_pci_ids_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_pci_ids(text)


def test_a_subsystem_id_tells_products_apart(tmp_path: Path) -> None:
    rows = (
        "acme-a,A,Acme,ASIC,abcd:0001 (subsystem abcd:000a),16,500,100,,\n"
        "acme-b,B,Acme,ASIC,abcd:0001,32,500,100,,\n"
    )
    catalogue = load((write(tmp_path, "a.csv", HEADER + rows),))
    facts = DeviceFacts("ASIC", vendor_id="abcd", device_id="0001")
    exact = DeviceFacts(
        "ASIC",
        vendor_id="abcd",
        device_id="0001",
        subsystem_vendor_id="abcd",
        subsystem_device_id="000a",
    )
    assert catalogue.represent(exact).products == ("acme-a",)
    assert catalogue.represent(facts).products == ("acme-b",)


def test_toolchains_know_what_changed_above_their_bound() -> None:
    toolchains = load().represent_product("huawei-ascend-910b2").toolchains
    (bounds,) = (
        intake.dialects["ai.onnx"]
        for toolchain in toolchains
        if toolchain.id == "cann-atc"
        for intake in toolchain.takes
        if intake.family == "onnx"
    )
    assert bounds.changed_above is not None
    assert {"Gelu", "AveragePool"} <= set(bounds.changed_above)
    assert not {"Relu", "ReduceMean", "LayerNormalization"} & set(bounds.changed_above)
