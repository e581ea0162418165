"""HLO's protobuf has no magic number: structure decides, and nothing else may pass for it."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.hlo.reader import HloReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.formats.protobuf import nested, number
from tests.readers.hlo.files import FILES, read_bytes
from tests.readers.onnx.files import FILES as ONNX_FILES
from tests.readers.onnx.test_recognises import graph_def, saved_model


def recognises(content: bytes) -> bool:
    """What the reader says of a file."""
    return HloReader().recognises(Source("model", content))


def module() -> bytes:
    """An HloModuleProto of one parameter."""
    type_ = nested(3, number(2, 11) + nested(3, b"\x04"))
    parameter = nested(1, b"p") + nested(2, b"parameter") + type_ + number(35, 1)
    entry = nested(1, b"main") + nested(2, parameter) + number(5, 7) + number(6, 1)
    return nested(1, b"jit_f") + nested(2, b"main") + nested(3, entry) + number(6, 7)


WRAPPED = {
    "module": module(),
    "HloProto": nested(1, module()) + nested(3, b""),
    "HloSnapshot": nested(1, nested(1, module())) + nested(4, b"Host"),
    "text": b"HloModule m\n\nENTRY e {\n  ROOT p = f32[4] parameter(0)\n}\n",
    "text after words": b"// By hand.\n/* twice */\nHloModule m, is_scheduled=true\nENTRY e {\n"
    b"  ROOT p = f32[4]{0} parameter(0)\n}\n",
}


@pytest.mark.parametrize("case", WRAPPED)
def test_a_module_is_found_in_what_is_around_it(case: str) -> None:
    assert recognises(WRAPPED[case])
    assert read_bytes(WRAPPED[case]).body.inputs["p"].shape == (4,)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_is_recognised_and_refused(name: str) -> None:
    cut = FILES[name].read_bytes()[: FILES[name].stat().st_size * 2 // 3]
    assert recognises(cut)
    with pytest.raises(UnreadableModel):
        read_bytes(cut)


@pytest.mark.parametrize("name", ONNX_FILES)
def test_onnx_is_left_to_its_reader(name: str) -> None:
    assert not recognises(ONNX_FILES[name].read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x0a",
        b"\x0a\x05jit_f",
        b"module @jit_f attributes {mhlo.num_partitions = 1 : i32} {",
        b"ML\xefR\x0dStableHLO_v1.13.1\x00" + bytes(100),
        b"HloModuleProto {}",
        graph_def(),
        graph_def() + nested(2, b"library"),
        nested(1, nested(1, b"x") + nested(2, b"Relu") + nested(3, b"input")) * 3,
        saved_model(),
        nested(1, b"jit_f") + nested(2, b"main.1") + nested(3, b"not a computation"),
        nested(1, b"a name") + nested(2, b"and text") * 5,
        nested(1, nested(1, nested(1, nested(1, module())))),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_other_files_are_not_taken_for_hlo(content: bytes) -> None:
    assert not recognises(content)
    with pytest.raises(UnreadableModel):
        read_bytes(content)
