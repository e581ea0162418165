"""Files made to hurt: the only error is ``UnreadableModel``, and it comes soon."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.readers.formats.protobuf_wire import MAX_DEPTH
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.patience import ends_within
from tests.readers import hostile
from tests.readers.formats.protobuf import nested, number, varint
from tests.readers.onnx.files import FILES

SMALL = sorted(name for name, path in FILES.items() if path.stat().st_size < 50_000)
OPSET_17 = b"\x42\x04\x0a\x00\x10\x11"


def model(graph: bytes, ir_version: int = 8) -> bytes:
    """A file with that graph."""
    return number(1, ir_version) + nested(7, graph) + OPSET_17


def node(operation: str, inputs: str = "", outputs: str = "", extra: bytes = b"") -> bytes:
    """A node field of a graph."""
    content = b"".join(nested(1, name.encode()) for name in inputs.split())
    content += b"".join(nested(2, name.encode()) for name in outputs.split())
    return nested(1, content + nested(4, operation.encode()) + extra)


def value(field: int, name: str, dims: list[int]) -> bytes:
    """A graph input (11) or output (12) of floats."""
    shape = b"".join(nested(1, number(1, size)) for size in dims)
    return nested(
        field, nested(1, name.encode()) + nested(2, nested(1, number(1, 1) + nested(2, shape)))
    )


def tensor(name: str, dims: list[int], extra: bytes = b"") -> bytes:
    """An initializer field of a graph."""
    content = b"".join(number(1, size) for size in dims) + number(2, 1) + nested(8, name.encode())
    return nested(5, content + extra)


def refusal(content: bytes) -> str:
    """The error that reading gives, which must come soon."""
    return hostile.refuse(OnnxReader(), Source("hostile", content))


def endure(content: bytes) -> None:
    """Read or refuse, soon; anything else fails the test."""
    hostile.endure(OnnxReader(), Source("hostile", content))


@pytest.mark.parametrize("name", SMALL)
def test_every_truncation_of_a_file_is_read_or_refused(name: str) -> None:
    content = FILES[name].read_bytes()
    chosen = random.Random(name)  # the same places each time
    for end in chosen.sample(range(len(content)), min(60, len(content))):
        endure(content[:end])


@pytest.mark.parametrize("name", SMALL)
def test_changed_bytes_are_read_or_refused(name: str) -> None:
    content = FILES[name].read_bytes()
    chosen = random.Random(name)
    for _ in range(60):
        changed = bytearray(content)
        for _ in range(chosen.choice((1, 1, 3, 20))):
            changed[chosen.randrange(len(changed))] = chosen.randrange(256)
        endure(bytes(changed))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SMALL), st.data())
def test_pieces_put_in_and_taken_out_are_read_or_refused(name: str, data: st.DataObject) -> None:
    content = FILES[name].read_bytes()
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(start + 64, len(content))))
    endure(content[:start] + data.draw(st.binary(max_size=24)) + content[stop:])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2048))
def test_random_bytes_are_not_taken_for_a_model(content: bytes) -> None:
    assert not OnnxReader().recognises(Source("model", content))
    endure(content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=512))
def test_a_random_graph_is_read_or_refused(content: bytes) -> None:
    endure(model(content))


def test_messages_nested_a_hundred_thousand_deep_are_refused() -> None:
    pieces: list[bytes] = []
    length = 0
    for _ in range(33_334):  # a graph in an attribute in a node
        for field in (6, 5, 1):
            head = varint(field << 3 | 2) + varint(length)
            pieces.append(head)
            length += len(head)
    content = b"".join(reversed(pieces))
    assert f"nest more than {MAX_DEPTH} deep" in refusal(model(content))


def test_types_nested_deep_are_refused() -> None:
    deep = b""
    for _ in range(200):
        deep = nested(9, nested(1, deep))
    graph = nested(11, nested(1, b"x") + nested(2, deep))
    assert f"nest more than {MAX_DEPTH} deep" in refusal(model(graph))


def test_a_length_beyond_the_end_is_refused_with_its_place() -> None:
    assert "at byte 2 " in refusal(number(1, 8) + b"\x3a" + varint(1 << 40) + b"abc")
    assert "at byte 2 " in refusal(number(1, 8) + b"\x3a" + varint((1 << 64) - 1))


def test_a_number_without_an_end_is_refused() -> None:
    assert "over 10 bytes long" in refusal(b"\x08" + b"\xff" * 32)
    assert "ends inside a number" in refusal(b"\x08\xff")


def test_groups_are_refused() -> None:
    assert "wire type 3" in refusal(number(1, 8) + b"\x0b\x0c")


@pytest.mark.parametrize("dims", [[10**9, 10**9, 10**9], [1 << 62, 4], [(1 << 63) - 1, 1]])
def test_a_weight_of_impossible_size_is_refused(dims: list[int]) -> None:
    assert "beyond 64-bit sizes" in refusal(model(tensor("w", dims)))


def test_an_input_of_impossible_size_is_refused() -> None:
    assert "beyond 64-bit sizes" in refusal(model(value(11, "x", [10**9, 10**9, 10**9])))


def test_a_weight_with_a_negative_dimension_is_refused() -> None:
    assert "negative dimension in [-4, 4]" in refusal(model(tensor("w", [-4, 4])))


def test_an_input_with_a_negative_dimension_is_refused() -> None:
    assert "negative dimension in [-7]" in refusal(model(value(11, "x", [-7])))


def test_a_weight_of_too_many_dimensions_is_refused() -> None:
    assert "rank 100" in refusal(model(tensor("w", [1] * 100)))


def test_data_of_another_length_than_the_shape_says_is_refused() -> None:
    cause = refusal(model(tensor("w", [4, 4], nested(9, b"\0" * 60))))
    assert "tensor w at byte" in cause
    assert "60 bytes of data, but f32 [4, 4] takes 64" in cause


def test_an_external_length_that_lies_is_refused() -> None:
    entry = nested(13, nested(1, b"length") + nested(2, b"1"))
    assert "1 external bytes" in refusal(model(tensor("w", [4, 4], entry + number(14, 1))))


def test_an_unknown_element_type_is_refused() -> None:
    content = nested(5, number(1, 4) + number(2, 99) + nested(8, b"w"))
    assert "element type 99" in refusal(model(content))


def test_a_million_empty_nodes_are_refused_at_the_first() -> None:
    assert "a node without an operation" in refusal(model(b"\x0a\x00" * 1_000_000))


@pytest.mark.parametrize("version", [0, 100, 1 << 40, -1])
def test_an_absurd_ir_version_is_refused(version: int) -> None:
    content = model(node("Relu", "x", "y") + value(11, "x", [1]), version)
    assert f"IR version {version} does not exist" in refusal(content)
    assert not OnnxReader().recognises(Source("model", content))


def test_an_absurd_operator_set_is_refused() -> None:
    content = number(1, 8) + nested(7, b"") + nested(8, number(2, 1 << 40))
    assert f"operator set ai.onnx of version {1 << 40}" in refusal(content)


def test_an_empty_file_is_refused() -> None:
    assert "not an ONNX model" in refusal(b"")


def test_a_file_without_a_graph_is_refused() -> None:
    assert "no graph" in refusal(number(1, 8) + OPSET_17)


def test_two_main_graphs_are_refused() -> None:
    assert "second main graph" in refusal(model(b"") + nested(7, b""))


def test_a_value_defined_twice_is_refused() -> None:
    graph = node("Relu", "x", "y") + node("Abs", "x", "y") + value(11, "x", [1])
    assert "(Abs)" in refusal(model(graph))
    assert "defines 'y' a second time" in refusal(model(graph))


def test_nodes_in_a_circle_are_refused_by_name() -> None:
    graph = node("Relu", "b", "a", nested(3, b"first")) + node("Abs", "a", "b")
    assert "node 'first' (Relu)" in refusal(model(graph))
    assert "depends on its own result" in refusal(model(graph))


def test_a_value_that_nothing_defines_is_refused_by_name() -> None:
    assert "(Relu) at byte 6 reads 'ghost', which nothing defines" in refusal(
        model(node("Relu", "ghost", "y"))
    )


def test_of_many_values_that_nothing_defines_the_first_is_named() -> None:
    ghosts = " ".join(f"ghost{number}" for number in range(40))
    assert "reads 'ghost0', which nothing defines" in refusal(model(node("Sum", ghosts, "y")))


def test_an_output_that_nothing_defines_is_refused() -> None:
    assert "output 'ghost' is never defined" in refusal(model(value(12, "ghost", [1])))


def test_nodes_without_an_operator_set_are_refused() -> None:
    content = number(1, 8) + nested(7, node("Relu", "x", "y") + value(11, "x", [1]))
    assert "imports no ai.onnx operator set" in refusal(content)


def test_an_attribute_of_the_wrong_kind_is_refused_by_name() -> None:
    text = nested(5, nested(1, b"axis") + number(20, 3) + nested(4, b"zero"))
    graph = node("Gather", "x x", "y", text) + value(11, "x", [1])
    assert "attribute 'axis' is not an integer" in refusal(model(graph))


def function(name: str, body: bytes) -> bytes:
    """A function field of a model: nodes are its field 7, not 1."""
    return nested(
        25,
        nested(1, name.encode()) + nested(10, b"own") + body + OPSET_17.replace(b"\x42", b"\x4a"),
    )


def call(name: str) -> bytes:
    """A node field of a function that calls a function."""
    return nested(7, nested(4, name.encode()) + nested(7, b"own"))


NAMES = nested(4, b"x") + nested(5, b"y")
MAIN_CALL = nested(1, nested(4, b"f0") + nested(7, b"own"))


def test_a_function_that_calls_itself_is_refused() -> None:
    content = model(MAIN_CALL) + function("f0", call("f1")) + function("f1", call("f0"))
    assert "function own:f0 calls itself" in refusal(content)


def test_calls_over_sixteen_deep_are_refused() -> None:
    content = model(MAIN_CALL)
    for level in range(40):
        content += function(f"f{level}", call(f"f{level + 1}"))
    assert "nest over 16 deep" in refusal(content)


def test_calls_that_each_have_another_type_end_soon() -> None:
    """Each call makes its operand longer, so that none of 8 ** 5 is like another: 1 KB of file."""
    main = nested(1, b"a") + nested(2, b"b") + nested(4, b"f5") + nested(7, b"own")
    content = model(value(11, "a", [1]) + nested(1, main) + value(12, "b", []))
    pads = number(1, 2) + number(2, 7) + nested(9, bytes(8) + b"\1" + bytes(7))
    held = nested(5, nested(1, b"value") + number(20, 4) + nested(5, pads))
    longer = nested(7, nested(2, b"c") + nested(4, b"Constant") + held)
    longer += nested(7, nested(1, b"x") + nested(1, b"c") + nested(2, b"y") + nested(4, b"Pad"))
    content += function("f0", NAMES + longer)
    for level in range(1, 6):
        body = NAMES
        for place in range(8):
            ends = nested(1, b"t%d" % (place - 1) if place else b"x")
            ends += nested(2, b"t%d" % place if place < 7 else b"y")
            body += nested(7, ends + nested(4, b"f%d" % (level - 1)) + nested(7, b"own"))
        content += function(f"f{level}", body)
    graph = OnnxReader().read(Source("hostile", content))
    with pytest.raises(UnreadableModel, match="out of proportion to the file"):
        ends_within(5_000_000, lambda: infer(graph))


def test_control_characters_never_come_out_unescaped() -> None:
    evil = "\x1b[2J\x00\u202e\n"
    graph = node("Evil\x1b[0m", "x", "y") + value(11, "x", [1])
    read = OnnxReader().read(Source("n", model(graph) + nested(2, evil.encode())))
    assert read.ir.producer == "\\x1b[2J\\x00\\u202e\\n"
    assert read.body.nodes[0].native_name == "Evil\\x1b[0m"
    assert "\\x1b[2J" in refusal(model(node("Relu", evil.replace("\n", ""), "y")))


def test_text_that_is_not_utf8_is_replaced() -> None:
    read = OnnxReader().read(Source("n", model(b"") + nested(2, b"tool\xff\xfe")))
    assert read.ir.producer == "tool\ufffd\ufffd"


def test_a_long_producer_is_cut_and_a_long_name_refused() -> None:
    read = OnnxReader().read(Source("n", model(b"") + nested(2, b"a" * 10_000)))
    assert read.ir.producer == "a" * 256 + "..."
    assert "a name of 5000 bytes" in refusal(model(node("Relu", "x" * 5000, "y")))


def test_graphs_handed_from_function_to_function_cannot_multiply() -> None:
    def handed(field: int) -> bytes:
        """A node that holds, twice, the graph that its function was called with."""
        held = nested(5, nested(1, b"then_branch") + nested(21, b"g") + number(20, 5))
        return nested(field, nested(4, b"Held") + held) * 4

    content = number(1, 8) + nested(7, nested(1, nested(4, b"f0") + nested(7, b"own")))
    for level in range(14):
        graph = nested(5, nested(1, b"g") + number(20, 5) + nested(6, handed(1)))
        body = nested(7, nested(4, f"f{level + 1}".encode()) + nested(7, b"own") + graph)
        content += function(f"f{level}", body)
    content += function("f14", handed(7)) + OPSET_17
    assert "out of proportion to the file" in refusal(content)


LONG = "n" * 4000


@pytest.mark.parametrize("case", ["reads", "yields", "twice", "input", "initializer"])
def test_a_long_name_is_shortened_where_it_is_refused(case: str) -> None:
    taken, stored = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]), []
    relu = helper.make_node("Relu", [LONG if case == "reads" else "x"], ["y"])
    nodes, inputs = [relu], [taken]
    if case == "twice":
        nodes = [helper.make_node("Relu", ["x"], [LONG])] * 2
    elif case == "input":
        inputs = [helper.make_tensor_value_info(LONG, TensorProto.FLOAT, [1])] * 2
    elif case == "initializer":
        stored = [helper.make_tensor(LONG, TensorProto.FLOAT, [1], [0.0])] * 2
    name = LONG if case in ("yields", "twice") else "y"
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])]
    model = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs, stored))
    told = hostile.refuse(OnnxReader(), Source("m", bytes(model.SerializeToString())))
    assert "nnn" in told
    assert len(told) < 300
