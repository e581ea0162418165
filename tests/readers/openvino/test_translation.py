"""One layer each: what it becomes, and that the rules agree with the sizes that the file states."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.openvino.document import Layer
from cyborg_rr.readers.openvino.parsing import parse_document
from cyborg_rr.readers.openvino.reader import OpenVinoReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.openvino.writing import Written
from tests.readers.samples import DATA

Sizes = Sequence[int]


def read(made: Written, *results: tuple[int, int]) -> Graph:
    """The graph of a network with its weights beside."""
    folder = MemoryFolder({"made.xml": made.write(*results), "made.bin": bytes(made.weights)})
    return OpenVinoReader().read(Source("made", folder=folder, is_folder=True))


def infer_alone(graph: Graph, name: str) -> Sequence[int | str] | None:
    """The size that the rules find without what the file states of any result."""
    body = graph.body
    known = {each: kind for each, kind in body.types.items() if each in body.inputs}
    known |= {each: kind for each, kind in body.types.items() if each in body.stored}
    return infer(replace(graph, body=replace(body, types=known))).body.types[name].shape


ONE = (
    (
        "GroupConvolution",
        [[1, 4, 8, 8], [2, 3, 2, 3, 3]],
        [1, 6, 8, 8],
        {"pads_begin": "1,1", "pads_end": "1,1", "strides": "1,1", "dilations": "1,1"},
        "convolution",
    ),
    (
        "ConvolutionBackpropData",
        [[1, 4, 5, 5], [4, 2, 3, 3]],
        [1, 2, 11, 11],
        {"pads_begin": "0,0", "pads_end": "0,0", "strides": "2,2", "dilations": "1,1"},
        "convolution_transpose",
    ),
    (
        "GroupConvolutionBackpropData",
        [[1, 4, 5, 5], [2, 2, 3, 3, 3]],
        [1, 6, 7, 7],
        {"pads_begin": "0,0", "pads_end": "0,0", "strides": "1,1", "dilations": "1,1"},
        "convolution_transpose",
    ),
    (
        "DeformableConvolution",
        [[1, 4, 8, 8], [1, 18, 6, 6], [5, 4, 3, 3]],
        [1, 5, 6, 6],
        {"strides": "1,1", "dilations": "1,1"},
        "convolution",
    ),
    (
        "MaxPool",
        [[1, 2, 7, 7]],
        [1, 2, 4, 4],
        {"kernel": "2,2", "strides": "2,2", "rounding_type": "ceil"},
        "pool",
    ),
    (
        "AvgPool",
        [[1, 2, 7, 7]],
        [1, 2, 3, 3],
        {"kernel": "2,2", "strides": "2,2", "exclude-pad": "false"},
        "pool",
    ),
    ("MatMul", [[2, 3, 4], [5, 4]], [2, 3, 5], {"transpose_b": "true"}, "matmul"),
    ("Concat", [[2, 3], [2, 4]], [2, 7], {"axis": "-1"}, "concatenate"),
    ("SquaredDifference", [[2, 3], [3]], [2, 3], {"auto_broadcast": "numpy"}, "multiply"),
    ("Add", [[2, 3, 4], [3]], [2, 3, 4], {"auto_broadcast": "pdpd", "axis": "1"}, "add"),
    ("LessEqual", [[2, 3], [3]], [2, 3], {}, "compare"),
    ("Select", [[2, 3], [3], [1]], [2, 3], {}, "select"),
    ("Clamp", [[2, 3]], [2, 3], {"min": "0", "max": "6"}, "clamp"),
    ("SoftMax", [[2, 3]], [2, 3], {"axis": "1"}, "softmax"),
    (
        "DepthToSpace",
        [[1, 8, 2, 2]],
        [1, 2, 4, 4],
        {"block_size": "2", "mode": "blocks_first"},
        "depth_to_space",
    ),
    ("ReorgYolo", [[1, 2, 4, 4]], [1, 8, 2, 2], {"stride": "2"}, "space_to_depth"),
    (
        "BatchNormInference",
        [[3], [3], [1, 3, 4], [3], [3]],
        [1, 3, 4],
        {"epsilon": "0.001"},
        "batch_normalization",
    ),
    (
        "GroupNormalization",
        [[1, 8, 4], [8], [8]],
        [1, 8, 4],
        {"num_groups": "4"},
        "group_normalization",
    ),
    (
        "LSTMCell",
        [[2, 5], [2, 7], [2, 7], [28, 5], [28, 7], [28]],
        [2, 7],
        {"hidden_size": "7"},
        "squeeze",
    ),
    ("GRUCell", [[2, 5], [2, 7], [21, 5], [21, 7], [21]], [2, 7], {"hidden_size": "7"}, "squeeze"),
    (
        "GRUSequence",
        [[2, 6, 5], [2, 1, 7], [2], [1, 21, 5], [1, 21, 7], [1, 21]],
        [2, 1, 6, 7],
        {"hidden_size": "7", "direction": "forward"},
        "unsqueeze",
    ),
    (
        "RNNSequence",
        [[2, 6, 5], [2, 2, 7], [2], [2, 7, 5], [2, 7, 7], [2, 7]],
        [2, 2, 6, 7],
        {"hidden_size": "7", "direction": "bidirectional"},
        "transpose",
    ),
    (
        "ScaledDotProductAttention",
        [[1, 2, 7, 8], [1, 2, 9, 8], [1, 2, 9, 4]],
        [1, 2, 7, 4],
        {"causal": "true"},
        "attention",
    ),
    (
        "ROIAlign",
        [[1, 3, 8, 8], [5, 4], [5]],
        [5, 3, 2, 2],
        {"pooled_h": "2", "pooled_w": "2", "sampling_ratio": "2", "mode": "avg"},
        "roi_align",
    ),
    ("GridSample", [[1, 3, 8, 8], [1, 4, 4, 2]], [1, 3, 4, 4], {"mode": "bilinear"}, "grid_sample"),
    ("FakeQuantize", [[1, 3], [1], [1], [1], [1]], [1, 3], {"levels": "256"}, "dequantize"),
    ("ShuffleChannels", [[1, 6, 2]], [1, 6, 2], {"axis": "1", "group": "2"}, "copy"),
    ("Einsum", [[2, 3], [3, 4]], [2, 4], {"equation": "ij,jk->ik"}, "einsum"),
    ("GroupedMatMul", [[4, 2, 3], [4, 5, 3]], [4, 2, 5], {}, "matmul"),
    ("GroupedMatMul", [[6, 3], [4, 5, 3], [4]], [6, 5], {}, "indexed_matmul"),
)
"""Operation, sizes of its operands, of its result, attributes, and what stands for it."""


@pytest.mark.parametrize(
    ("kind", "operands", "result", "attributes", "last"), ONE, ids=[each[0] for each in ONE]
)
def test_a_layer_is_translated_and_its_sizes_follow(
    kind: str, operands: list[Sizes], result: Sizes, attributes: Mapping[str, object], last: str
) -> None:
    made = Written()
    inputs = [made.parameter(sizes) for sizes in operands]
    graph = read(made, made.add(kind, inputs, [result], attributes, name="made"))
    assert graph.body.nodes[-1].operation == last
    assert graph.body.nodes[-1].native_name == kind
    assert infer_alone(graph, "made") == tuple(result)


SHAPED = (
    ("Transpose", [[2, 3, 4]], [(2, 0, 1)], [4, 2, 3], {}),
    ("Reshape", [[2, 3, 4]], [(0, -1)], [2, 12], {"special_zero": "true"}),
    ("Squeeze", [[1, 3, 1]], [(0,)], [3, 1], {}),
    ("Unsqueeze", [[3]], [(0, 2)], [1, 3, 1], {}),
    ("Broadcast", [[3, 1]], [(2, 3, 4)], [2, 3, 4], {"mode": "numpy"}),
    ("Broadcast", [[3]], [(2, 3, 4), (1,)], [2, 3, 4], {"mode": "explicit"}),
    ("Tile", [[2, 3]], [(2, 1)], [4, 3], {}),
    ("Pad", [[2, 3]], [(1, 0), (0, 2)], [3, 5], {"pad_mode": "reflect"}),
    ("ReduceMean", [[2, 3, 4]], [(1, 2)], [2], {"keep_dims": "false"}),
    ("ReduceL2", [[2, 3, 4]], [(-1,)], [2, 3, 1], {"keep_dims": "true"}),
    ("NormalizeL2", [[2, 3, 4]], [(1, 2)], [2, 3, 4], {"eps": "0.1", "eps_mode": "add"}),
    ("SpaceToBatch", [[2, 3, 4]], [(1, 1, 2), (0, 1, 0), (0, 0, 2)], [4, 4, 3], {}),
    ("BatchToSpace", [[4, 3, 4]], [(1, 1, 2), (0, 1, 0), (0, 0, 2)], [2, 2, 6], {}),
    ("Slice", [[8, 9]], [(1,), (7,), (2,), (0,)], [3, 9], {}),
    (
        "StridedSlice",
        [[8, 9, 5]],
        [(1, 0, 2), (7, 0, 3), (2, 1, 1)],
        [3, 9],
        {
            "begin_mask": "0,1,0",
            "end_mask": "0,1,0",
            "new_axis_mask": "0,0,0",
            "shrink_axis_mask": "0,0,1",
            "ellipsis_mask": "0,0,0",
        },
    ),
    ("Gather", [[4, 9, 3], [2]], [(1,)], [4, 2, 3], {}),
    ("Gather", [[4, 9, 3], [4, 2]], [(1,)], [4, 2, 3], {"batch_dims": "1"}),
    ("ScatterElementsUpdate", [[4, 3], [1, 3], [1, 3]], [(0,)], [4, 3], {"reduction": "sum"}),
    ("AdaptiveAvgPool", [[1, 2, 8, 6]], [(4, 3)], [1, 2, 4, 3], {}),
    ("CumSum", [[4, 5]], [(1,)], [4, 5], {"exclusive": "false"}),
    ("Interpolate", [[1, 3, 4, 5]], [(8, 10)], [1, 3, 8, 10], {"axes": "2,3", "mode": "linear"}),
    ("DFT", [[2, 10, 10, 2]], [(1, 2)], [2, 10, 10, 2], {}),
    ("Reverse", [[2, 3]], [(1,)], [2, 3], {"mode": "index"}),
    ("RandomUniform", [], [(2, 3)], [2, 3], {"output_type": "f32"}),
)
"""Operation, sizes of its operands, lists of whole numbers behind them, its result, attributes."""


@pytest.mark.parametrize(("kind", "operands", "lists", "result", "attributes"), SHAPED)
def test_stored_numbers_say_what_the_sizes_are(
    kind: str,
    operands: list[Sizes],
    lists: list[tuple[int, ...]],
    result: Sizes,
    attributes: Mapping[str, object],
) -> None:
    made = Written()
    inputs = [made.parameter(sizes) for sizes in operands]
    inputs += [made.whole(*numbers) for numbers in lists]
    made.parameter([1])
    graph = read(made, made.add(kind, inputs, [result], attributes, name="made", opset="opset8"))
    assert not [node for node in graph.body.nodes if node.operation == "unknown"]
    assert infer_alone(graph, "made") == tuple(result)


def test_parts_of_a_split_have_their_own_sizes() -> None:
    made = Written()
    data, axis = made.parameter([2, 9]), made.constant([], "i64", (1).to_bytes(8, "little"))
    number, first = made.add(
        "VariadicSplit", [data, axis, made.whole(2, -1, 3)], [[2, 2], [2, 4], [2, 3]]
    )
    graph = read(made, *((number, first + place) for place in range(3)))
    assert [infer_alone(graph, name) for name in graph.body.outputs] == [(2, 2), (2, 4), (2, 3)]


def test_a_layer_of_an_extension_is_unknown_though_its_name_is_known() -> None:
    made = Written()
    graph = read(made, made.add("ReLU", [made.parameter([2])], [[2]], opset="extension"))
    assert [node.operation for node in graph.body.nodes] == ["unknown"]
    assert [each.name for each in graph.ir.dialects] == ["extension"]


@pytest.mark.parametrize(
    ("kind", "opset", "operands", "results", "largest"),
    [
        ("NonMaxSuppression", "opset9", [[1, 7, 4], [1, 2, 7]], [[-1, 3], [-1, 3], [1]],
         [(10, 3), (10, 3), (1,)]),
        ("Unique", "opset10", [[4, 5]], [[-1], [-1], [20], [-1]], [(20,), (20,), (20,), (20,)]),
    ],
)  # fmt: skip
def test_each_result_that_data_sizes_has_a_largest_size(
    kind: str, opset: str, operands: list[Sizes], results: list[Sizes], largest: list[Sizes]
) -> None:
    made = Written()
    given = [made.parameter(sizes) for sizes in operands]
    if kind == "NonMaxSuppression":
        given.append(made.whole(5))
    layer, first = made.add(kind, given, results, {}, opset=opset)
    ends = [(layer, first + place) for place in range(len(results))]
    graph = read(made, *ends)
    typed = infer(graph)
    assert typed.cause is None
    assert [typed.body.types[name].shape for name in graph.body.outputs] == largest


def test_layers_stand_in_any_order_of_the_file() -> None:
    made = Written()
    made.edges += ['<edge from-layer="1" from-port="0" to-layer="0" to-port="0"/>']
    made.add("ReLU", (), [[2]], more='<input><port id="0"/></input>')
    made.parameter([2])
    assert [node.operation for node in read(made, (0, 0)).body.nodes] == ["relu"]


def test_nothing_is_left_of_a_document_that_was_read() -> None:
    """Parser and builder know each other, and the reader runs without collector."""
    gc.collect()
    gc.disable()
    try:
        parse_document((DATA / "openvino" / "test_model_fp16.xml").read_bytes())
        assert not any(isinstance(each, Layer) for each in gc.get_objects())
    finally:
        gc.enable()


def test_an_einsum_begins_with_the_first_and_the_last_as_openvino_does() -> None:
    made = Written()
    given = [made.parameter(sizes) for sizes in ([2, 3], [3, 4], [4, 5])]
    found = made.add("Einsum", given, [[2, 5]], {"equation": "ab,bc,cd->ad"}, opset="opset7")
    work = find_workload(infer(read(made, found)))
    assert work.macs == 2 * 3 * 4 * 5 + 2 * 3 * 4 * 5


def test_a_network_in_utf_16_is_read_like_one_in_utf_8() -> None:
    made = Written()
    text = made.write(made.add("Relu", [made.parameter([2, 3])], [[2, 3]])).decode()
    plain = Source("made.xml", text.encode())
    for order in ("utf-16", "utf-16-be"):
        mark = "" if order == "utf-16" else "\ufeff"
        wide = Source("made.xml", (mark + text).encode(order))
        assert OpenVinoReader().recognises(wide)
        assert OpenVinoReader().read(wide).body == OpenVinoReader().read(plain).body


def test_other_nets_are_left_to_others() -> None:
    road = b'<?xml version="1.0"?>\n<net version="1.20" junctionCornerDetail="5"><location/></net>'
    assert not OpenVinoReader().recognises(Source("city.net.xml", road))
    assert not OpenVinoReader().recognises(Source("city.net.xml", road.decode().encode("utf-16")))
