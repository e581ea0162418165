"""What each kind of artifact says it was built for, and what it leaves open."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.artifact import marks
from cyborg_rr.readers.artifact.found import BUILT_ON
from cyborg_rr.readers.artifact.reader import ArtifactReader
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.source import Source
from tests.readers.samples import DATA

FOLDER = DATA / "artifact"

TARGETS = MappingProxyType(
    {
        "iree_sm80.ptx": "ptx sm_80",
        "iree_vulkan.spv": "spirv 1.0 Shader Matrix SPV_KHR_storage_buffer_storage_class",
        "iree_gfx942.hsaco": "arch gfx942",
        "iree_gfx90a_modes.hsaco": "arch gfx90a:sramecc+:xnack-",
        "iree_cuda.vmfb": "ptx sm_80",
        "iree_flat.vmfb": "ptx sm_80",
        "iree_two_gpus.vmfb": "any of arch:gfx942 or arch:gfx90a",
        "iree_host.vmfb": "host embedded-elf-x86_64",
        "ptxas_sm90a.cubin": "arch sm_90a",
        "ptxas_sm100f.cubin": "arch sm_100",
        "paddle_sm30.fatbin": "arch sm_30",
        "tvm_host.tar": "library for hosts of x86_64",
        "openvino_cpu.blob": "host CPU",
        "documentation_engine.plan": "backend cuda; built on GPU",
        "documentation_described.engine": "backend cuda; built on GPU",
        "documentation_several.fatbin": "any of arch:sm_70 or arch:sm_90a or ptx:sm_90a",
        "documentation_hip.bundle": "any of arch:gfx90a:xnack- or arch:gfx1100",
        "documentation_program.so": "any of ptx:sm_80 or arch:sm_90a",
        "documentation_tvm_cuda.so": "ptx sm_90a",
        "documentation_u250.xclbin": "platform xilinx_u250_gen3x16_xdma_4_1_202210_1; "
        "interface f9a6d4d5-7d8d-4b5e-9d3c-2b1a0c9e8f77; "
        "bitstream 1b0f3c2e-5a4d-4e6f-8a9b-0c1d2e3f4a5b",
        "documentation_nlb.gbs": "region 69528db6-eb31-577a-8c36-68f9faa081f6; "
        "bitstream d8424dc4-a4a3-c413-f89e-433683f9040b",
        "documentation_nowhere.gbs": "bitstream d8424dc4-a4a3-c413-f89e-433683f9040b",
        "documentation_wide.om": "backend ascend; arch Ascend310P3",
        "documentation_narrow.om": "backend ascend; built on processor",
        "documentation_trn2.neff": "backend neuron; arch trn2",
        "documentation_any.neff": "backend neuron",
        "documentation_hailo8.hef": "backend hailo; arch hailo8",
        "documentation_hailo8l.hef": "backend hailo; any of arch:hailo8l or arch:hailo8",
        "documentation_hailo99.hef": "backend hailo; built on chip",
        "documentation_context.bin": "built on SoC of Qualcomm",
        "documentation_npu.blob": "backend intel-npu",
    }
)

TOLD_BY_THE_END = {
    "documentation_npu.blob",
    "documentation_program.so",
    "documentation_tvm_cuda.so",
}


def read(name: str) -> Graph:
    """The graph of a file."""
    return ArtifactReader().read(Source(name, (FOLDER / name).read_bytes()))


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_says_what_it_was_built_for(name: str) -> None:
    graph = read(name)
    assert "; ".join(f"{each.kind} {each.value}" for each in graph.targets) == TARGETS[name]
    assert graph.completeness == "header"
    assert graph.body.nodes == ()


def test_every_file_is_held_to_its_target() -> None:
    kept = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert kept - {"README.rst", "make_genuine.py", "make_documentation.py"} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_known_is_said(name: str) -> None:
    graph = read(name)
    assert "are not known" in graph.warnings[0]
    if any(target.kind == BUILT_ON for target in graph.targets):
        assert any("known" in text or "published" in text for text in graph.warnings[1:])


def test_every_kind_has_a_module_that_reads_it_and_a_file() -> None:
    found = {marks.find_kind((FOLDER / name).read_bytes()) for name in TARGETS}
    assert found == set(marks.KINDS)
    for kind in marks.KINDS:
        assert callable(importlib.import_module(f"cyborg_rr.readers.artifact.{kind}").read)


def test_a_file_of_a_module_stands_in_the_table() -> None:
    folder = Path(marks.__file__).parent
    modules = {f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*.py")}
    shared = {f"{room}.__init__" for room in ("gpu", "fpga", "npu", "modules")}
    assert modules - shared - {"modules.embedded"} == set(marks.KINDS)


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - TOLD_BY_THE_END))
def test_a_file_that_is_cut_off_is_told_by_its_beginning(name: str) -> None:
    whole = (FOLDER / name).read_bytes()
    assert marks.find_kind(whole[: max(len(whole) // 2, 1100)]) == marks.find_kind(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"IMODV1.2" + bytes(300),
        b"ptr" + bytes(60),
        b"xclbin1\0" + bytes(500),
        b".version 8.0\n.target gfx942\n",
        b".target sm_80\n.version 8.0\n",
        b"\x7fELF" + bytes(60),
        b"\1HEX" + bytes(60),
        b"PK\3\4" + bytes(26) + b"model.fb" + bytes(60),
    ],
)
def test_what_only_looks_like_an_artifact_is_none(data: bytes) -> None:
    assert not ArtifactReader().recognises(Source("m", data))


def test_a_program_without_code_for_devices_is_a_program_and_no_model() -> None:
    data = Path(sys.executable).resolve().read_bytes()
    with pytest.raises(UnreadableModel, match="a compiled program"):
        find_reader(Source("python", data))
