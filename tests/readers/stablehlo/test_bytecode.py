"""The same program as text, as bytecode, as a portable artifact and in an export of JAX."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.formats.mlir.bytecode.entries import Entries
from cyborg_rr.readers.formats.mlir.bytecode.module import parse_bytecode
from cyborg_rr.readers.formats.mlir.values import DialectAttribute
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.readers.hostile import endure
from tests.readers.stablehlo.files import DATA

FORMS = DATA / "forms"
OTHER_FORMS = sorted(path for path in FORMS.iterdir() if path.suffix in (".bc", ".vhlo"))
EXPORTS = sorted(DATA.glob("*.jaxexport"))

_OF_THE_FILE = ("ir", "source", "sha256", "size_bytes")
_NAMED = ("inputs", "outputs", "warnings")
"""MLIR's generic text counts the values of all functions together: its names are its own."""


def describe(path: Path, name: str) -> dict[str, Any]:
    """The document of a file without what it says of the file itself."""
    document = codec.render(analyse(Source(name, path.read_bytes()), AnalysisOptions()))
    assert isinstance(document, dict)
    return {key: value for key, value in document.items() if key not in _OF_THE_FILE}


def find_text(path: Path) -> Path:
    """The text file that another form was made of."""
    stem = path.stem.partition("-")[0]
    beside = FORMS / f"{stem}.mlir"
    return beside if beside.exists() else DATA / f"{stem}.mlir"


def read(path: Path) -> Graph:
    return StablehloReader().read(Source("model", path.read_bytes()))


@pytest.mark.parametrize("path", OTHER_FORMS, ids=lambda path: path.name)
def test_every_form_gives_the_document_of_the_text(path: Path) -> None:
    text, other = describe(find_text(path), "model"), describe(path, "model")
    if "generic" in path.stem:
        for document in (text, other):
            for key in _NAMED:
                document.pop(key)
    assert other == text


def test_every_text_file_has_another_form() -> None:
    converted = {path.stem.partition("-")[0] for path in OTHER_FORMS}
    assert {path.stem for path in DATA.glob("*.mlir")} <= converted


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_an_export_gives_the_document_of_its_text(path: Path) -> None:
    text, other = describe(FORMS / f"{path.stem}.mlir", "model"), describe(path, "model")
    told = [line for line in other["warnings"] if not line.startswith("JAX runs this export on")]
    assert len(told) == len(other["warnings"]) - 1
    assert {**other, "warnings": told} == text


def test_an_export_names_its_platforms() -> None:
    (told,) = [line for line in read(DATA / "export_platforms.jaxexport").warnings if "JAX" in line]
    assert told == "JAX runs this export on cpu, cuda, tpu only"


@pytest.mark.parametrize("version", ["0.9.0", "1.0.0", "1.5.0", "1.9.0", "1.17.0"])
def test_an_artifact_states_its_version(version: str) -> None:
    identity = read(FORMS / f"loops-{version}.vhlo").ir
    assert (identity.encoding, identity.producer) == ("portable artifact", "StableHLO")
    assert identity.version == identity.producer_version == version
    assert ("stablehlo", version) in [(each.name, each.version) for each in identity.dialects]


def test_bytecode_states_who_wrote_it_and_no_version() -> None:
    identity = read(FORMS / "loops.bc").ir
    assert (identity.encoding, identity.producer) == ("bytecode", "MLIR23.0.0git")
    assert identity.version is None


@pytest.mark.parametrize("path", [*OTHER_FORMS, *EXPORTS], ids=lambda path: path.name)
def test_every_form_is_recognised(path: Path) -> None:
    assert find_reader(Source("model", path.read_bytes())).family == "stablehlo"


def test_a_newer_artifact_of_known_forms_is_read() -> None:
    data = (FORMS / "loops-1.17.0.vhlo").read_bytes().replace(b"_v1.17.0", b"_v1.22.0", 1)
    graph = StablehloReader().read(Source("model", data))
    assert {(each.name, each.version) for each in graph.ir.dialects} >= {("stablehlo", "1.22.0")}


def test_a_form_that_is_newer_than_known_is_refused_by_its_name() -> None:
    data = (FORMS / "loops-1.17.0.vhlo").read_bytes().replace(b"while_v1", b"while_v2", 1)
    with pytest.raises(UnreadableModel, match=r"vhlo\.while_v2 is a newer form"):
        StablehloReader().read(Source("model", data))


def test_a_newer_bytecode_is_refused_by_its_version() -> None:
    data = bytearray((FORMS / "loops.bc").read_bytes())
    data[4] = 7 * 2 + 1
    with pytest.raises(UnreadableModel, match="bytecode of version 7 is newer than 6"):
        StablehloReader().read(Source("model", bytes(data)))


@pytest.mark.parametrize(("dialect", "told"), [("tosa", "dialect tosa"), ("func", "other than")])
def test_bytecode_of_another_dialect_is_named(dialect: str, told: str) -> None:
    strings = b"\0builtin\0func\0" + dialect.encode() + b"\0module\0"
    source = Source("model", b"ML\xefR\x0dMLIR19\0\x01\x01" + strings)
    with pytest.raises(UnreadableModel, match=told):
        find_reader(source)


def test_shardings_are_written_as_in_text() -> None:
    module = parse_bytecode((FORMS / "sharded_shardy.bc").read_bytes()).module
    (mesh,) = [each for each in module.operations if each.name == "sdy.mesh"]
    assert mesh.attributes["mesh"] == DialectAttribute("sdy.mesh", '["model"=4]')
    (manual,) = [
        each
        for block in module.functions["main"].body or []
        for each in block.operations
        if each.name == "sdy.manual_computation"
    ]
    assert manual.attributes["out_shardings"] == DialectAttribute(
        "sdy.sharding_per_value", "[<@mesh, [{}, {}]>]"
    )


@pytest.mark.parametrize(
    ("stem", "weights"),
    [
        ("export_static", {"arg0['down']['kernel']", "arg0['up']['bias']", "arg0['up']['kernel']"}),
        ("export_partly_used", {"arg0['kernel']"}),
    ],
)
def test_arguments_are_named_by_their_tree_where_the_module_has_no_names(
    stem: str, weights: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Entries, "find_location_name", lambda *_: None)
    body = read(DATA / f"{stem}.jaxexport").body
    stored = {name for name, tensor in body.stored.items() if tensor.kind == "parameter"}
    assert stored == weights
    assert list(body.inputs) == ["arg1"]


SEED_FILES = [
    FORMS / "loops.bc", FORMS / "loops-1.17.0.vhlo", FORMS / "loops-0.9.0.vhlo",
    FORMS / "sharded_shardy.bc", FORMS / "symbolic_convolution-1.0.0.vhlo",
    DATA / "export_symbolic.jaxexport", DATA / "export_meshed.jaxexport",
]  # fmt: skip
MUTATIONS = 400


def mutate(data: bytes, chosen: random.Random) -> bytes:
    """Change, insert, leave out or repeat a few bytes."""
    changed = bytearray(data)
    place, length = chosen.randrange(len(data)), chosen.randrange(1, 9)
    kind = chosen.randrange(5)
    if kind == 0:
        changed[place:place] = chosen.randbytes(length)
    elif kind == 1:
        del changed[place : place + length]
    elif kind == 2:
        changed[place : place + length] = data[chosen.randrange(len(data)) :][:length]
    else:
        for _ in range(chosen.choice((1, 1, 2, 4, 20))):
            changed[chosen.randrange(len(data))] = chosen.choice((0, 1, 254, 255, length))
    return bytes(changed)


@pytest.mark.parametrize("path", SEED_FILES, ids=lambda path: path.name)
def test_mutated_files_are_refused_or_read(path: Path) -> None:
    data, chosen = path.read_bytes(), random.Random(path.name)
    mutated = (Source("model", mutate(data, chosen)) for _ in range(MUTATIONS))
    causes = [endure(StablehloReader(), each) for each in mutated]
    assert len(causes) - causes.count(None) > MUTATIONS // 2
