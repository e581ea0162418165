"""A folder that holds a model in several forms: one is read, and none passed over in silence."""

from __future__ import annotations

import json

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.detection import find_reader, list_readers
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import DENSE, list_tensors, pack
from tests.readers.folders import MemoryFolder, load_folder
from tests.readers.openvino.writing import Written
from tests.readers.samples import DATA

CONFIG = json.dumps(DENSE).encode()
WEIGHTS = pack(list_tensors(DENSE))


def network() -> dict[str, bytes]:
    """What optimum-intel writes."""
    made = Written()
    found = made.add("Add", [made.parameter([2, 3]), made.constant([3])], [[2, 3]])
    return {"openvino_model.xml": made.write(found), "openvino_model.bin": bytes(made.weights)}


def make(files: dict[str, bytes]) -> Source:
    """A folder with a configuration and these files."""
    folder = MemoryFolder({"config.json": CONFIG, **files})
    return Source("model", folder=folder, is_folder=True)


def list_takers(source: Source) -> list[str]:
    """The readers that recognise it."""
    return [name for name, reader in list_readers() if reader.recognises(source)]


@pytest.mark.parametrize(
    "names", [["model.onnx"], ["model.tflite"], ["decoder_model.onnx", "encoder_model.onnx"]]
)
def test_a_graph_without_weights_of_the_hub_is_asked_for(names: list[str]) -> None:
    source = make(dict.fromkeys(names, b"x"))
    assert list_takers(source) == []
    with pytest.raises(UnreadableModel) as refusal:
        find_reader(source)
    assert f"it holds {', '.join(names)}: give one of these by itself" in str(refusal.value)


@pytest.mark.parametrize("others", [[], ["openvino_tokenizer.xml", "openvino_tokenizer.bin"]])
def test_a_network_of_openvino_is_read_in_place_of_the_configuration(others: list[str]) -> None:
    source = make({**network(), **dict.fromkeys(others, b"<net/>")})
    assert list_takers(source) == ["openvino"]
    graph = find_reader(source).read(source)
    assert [node.native_name for node in graph.body.nodes] == ["Add"]


def test_networks_of_one_folder_that_could_each_be_meant_are_named() -> None:
    (text, weights) = network().values()
    source = make({"a.xml": text, "a.bin": weights, "b.xml": text, "b.bin": weights})
    with pytest.raises(UnreadableModel, match=r"it holds a\.xml, b\.xml: give one of these"):
        find_reader(source)


def test_a_gguf_file_beside_a_configuration_is_taken() -> None:
    assert list_takers(make({"model.gguf": b"GGUF"})) == ["gguf"]


@pytest.mark.parametrize("beside", [{"model.onnx": b"x"}, {"model.gguf": b"GGUF"}, network()])
def test_weights_of_the_hub_are_read_and_other_forms_are_told(beside: dict[str, bytes]) -> None:
    source = make({"model.safetensors": WEIGHTS, **beside})
    assert list_takers(source) == ["huggingface"]
    found = analyse(source, parse_options(None, ()))
    (told,) = [
        one for one in found.warnings if one.startswith("of the folder config.json was read")
    ]
    assert next(iter(beside)) in told
    assert found.reader.completeness == "full"


def test_a_configuration_alone_tells_of_no_other_form() -> None:
    source = make({"README.md": b"# model"})
    assert list_takers(source) == ["huggingface"]
    found = analyse(source, parse_options(None, ()))
    assert not any(one.startswith("of the folder") for one in found.warnings)


BESIDE = [
    ("openvino", "network", {"config.json": CONFIG}, "config.json"),
    ("graphdef", "dense", {"small.tflite": b"x"}, "small.tflite"),
    ("graphdef", "dense", {"small.tflite": b"x", "net.onnx": b"x"}, "net.onnx, small.tflite"),
    ("gguf", "split", {"config.json": CONFIG}, "config.json"),
    ("huggingface", "dense", {"model.onnx": b"x"}, "model.onnx"),
    ("huggingface", "dense", {"model.gguf": b"x"}, "model.gguf"),
    ("huggingface", "dense", {"a.xml": b"x", "a.bin": b"x"}, "a.xml"),
]


@pytest.mark.parametrize(("reader", "sample", "others", "told"), BESIDE)
def test_a_folder_of_two_models_says_which_was_read(
    reader: str, sample: str, others: dict[str, bytes], told: str
) -> None:
    folder = load_folder(DATA / reader / "folders" / sample)
    both = MemoryFolder({**folder.contents, **others}, folder.inner)
    source = Source("both", folder=both, is_folder=True)
    found = analyse(source, parse_options(None, ()))
    assert found.reader.name == reader
    (warning,) = (each for each in found.warnings if each.startswith("of the folder"))
    assert f"was read; {told} beside it" in warning
    alone = Source("alone", folder=folder, is_folder=True)
    told_alone = analyse(alone, parse_options(None, ())).warnings
    assert not [each for each in told_alone if each.startswith("of the folder")]


def test_of_a_folder_of_optimum_the_network_is_named_without_its_tokenizer() -> None:
    files = {**network(), "openvino_tokenizer.xml": b"<net/>", "openvino_tokenizer.bin": b"x"}
    found = analyse(make(files), parse_options(None, ()))
    assert found.warnings[0] == (
        "of the folder openvino_model.xml was read; config.json beside it is a model too: give that"
        " by itself to read it instead"
    )
