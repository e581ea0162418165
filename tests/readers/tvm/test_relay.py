"""Relay's text and JSON mean what TVM means by them."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tvm.relay.reader import RelayReader
from tests.readers.folders import MemoryFolder
from tests.readers.samples import DATA
from tests.readers.tvm.files import VERSION, analyse, last, read_relay, relay
from tests.readers.tvm.parameters import make_parameters

READER = RelayReader()
X = "%x: Tensor[(1, 4, 8, 8), float32]"
W = "%w: Tensor[(6, 4, 3, 3), float32]"


def macs(body: str, *parameters: str) -> int | None:
    return analyse(READER, relay(body, ", ".join(parameters) or X)).compute.macs


def shape(body: str, *parameters: str) -> tuple[int | str, ...]:
    found = analyse(READER, relay(body, ", ".join(parameters) or X)).outputs[0].shape
    assert found is not None
    return tuple(found)


@pytest.mark.parametrize(
    "text",
    [
        "v0.0.4\nfn (%x: Tensor[(2), float32]) {\n  nn.relu(%x)\n}\n",
        "def @main(%x: Tensor[(2), float32]) { nn.relu(%x) }",
        "free_var %x: Tensor[(2), float32];\n%0 = nn.relu(%x);\n%0",
        '#[version = "0.0.5"]\nfree_var %x: Tensor[(2), float32]; nn.relu(%x) // end',
        "Relay module function:\n v0.0.4\ndef @main(%x: Tensor[(2), float32]) { nn.relu(%x) }",
        "// a note\ndef @f(%x: Tensor[(2), float32]) { nn.relu(%x) }",
    ],
)
def test_every_form_of_a_text_is_recognised_and_read(text: str) -> None:
    assert READER.recognises(Source("test", text.encode()))
    graph = read_relay(text.encode())
    assert [node.native_name for node in graph.body.nodes] == ["nn.relu"]
    assert graph.body.inputs == {"x": TensorType("f32", (2,))}


@pytest.mark.parametrize(
    ("body", "parameters", "expected"),
    [
        ("nn.conv2d(%x, %w, padding=[1, 1])", (X, W), 1 * 6 * 8 * 8 * 4 * 9),
        ("nn.conv2d(%x, %w, strides=[2, 2], padding=[1, 1, 1, 1])", (X, W), 6 * 16 * 36),
        ("nn.conv2d(%x, %w, padding=[0, 1, 2, 1])", (X, W), 6 * 8 * 8 * 36),
        ("nn.conv2d(%x, %w, dilation=[2, 2])", (X, W), 6 * 4 * 4 * 36),
        (
            'nn.conv2d(%x, %w, groups=4, data_layout="NHWC", kernel_layout="HWOI")',
            ("%x: Tensor[(1, 8, 8, 4), float32]", "%w: Tensor[(3, 3, 4, 2), float32]"),
            36 * 8 * 9,
        ),
        (
            'nn.conv2d(%x, %w, data_layout="NHWC", kernel_layout="HWIO")',
            ("%x: Tensor[(1, 8, 8, 4), float32]", "%w: Tensor[(3, 3, 4, 6), float32]"),
            36 * 6 * 36,
        ),
        ("nn.dense(%x, %w)", ("%x: Tensor[(2, 8), float32]", "%w: Tensor[(5, 8), float32]"), 80),
        (
            "nn.batch_matmul(%x, %w)",
            ("%x: Tensor[(3, 2, 8), float32]", "%w: Tensor[(3, 5, 8), float32]"),
            240,
        ),
        (
            "nn.batch_matmul(%x, %w, transpose_b=False)",
            ("%x: Tensor[(3, 2, 8), float32]", "%w: Tensor[(3, 8, 5), float32]"),
            240,
        ),
        (
            "nn.conv2d_transpose(%x, %w, channels=6, kernel_size=[3, 3], strides=[2, 2])",
            (X, "%w: Tensor[(4, 6, 3, 3), float32]"),
            64 * 4 * 6 * 9,
        ),
    ],
)
def test_multiply_adds_are_those_counted_by_hand(
    body: str, parameters: tuple[str, ...], expected: int
) -> None:
    assert macs(body, *parameters) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("reshape(%x, newshape=[0, -1])", (1, 256)),
        ("reshape(%x, newshape=[-3, -2])", (4, 8, 8)),
        ("reshape(%x, newshape=[0, -4, 2, -1, -2])", (1, 2, 2, 8, 8)),
        ("expand_dims(%x, axis=-1, num_newaxis=2)", (1, 4, 8, 8, 1, 1)),
        ("squeeze(%x, axis=[0])", (4, 8, 8)),
        ("strided_slice(%x, begin=[0, 1], end=[1, 3], strides=[1])", (1, 2, 8, 8)),
        (
            'strided_slice(%x, begin=[2], end=[3], slice_mode="size", axes=[3])',
            (1, 4, 8, 3),
        ),
        ("sum(%x, axis=[1], exclude=True)", (4,)),
        ("mean(%x, axis=[2, 3], keepdims=True)", (1, 4, 1, 1)),
        ("argmax(%x, axis=[1])", (1, 8, 8)),
        ("transpose(%x, axes=[0, 2, 3, 1])", (1, 8, 8, 4)),
        ('layout_transform(%x, src_layout="NCHW", dst_layout="NHWC")', (1, 8, 8, 4)),
        ("nn.pad(%x, 0f, pad_width=[[0, 0], [0, 0], [1, 2], [3, 4]])", (1, 4, 11, 15)),
        ("nn.upsampling(%x, scale_h=2f, scale_w=3f)", (1, 4, 16, 24)),
        ("image.resize2d(%x, size=[5, 7])", (1, 4, 5, 7)),
        ("nn.global_avg_pool2d(%x)", (1, 4, 1, 1)),
        ("nn.adaptive_avg_pool2d(%x, output_size=[4, 2])", (1, 4, 4, 2)),
        ("nn.max_pool2d(%x, pool_size=[3, 3], strides=[2, 2], ceil_mode=True)", (1, 4, 4, 4)),
        ("nn.space_to_depth(%x, block_size=2)", (1, 16, 4, 4)),
        ("nn.batch_flatten(%x)", (1, 256)),
        ("tile(%x, reps=[2, 1])", (1, 4, 16, 8)),
        ("repeat(%x, repeats=3, axis=1)", (1, 12, 8, 8)),
        ("concatenate((%x, %x, %x), axis=1)", (1, 12, 8, 8)),
        ("stack((%x, %x), axis=0)", (2, 1, 4, 8, 8)),
        ("(split(%x, indices_or_sections=[1, 3], axis=1)).1", (1, 2, 8, 8)),
        ("%0 = split(%x, indices_or_sections=2, axis=3);\n%0.1", (1, 4, 8, 4)),
        ("take(%x, 1, axis=1)", (1, 8, 8)),
        ('zeros(shape=[3, 2], dtype="int8")', (3, 2)),
        ('arange(0f, 10f, 3f, dtype="float32")', (4,)),
        ("one_hot(argmax(%x, axis=[1]), 1f, 0f, depth=7, axis=-1)", (1, 8, 8, 7)),
        ("broadcast_to(%x, shape=[3, 4, 8, 8])", (3, 4, 8, 8)),
        ('topk(%x, k=3, ret_type="values")', (1, 4, 8, 3)),
        ("where(greater(%x, 0f), %x, -%x)", (1, 4, 8, 8)),
        ("%x * 2f + %x / 3f - 1f", (1, 4, 8, 8)),
        ('cast(%x, "int8")', (1, 4, 8, 8)),
        ('shape_of(%x, dtype="int32")', (4,)),
    ],
)
def test_shapes_follow_where_the_text_states_none(body: str, expected: tuple[int, ...]) -> None:
    assert shape(body) == expected


def test_a_batch_norm_yields_its_statistics_as_they_are() -> None:
    body = "%0 = nn.batch_norm(%x, %g, %b, %m, %v);\n(%0.0, %0.1)"
    vectors = (f"%{name}: Tensor[(4), float32]" for name in "gbmv")
    graph = read_relay(relay(body, ", ".join((X, *vectors))))
    assert graph.body.outputs == ("%0", "m")


def test_a_closure_sees_what_is_around_it_and_is_written_where_it_is_called() -> None:
    graph = read_relay(relay("let %f = fn (%a) { add(%a, %x) };\n%0 = %f(%x);\n%f(%0)"))
    first, second = graph.body.nodes
    assert first.inputs == ("x", "x")
    assert second.inputs == (first.outputs[0], "x")


def test_both_sides_of_a_condition_are_read() -> None:
    graph = read_relay(
        relay("if (less(sum(%x), 1f)) { nn.relu(%x) } else { %0 = exp(%x); log(%0) }")
    )
    node = last(graph)
    assert node.operation == "if"
    assert [[each.native_name for each in block.nodes] for block in node.blocks] == [
        ["nn.relu"], ["exp", "log"],
    ]  # fmt: skip


def test_what_calls_itself_is_counted_once_and_said() -> None:
    text = f"{VERSION}def @main(%x: Tensor[(2), float32]) {{ %0 = exp(%x); @main(%0) }}"
    graph = read_relay(text.encode())
    assert [node.operation for node in graph.body.nodes] == ["exp", "unknown"]
    assert any("call themselves are counted once: main" in each for each in graph.warnings)


def test_a_match_is_unknown_and_its_sides_are_passed_over() -> None:
    body = "match (%x) { Cons(%a, _) => { %a }, Nil => { fail() } } /* ty=Tensor[(2), float32] */"
    graph = read_relay(relay(body))
    assert [node.native_name for node in graph.body.nodes] == ["match"]
    assert graph.body.types[graph.body.outputs[0]] == TensorType("f32", (2,))


def test_an_open_size_of_an_argument_is_bound_by_the_caller() -> None:
    data = relay("nn.softmax(%x)", "%x: Tensor[(?, 4), float32]")
    assert read_relay(data).body.inputs["x"].shape == (ANY, 4)
    assert analyse(READER, data, "x=3x4").outputs[0].shape == (3, 4)


def test_a_size_that_is_open_in_a_comment_hides_nothing() -> None:
    data = relay("nn.dense(%x, %w) /* ty=Tensor[(?, 3), float32] */",
                 "%x: Tensor[(2, 4), float32], %w: Tensor[(3, 4), float32]")  # fmt: skip
    assert analyse(READER, data).outputs[0].shape == (2, 3)


def test_constants_of_the_metadata_are_weights_by_their_headers() -> None:
    data = (DATA / "relay" / "documentation_metadata.relay").read_bytes()
    stored = read_relay(data).body.stored
    assert {name: tensor.type.shape for name, tensor in stored.items()} == {
        "meta[0]": (16, 8), "meta[1]": (16,),
    }  # fmt: skip
    assert {tensor.kind for tensor in stored.values()} == {"parameter"}


def test_text_and_json_of_one_network_say_the_same() -> None:
    text = relay(
        "%0 = nn.conv2d(%data, %kernel, strides=[2, 2], padding=[1, 1, 1, 1]);\n"
        "%1 = nn.bias_add(%0, meta[relay.Constant][0] /* ty=Tensor[(4), float32] */);\n"
        "%2 = nn.global_avg_pool2d(%1);\n%3 = nn.batch_flatten(%2);\n"
        "%4 = nn.dense(%3, meta[relay.Constant][1] /* ty=Tensor[(2, 4), float32] */);\n(%4, %2)",
        "%data: Tensor[(1, 3, 8, 8), float32], %kernel: Tensor[(4, 3, 3, 3), float32]",
    )
    json = (DATA / "relay" / "documentation_module.json").read_bytes()
    one, other = analyse(READER, text), analyse(READER, json)
    assert one.compute == other.compute
    assert one.memory.parameter_bytes == other.memory.parameter_bytes == 48 + 432
    assert [each.shape for each in one.outputs] == [each.shape for each in other.outputs]


def test_parameters_beside_the_file_are_its_weights() -> None:
    text = relay("nn.dense(%x, %w)", "%x: Tensor[(2, 8), float32], %w: Tensor[(5, 8), float32]")
    folder = MemoryFolder({"a.relay": text, "a.params": make_parameters({"w": (5, 8)})})
    graph = READER.read(Source("a.relay", text, folder))
    assert list(graph.body.inputs) == ["x"]
    assert graph.body.stored["w"].kind == "parameter"
    assert graph.body.stored["w"].location == "external"


def test_parts_for_other_compilers_are_told() -> None:
    data = (DATA / "relay" / "documentation_functions.relay").read_bytes()
    assert "parts are set aside for other compilers: dnnl" in read_relay(data).warnings


def test_arguments_that_are_named_as_weights_are_weights() -> None:
    types = "Tensor[(5, 8), float32], %fc_bias: Tensor[(5), float32]"
    graph = read_relay(
        relay("nn.bias_add(nn.dense(%x, %fc_weight), %fc_bias)",
              f"%x: Tensor[(2, 8), float32], %fc_weight: {types}")
    )  # fmt: skip
    assert list(graph.body.inputs) == ["x"]
    assert sorted(graph.body.stored) == ["fc_bias", "fc_weight"]
    assert "2 of 3 arguments were taken as weights" in graph.warnings[0]
