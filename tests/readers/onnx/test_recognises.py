"""ONNX has no magic number: structure decides, and nothing else may pass for it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from onnx import TensorProto, helper

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.formats.protobuf import nested, number
from tests.readers.onnx.files import FILES


def recognises(content: bytes) -> bool:
    """What the reader says of a file."""
    return OnnxReader().recognises(Source("model", content))


def zipped() -> bytes:
    """A zip archive with one stored entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("model.json"), "{}")  # without the time of day
    return file.getvalue()


def graph_def() -> bytes:
    """A TensorFlow GraphDef: nodes in field 1, versions in field 4."""
    node = nested(1, b"x") + nested(2, b"Placeholder") + nested(5, nested(1, b"dtype"))
    return nested(1, node) * 20 + nested(4, number(1, 1205))


def saved_model() -> bytes:
    """A TensorFlow SavedModel: schema version 1, then a meta graph in field 2."""
    return number(1, 1) + nested(2, nested(1, nested(4, b"serve")) + nested(2, graph_def()))


def hlo() -> bytes:
    """An XLA HloModuleProto: name, entry computation, computations."""
    return nested(1, b"jit_f") + nested(2, b"main.1") + nested(3, nested(1, b"main.1"))


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_onnx_file_here_is_recognised(name: str) -> None:
    assert recognises(FILES[name].read_bytes())


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_head_of_any_length_is_enough_once_the_graph_begins(name: str) -> None:
    content = FILES[name].read_bytes()
    for length in (64, 100, 1000, 10_000):
        assert recognises(content[:length]), length


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_cut_off_is_recognised_and_refused_as_such(name: str) -> None:
    content = FILES[name].read_bytes()
    cut = content[: len(content) * 2 // 3]
    assert recognises(cut)
    with pytest.raises(UnreadableModel, match="cut off"):
        OnnxReader().read(Source(name, cut))


def test_a_model_whose_first_weight_exceeds_the_head_is_recognised() -> None:
    weight = TensorProto(name="w", data_type=1, dims=[100_000], raw_data=bytes(400_000))
    graph = helper.make_graph([helper.make_node("Relu", ["w"], ["y"])], "g", [], [], [weight])
    model = helper.make_model(graph, doc_string="Some words.").SerializeToString()
    assert recognises(model)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08",
        b"\x08\x08",
        bytes(1000),
        b'#[version = "0.0.5"]\ndef @main(%x: Tensor[(1), float32]) {}',
        b"module @jit_f attributes {mhlo.num_partitions = 1 : i32} {",
        b"HloModule jit_f, entry_computation_layout={(f32[2]{0})->f32[2]{0}}",
        json.dumps({"nodes": [], "arg_nodes": [], "heads": []}).encode(),
        b'<?xml version="1.0"?><net name="x" version="11"></net>',
        b"\x1c\x00\x00\x00TFL3" + bytes(200),
        b"ML\xefR\x0dStableHLO_v1.13.1\x00" + bytes(100),
        b"\x03\x02\x23\x07\x00\x00\x01\x00" + bytes(100),
        b"\x7fELF\x02\x01\x01" + bytes(100),
        b"GGUF\x03\x00\x00\x00" + bytes(100),
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        zipped(),
        graph_def(),
        saved_model(),
        hlo(),
        nested(1, hlo()),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_other_files_are_not_taken_for_onnx(content: bytes) -> None:
    assert not recognises(content)
