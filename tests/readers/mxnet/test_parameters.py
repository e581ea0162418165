"""Headers of parameters, in each form that MXNet has written."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.mxnet.archives import read_archive
from cyborg_rr.readers.mxnet.parameters import read_parameters
from cyborg_rr.readers.mxnet.reader import MxnetReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.mxnet.files import array, bind, count_parameters, params, read, var, write
from tests.readers.samples import DATA

BESIDE = DATA / "mxnet" / "beside"


@pytest.mark.parametrize("version", range(4))
def test_every_version_of_an_array_is_read(version: int) -> None:
    data = params(array((2, 3), version), array((4,), version, 2, 2), names=["arg:a", "aux:b"])
    found = read_parameters(data)
    assert found == {"a": TensorType("f32", (2, 3)), "b": TensorType("f16", (4,))}


def test_what_mxnet_wrote_is_read_sparse_arrays_by_what_they_stand_for() -> None:
    """Written by ``mx.nd.save`` of MXNet 1.9.1."""
    assert read_parameters((BESIDE / "kinds.params").read_bytes()) == {
        "dense": TensorType("f32", (2, 3)),
        "half": TensorType("f16", (4,)),
        "rows": TensorType("f32", (5, 2)),
        "csr": TensorType("f32", (2, 3)),
        "bytes": TensorType("i8", (3,)),
    }


def test_a_number_alone_has_a_shape_since_version_3() -> None:
    """Written by ``mx.npx.save`` of MXNet 1.9.1."""
    found = read_parameters((BESIDE / "numpy.params").read_bytes())
    assert found == {"a": TensorType("f32", (2, 3)), "s": TensorType("f32", ())}


def test_parameters_beside_a_symbol_are_found_by_its_name() -> None:
    symbol = (DATA / "mxnet" / "speech-symbol.json").read_bytes()
    content = (BESIDE / "speech-0000.params").read_bytes()
    files = {"speech-symbol.json": symbol, "speech-0000.params": content, "z.params": b"none"}
    folder = MemoryFolder(files)
    graph = MxnetReader().read(Source("speech-symbol.json", symbol, folder))
    weight = graph.body.stored["net_dense0_weight"]
    assert (weight.type, weight.location) == (TensorType("f32", (3, 8)), "external")
    assert count_parameters(bind(graph, data=(5, 2, 3))) == 763
    for source in (
        Source("speech-0000.params", content, folder),
        Source("speech", folder=folder, is_folder=True),
    ):
        assert MxnetReader().recognises(source)
        assert MxnetReader().read(source).body == graph.body


def test_parameters_alone_are_no_model() -> None:
    content = (BESIDE / "speech-0000.params").read_bytes()
    source = Source("speech-0000.params", content, MemoryFolder({"speech-0000.params": content}))
    assert not MxnetReader().recognises(source)
    with pytest.raises(UnreadableModel, match="weights alone"):
        MxnetReader().read(source)


def test_a_folder_of_several_symbols_is_refused_with_their_names() -> None:
    data = write(var("x"), ("Flatten", "y", (0,), {}))
    folder = MemoryFolder({"a-symbol.json": data, "b-symbol.json": data})
    with pytest.raises(UnreadableModel, match=r"give one of a-symbol\.json, b-symbol\.json"):
        MxnetReader().read(Source("models", folder=folder, is_folder=True))


def _write_npy(code: str, shape: str, version: int = 1) -> bytes:
    header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(64)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_numpy_is_read_by_its_headers(method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("f_weight.npy", _write_npy("<f4", "(5, 12)"))
        archive.writestr("f_bias.npy", _write_npy("<f2", "(5,)", 2))
        archive.writestr("scale.npy", _write_npy("|i1", "()"))
    found = read_archive(packed.getvalue())
    assert found["f_weight"] == TensorType("f32", (5, 12))
    assert found["f_bias"] == TensorType("f16", (5,))
    assert found["scale"] == TensorType("i8", ())
    nodes = [var("x"), var("f_weight"), var("f_bias")]
    data = write(*nodes, ("FullyConnected", "f", (0, 1, 2), {"num_hidden": "5"}))
    assert read(data, model_npz=packed.getvalue()).body.stored["f_bias"].type.shape == (5,)


@pytest.mark.parametrize(
    "header", [("<U4", "(2,)"), ("<f4", "(2 3,)"), ("<f4", "(9" + 40 * "9" + ",)")]
)
def test_an_array_of_numpy_that_cannot_be_is_refused(header: tuple[str, str]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.npy", _write_npy(*header))
    with pytest.raises(UnreadableModel, match=r"'a\.npy'"):
        read_archive(packed.getvalue())


WHOLE = params(array((2, 3), 2), names=["arg:a"])
WRONG = {
    "an array of another kind": (
        params(struct.pack("<Ii", 0xF993FAC9, 7) + bytes(64), names=["a"]),
        "stored in a way of its own",
    ),
    "more arrays than bytes": (struct.pack("<QQQ", 0x112, 0, 1 << 60), "cannot hold"),
    "a rank beyond all": (params(struct.pack("<Iii", 0xF993FAC9, 0, 1 << 30), names=["a"]), "rank"),
    "a negative size": (
        params(struct.pack("<Iiiq", 0xF993FAC9, 0, 1, -4) + bytes(64), names=["a"]),
        "negative",
    ),
    "an unknown type": (params(array((2,), 2, 77), names=["a"]), "unknown type 77"),
    "more names than arrays": (params(array((2,), 2), names=["a", "b"]), "2 names"),
    "a long name": (WHOLE[:-13] + struct.pack("<Q", 1 << 40) + b"arg:a", "has"),
    "another beginning": (bytes(64), "0x112"),
}


@pytest.mark.parametrize("name", WRONG)
def test_parameters_that_cannot_be_are_refused(name: str) -> None:
    data, cause = WRONG[name]
    with pytest.raises(UnreadableModel, match=cause):
        read_parameters(data)


@pytest.mark.parametrize("length", range(0, len(WHOLE), 3))
def test_parameters_that_are_cut_off_are_refused(length: int) -> None:
    with pytest.raises(UnreadableModel):
        read_parameters(WHOLE[:length])


def test_wrong_parameters_are_told_by_their_name() -> None:
    with pytest.raises(UnreadableModel, match=r"'model\.params' beside the symbol"):
        read(write(var("x"), ("Flatten", "y", (0,), {})), model_params=WHOLE[:40])


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1", bytes(99)])
def test_a_file_of_the_symbols_name_that_holds_no_parameters_is_not_passed_over(
    content: bytes,
) -> None:
    graph = write(var("x"), ("Flatten", "y", (0,), {}))
    with pytest.raises(UnreadableModel, match=r"'model\.params' beside the symbol holds no"):
        read(graph, model_params=content)
    assert read(graph, other_params=content).body.nodes
