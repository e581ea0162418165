"""Bytes of temporaries alive at once, counted by hand."""

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.memory.liveness import Peak, find_peak
from tests.unit.graph.building import GraphBuilder


def peak(builder: GraphBuilder, *outputs: str) -> int:
    found = find_peak(builder.infer(*outputs))
    assert found is not None
    return found.total_bytes


def test_inputs_outputs_and_weights_are_no_temporaries() -> None:
    b = GraphBuilder()
    y = b.node("matmul", b.input("x", 4, 8), b.parameter(8, 16))
    assert peak(b, y) == 0


def test_a_chain_holds_two_tensors_at_a_time() -> None:
    b = GraphBuilder()
    x = b.input("x", 100)
    for _ in range(6):
        x = b.node("exp", x)
    assert peak(b, x) == 800


def test_a_skip_connection_keeps_its_tensor_alive() -> None:
    b = GraphBuilder()
    kept = b.node("exp", b.input("x", 100))
    y = kept
    for _ in range(4):
        y = b.node("exp", y)
    assert peak(b, b.node("add", y, kept)) == 3 * 400


def test_views_take_no_bytes_and_keep_what_they_show() -> None:
    b = GraphBuilder()
    first = b.node("exp", b.input("x", 100))
    view = b.node("reshape", first, b.constant([10, 10]))
    view = b.node("unsqueeze", b.node("identity", view), b.constant([0]))
    other = b.node("exp", b.node("exp", first))
    b.node("squeeze", view, b.constant([0]), name="again")
    flat = b.node("flatten", "again", axis=0)
    joined = b.node("add", b.node("reshape", other, b.constant([1, 100])), flat)
    assert peak(b, joined) == 3 * 400


def test_a_view_of_an_output_is_an_output() -> None:
    b = GraphBuilder()
    y = b.node("exp", b.input("x", 100))
    assert peak(b, b.node("reshape", y, b.constant([10, 10]))) == 0


def test_tuples_keep_their_members() -> None:
    b = GraphBuilder()
    left, right = b.node("exp", b.input("x", 100)), b.node("exp", "x")
    pair = b.node("tuple", left, right)
    first = b.node("get_tuple_element", pair, index=0)
    second = b.node("get_tuple_element", pair, index=1)
    b.types = {first: b.inputs["x"], second: b.inputs["x"]}
    other = b.node("exp", b.node("exp", first))
    assert peak(b, b.node("add", other, second)) == 3 * 400


def test_the_peak_is_split_by_element_type() -> None:
    b = GraphBuilder()
    wide = b.node("exp", b.input("x", 100))
    narrow = b.node("convert", wide, element_type="f16")
    found = find_peak(b.infer(b.node("convert", narrow, element_type="f32")))
    assert found == Peak(600, {"f32": 400, "f16": 200})


def test_inner_blocks_add_to_what_lives_around_them() -> None:
    inner = Block(
        {},
        ("i3",),
        (
            Node("exp", "exp", ("outer",), ("i1",)),
            Node("exp", "exp", ("i1",), ("i2",)),
            Node("exp", "exp", ("i2",), ("i3",)),
        ),
    )
    b = GraphBuilder()
    b.inputs["p"] = TensorType("i1", ())
    b.node("exp", b.input("x", 100), name="outer")
    y = b.node("if", "p", blocks=(inner, inner))
    # outer, the branch's two temporaries, and the result that the branch fills
    assert peak(b, b.node("exp", y)) == 4 * 400


def test_an_unknown_size_leaves_the_peak_open() -> None:
    b = GraphBuilder()
    y = b.node("exp", b.node("exp", b.input("x", "n")))
    assert find_peak(b.infer(y)) is None


def test_one_element_repeated_takes_no_bytes_where_only_elementwise_nodes_read_it() -> None:
    b = GraphBuilder()
    x = b.input("x", 100)
    one = b.node("expand", b.constant(1.0, "f32"), b.constant([100]))
    assert peak(b, b.node("add", b.node("exp", x), one)) == 400
    b = GraphBuilder()
    x = b.input("x", 100)
    one = b.node("expand", b.constant(1.0, "f32"), b.constant([100]))
    joined = b.node("concatenate", b.node("exp", x), one, axis=0)
    assert peak(b, b.node("exp", joined)) == 800 + 800
