"""What the GGUF reader makes of files of every form, whole ones and others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.gguf.reader import GgufReader
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.source import Source
from tests.data.gguf import make
from tests.readers.folders import MemoryFolder
from tests.readers.gguf.writing import Tensor, Writer

DATA = Path(make.__file__).resolve().parent


def read(content: bytes, name: str = "model.gguf", **beside: bytes) -> Graph:
    """The graph of a file."""
    return GgufReader().read(Source(name, content, MemoryFolder({name: content} | beside)))


def read_folder(**files: bytes) -> Graph:
    """The graph of a folder."""
    return GgufReader().read(Source("folder", folder=MemoryFolder(files), is_folder=True))


def write_parts() -> dict[str, bytes]:
    """The files of a split model."""
    return {name: writer.file() for name, writer in make.parts().items()}


def sum_sizes(graph: Graph) -> int:
    """Bytes of all parameters."""
    return sum(stored.type.byte_size or 0 for stored in graph.body.stored.values())


def test_every_block_type_of_ours_is_one_of_ggml() -> None:
    assert {entry.name for entry in ELEMENT_TYPES.values() if entry.block} < set(make.TYPES)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [2, 3])
def test_versions_and_byte_orders_state_the_same(order: str, version: int) -> None:
    writer = replace(make.llama(), order=order, version=version)
    graph = read(writer.file())
    assert graph.body == read(make.llama().file()).body
    assert graph.ir.version == str(version)
    assert graph.ir.encoding == ("little-endian" if order == "<" else "big-endian")
    assert graph.name == "a small llama"


def test_sizes_are_those_of_the_tensors_data() -> None:
    for make_writer in (make.llama, make.all_types, make.latent):
        writer = make_writer()
        assert sum_sizes(read(writer.file())) == sum(t.size_bytes for t in writer.tensors)


def test_the_last_size_of_a_shape_is_the_one_of_neighbours() -> None:
    stored = read(make.latent().file()).body.stored["blk.1.ffn_gate_exps.weight"]
    assert stored.type.shape == (8, 2, 64)
    assert stored.location == "inline"


def test_a_requirement_without_a_graph_says_that_work_is_not_known() -> None:
    graph = infer(read(make.windows().file()), Bindings())
    requirement = extract(
        graph, name="m", sha256=None, size_bytes=0, reader_name="gguf", bindings={}
    )
    assert requirement.memory.parameter_bytes == sum(t.size_bytes for t in make.windows().tensors)
    assert requirement.memory.activation_peak_bytes is None
    assert requirement.compute.macs is None
    assert requirement.element_types == ("f16",)
    assert any("not known" in warning for warning in requirement.warnings)


@pytest.mark.parametrize(
    ("name", "bytes_by_type", "elements"),
    [
        (
            "gpt_oss_20b_header.gguf",
            {"f32": 36731136, "mxfp4": 10152345600, "q8_0": 1907481600},
            20914757184,
        ),
        ("minilm_header.gguf", {"f16": 44674560, "f32": 912384}, 22565376),
    ],
)
def test_headers_of_large_models_are_exact_to_the_byte(
    name: str, bytes_by_type: dict[str, int], elements: int
) -> None:
    stored = read((DATA / name).read_bytes()).body.stored.values()
    found: dict[str, int] = {}
    for tensor in stored:
        kind = tensor.type.element_type or ""
        found[kind] = found.get(kind, 0) + (tensor.type.byte_size or 0)
    assert found == bytes_by_type
    assert sum(tensor.type.elements or 0 for tensor in stored) == elements


def test_a_header_alone_is_read_and_named() -> None:
    graph = read(make.llama().header())
    assert sum_sizes(graph) == sum(tensor.size_bytes for tensor in make.llama().tensors)
    assert {stored.location for stored in graph.body.stored.values()} == {"absent"}
    (warning,) = graph.warnings
    assert "a header alone" in warning
    assert "20 of 20 tensors cannot be loaded" in warning


def test_a_download_that_has_not_finished_is_named_with_what_is_missing() -> None:
    whole = make.llama().file()
    (warning,) = read(whole[:-200]).warnings
    assert f"{len(whole) - 200} of {len(whole)} bytes" in warning
    assert "download has not finished" in warning
    assert "2 of 20 tensors cannot be loaded" in warning


def test_a_header_that_is_cut_off_is_refused() -> None:
    header = make.llama().header()
    for length in range(8, len(header), 97):
        with pytest.raises(UnreadableModel, match="cut off"):
            read(header[:length])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_split_model_is_read_whole_by_any_of_its_files(number: int) -> None:
    files = write_parts()
    name = f"small-{number:05}-of-00003.gguf"
    graph = read(files[name], name, **files)
    assert graph.body.stored.keys() == {tensor.name for tensor in make.llama().tensors}
    assert graph.name == "a small llama"
    assert graph == read_folder(**files)


def test_missing_files_of_a_split_model_are_named() -> None:
    files = write_parts()
    name = "small-00001-of-00003.gguf"
    with pytest.raises(UnreadableModel, match=r"small-00002-of-00003\.gguf, small-00003-of"):
        read(files[name], name)
    with pytest.raises(UnreadableModel, match="2 are not beside it"):
        GgufReader().read(Source(name, files[name]))
    del files["small-00001-of-00003.gguf"]
    with pytest.raises(UnreadableModel, match=r"not beside it: small-00001-of-00003\.gguf"):
        read_folder(**files)


def test_a_file_of_a_split_model_under_another_name_is_refused() -> None:
    files = write_parts()
    with pytest.raises(UnreadableModel, match="not called NAME-0000N-of-00003"):
        read(files["small-00001-of-00003.gguf"], "renamed.gguf")


def test_files_that_do_not_belong_together_are_refused() -> None:
    files = write_parts()
    name = "small-00002-of-00003.gguf"
    with pytest.raises(UnreadableModel, match="does not say that it is file 2 of 3"):
        read_folder(**files | {name: make.llama().file()})
    writer = make.parts()[name]
    fewer = replace(writer, tensors=writer.tensors[1:])
    with pytest.raises(UnreadableModel, match="hold 19 tensors and state 20"):
        read_folder(**files | {name: fewer.file()})
    twice = replace(writer, tensors=make.parts()["small-00001-of-00003.gguf"].tensors)
    with pytest.raises(UnreadableModel, match="several files of the split model hold"):
        read_folder(**files | {name: twice.file()})
    with pytest.raises(UnreadableModel, match=f"'{name}': .*cut off"):
        read_folder(**files | {name: files[name][:50]})


def test_a_folder_of_several_models_asks_for_one() -> None:
    with pytest.raises(UnreadableModel, match=r"2 models: give one of a\.gguf, b\.gguf"):
        read_folder(**{"a.gguf": make.llama().file(), "b.gguf": make.llama().file()})


def test_a_projector_beside_the_model_is_not_counted_and_named() -> None:
    files = {"a.gguf": make.llama().file(), "mmproj-a.gguf": make.projector().file()}
    graph = read_folder(**files)
    assert sum_sizes(graph) == sum(tensor.size_bytes for tensor in make.llama().tensors)
    assert "mmproj-a.gguf" in graph.warnings[0]
    alone = read_folder(**{"mmproj-a.gguf": files["mmproj-a.gguf"]})
    assert "projector for images" in alone.warnings[0]
    assert len(alone.warnings) == 1


def test_what_is_no_model_is_named_for_what_it_is() -> None:
    assert "adapter ('lora')" in read(make.adapter().file()).warnings[0]
    assert "projector" in read(Writer({"general.architecture": "clip"}).file()).warnings[0]
    vector = Writer({"general.architecture": "controlvector"}, make.llama().tensors)
    assert "control vector" in read(vector.file()).warnings[0]
    assert "vocabulary" in read(replace(make.llama(), tensors=()).file()).warnings[0]
    with pytest.raises(UnreadableModel, match="importance matrix"):
        read(Writer({"general.type": "imatrix"}, make.llama().tensors).file())


def test_a_folder_with_the_model_in_another_form_is_left_to_others() -> None:
    def find_families(*names: str) -> list[str]:
        folder = MemoryFolder(dict.fromkeys(names, b'{"model_type": "llama"}'))
        source = Source("folder", folder=folder, is_folder=True)
        return [name for name, reader in list_readers() if reader.recognises(source)]

    assert find_families("a.gguf") == ["gguf"]
    assert find_families("a.gguf", "config.json") == ["gguf"]
    assert find_families("a.gguf", "config.json", "model.safetensors") == ["huggingface"]
    assert find_families("config.json") == ["huggingface"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"version": 1}, "version 1.*convert the model anew"),
        ({"version": 4}, "version 4 is not known"),
        ({"version": 0}, "version 0 is not known"),
        ({"alignment": 24, "metadata": {"general.alignment": 24}}, "no power of 2"),
        ({"metadata": {"general.alignment": 0}}, "no power of 2"),
        ({"metadata": {"general.alignment": "32"}}, "no power of 2"),
        ({"tensors": [Tensor("t", [32], 4, 20)]}, "q4_2, which ggml has given up"),
        ({"tensors": [Tensor("t", [32], 33, 18)]}, "q4_0_8_8, which ggml has given up"),
        ({"tensors": [Tensor("t", [32], 137, 18)]}, "type 137, which ggml has not"),
        ({"tensors": [Tensor("t", [48], 2, 27)]}, "rows of 48 elements.*whole blocks of 32"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read(replace(make.llama(), **change).file())
