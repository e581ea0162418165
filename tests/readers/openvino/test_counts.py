"""Figures of networks whose right values were counted by hand or stand in publications."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.openvino.reader import OpenVinoReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder, load_folder
from tests.readers.openvino.writing import Written
from tests.readers.samples import DATA


def inspect(source: Source, inputs: Sequence[str] = ()) -> IRRequirement:
    """What is said of a source."""
    return analyse_by(OpenVinoReader(), source, parse_options(None, inputs))


def inspect_sample(name: str, inputs: Sequence[str] = ()) -> IRRequirement:
    """What is said of a sample: of a folder, or of a file alone."""
    path = DATA / "openvino" / "folders" / name
    if path.is_dir():
        return inspect(Source(name, folder=load_folder(path), is_folder=True), inputs)
    content = (DATA / "openvino" / f"{name}.xml").read_bytes()
    return inspect(Source(name, content), inputs)


@pytest.mark.parametrize(
    ("name", "inputs", "macs", "parameters"),
    [
        # 1x16x32x32 of 3x5x5, 1x32x16x16 of 16x5x5, 10 of 8192 / 4
        ("test_model_fp16", (), 10_529_408, 168_788),
        # 16x16x16 of 27, 16x8x8 of 9, 8x8x8 and 6x8x8 of 16
        ("documentation_detector_v6", (), 110_592 + 9_216 + 8_192 + 6_144, 4 * 852),
        # 8x28x28 of 75, 10 of 1568
        ("documentation_first_v2", (), 470_400 + 15_680, 2 * 16_298),
        # nine steps of 16 gates of 10 numbers, then nine times 3 of 4
        ("documentation_iterator_v5", (), 9 * 160 + 108, 4 * 191),
        # 8x16x16 of 27, 8x8x8 of 9, 10 of 8
        ("network", ("data=1x3x16x16",), 55_296 + 4_608 + 80, 2 * 376),
        # 4 tokens times 16x16, 4 x 11 scores of 2 heads, of 8 and of 8, 4 tokens times 32x16
        ("stateful", ("tokens=1x4", "state0_2=7"), 1_024 + 1_408 + 2_048, 2_048 + 136 + 32),
    ],
)
def test_work_and_weights_are_those_counted_by_hand(
    name: str, inputs: tuple[str, ...], macs: int, parameters: int
) -> None:
    found = inspect_sample(name, inputs)
    assert found.compute.macs == macs
    assert found.memory.parameter_bytes == parameters


def test_a_state_grows_in_its_own_memory() -> None:
    found = inspect_sample("stateful", ("tokens=1x4", "state0_2=7"))
    assert found.memory.aliased_bytes == 2 * 2 * 7 * 8 * 4
    assert [each.name for each in found.inputs] == ["tokens", "past.key", "past.value"]


def test_compressed_weights_stay_narrow() -> None:
    found = inspect_sample("stateful", ("tokens=1x4", "state0_2=7"))
    assert found.memory.parameter_bytes_by_element_type == {"f32": 2048, "u4": 136, "f16": 32}
    assert found.canonical_operations["dequantize"] == 1


def test_a_loop_counts_each_of_its_trips() -> None:
    found = inspect_sample("loops", ("z=6x8",))
    assert found.compute.macs is not None
    assert found.unknown_operations == {}


def test_an_iterator_runs_once_for_each_slice() -> None:
    few, many = (inspect_sample("loops", (f"z={count}x8",)) for count in (2, 200))
    assert few.compute.flops_other is not None
    assert many.compute.flops_other is not None
    assert (many.compute.flops_other - few.compute.flops_other) % 198 == 0
    assert many.compute.flops_other > few.compute.flops_other


def test_sizes_come_from_the_weights_file_where_it_lies_beside() -> None:
    """The stated sizes are those of before; bound anew, they follow from the stored shape."""
    made = Written()
    data = made.parameter([-1, 6], shape="?,6")
    turned = made.add("Reshape", [data, made.whole(-1, 3)], [[-1, 3]], {"special_zero": "true"})
    content = made.write(turned)
    beside = MemoryFolder({"made.xml": content, "made.bin": bytes(made.weights)})
    found = inspect(Source("made", folder=beside, is_folder=True), ["n0=4x6"])
    assert [each.shape for each in found.outputs] == [(8, 3)]
    assert found.warnings == ()


def test_without_the_weights_file_stated_sizes_hold_and_it_is_said() -> None:
    made = Written()
    data = made.parameter([2, 6])
    turned = made.add("Reshape", [data, made.whole(-1, 3)], [[4, 3]], {"special_zero": "true"})
    found = inspect(Source("made", made.write(turned)))
    assert [each.shape for each in found.outputs] == [(4, 3)]
    assert [warning for warning in found.warnings if ".bin does not lie beside" in warning]


def test_a_range_of_sizes_is_a_symbol_with_bounds() -> None:
    made = Written()
    data = made.parameter([-1, 3, -1], shape="1..8,3,2..64")
    graph = OpenVinoReader().read(
        Source("made", made.write(made.add("ReLU", [data], [[-1, 3, -1]])))
    )
    assert graph.body.inputs["n0"].shape == ("unk__n0_0", 3, "unk__n0_2")
    assert graph.bounds == {"unk__n0_0": 8, "unk__n0_2": 64}
    assert [(each.symbol, each.relation, each.number) for each in graph.conditions] == [
        ("unk__n0_2", "at least", 2)
    ]


def test_constants_at_one_place_of_the_weights_count_once() -> None:
    made = Written()
    data = made.parameter([4, 4])
    attributes = {"element_type": "f32", "shape": "4,4", "offset": 0, "size": 64}
    first, second = (made.add("Const", (), [[4, 4]], attributes) for _ in range(2))
    left = made.add("MatMul", [data, first], [[4, 4]])
    graph = OpenVinoReader().read(
        Source("made", made.write(made.add("MatMul", [left, second], [[4, 4]])))
    )
    assert [each.type.elements for each in graph.body.stored.values()] == [16]


@pytest.mark.parametrize("word", ["u1", "nf4", "u4", "string"])
def test_narrow_types_and_texts_are_read(word: str) -> None:
    made = Written()
    data = made.parameter([4, 4])
    held = made.constant([4, 4], word, bytes(16))
    graph = OpenVinoReader().read(
        Source("made", made.write(made.add("Custom", [data, held], [[4]], opset="extension")))
    )
    (node,) = graph.body.nodes
    assert (node.operation, node.native_name) == ("unknown", "extension:Custom")
