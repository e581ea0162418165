"""What callers may fix about inputs, and what they are told when they may not."""

import pytest

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from tests.unit.graph.building import GraphBuilder


def tokens() -> GraphBuilder:
    """Two inputs that share batch and length, one position vector over the length alone."""
    b = GraphBuilder()
    b.input("ids", "batch", "length", element_type="i64")
    b.input("mask", "batch", "length", element_type="i64")
    b.input("positions", "length", element_type="i64")
    b.node("add", "ids", "positions", name="sum")
    b.node("multiply", "sum", "mask", name="out")
    return b


def test_a_batch_binds_the_first_dimension_but_not_the_length() -> None:
    typed = tokens().infer("out", bindings=Bindings(batch=4))
    assert typed.types["ids"].shape == (4, "length")
    assert typed.types["positions"].shape == ("length",)


def test_one_bound_input_binds_its_symbols_everywhere() -> None:
    ids = TensorType("i64", (2, 16))
    typed = tokens().infer("out", bindings=Bindings(inputs={"ids": ids}))
    assert typed.types["mask"].shape == (2, 16)
    assert typed.types["positions"].shape == (16,)
    assert typed.types["out"] == TensorType("i64", (2, 16))
    assert typed.unresolved == ()


def test_symbols_can_be_bound_by_name() -> None:
    typed = tokens().infer("out", bindings=Bindings(symbols={"batch": 3, "length": 8}))
    assert typed.types["out"].shape == (3, 8)


def test_bound_arithmetic_is_reckoned() -> None:
    b = GraphBuilder()
    b.input("past", "batch", "past_length", 8)
    b.input("mask", "batch", "past_length + length")
    b.node("identity", "mask", name="out")
    bound = Bindings(batch=1, symbols={"past_length": 7, "length": 1})
    assert b.infer("out", bindings=bound).types["out"].shape == (1, 8)


def test_an_unnamed_first_dimension_takes_the_batch() -> None:
    b = GraphBuilder()
    b.input("x", "?", 3)
    b.node("relu", "x", name="out")
    assert b.infer("out", bindings=Bindings(batch=5)).types["out"].shape == (5, 3)


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        (Bindings(inputs={"idz": TensorType(None, (1, 2))}), r"no input 'idz'; .*ids, mask"),
        (Bindings(inputs={"ids": TensorType(None, (1,))}), "rank 2"),
        (Bindings(inputs={"ids": TensorType("f32", (1, 2))}), "element type i64"),
        (Bindings(inputs={"ids": TensorType(None, (-1, 2))}), "cannot be -1"),
        (Bindings(inputs={"ids": TensorType(None, (2**62, 2**62))}), r"2\*\*63"),
        (Bindings(inputs={"btach": TensorType(None, (1,))}), r"open dimensions .*nearest: batch"),
        (Bindings(inputs={"batch": TensorType(None, (1, 2))}), "by one size, as in batch=8"),
        (Bindings(inputs={"batch": TensorType("f32", (1,))}), "by one size, as in batch=8"),
        (
            Bindings(inputs={"batch": TensorType(None, (4,)), "ids": TensorType(None, (2, 8))}),
            "wants 'batch' to be 2, but it is 4",
        ),
        (Bindings(2, inputs={"batch": TensorType(None, (4,))}), "contradicts the size 4"),
        (Bindings(symbols={"size": 4}), r"no dimension named 'size'; it has batch, length"),
        (Bindings(symbols={"batch": -4}), "cannot be -4"),
        (Bindings(batch=0), "batch cannot be 0"),
        (Bindings(symbols={"atc": 4}), "no dimension named 'atc'"),
        (Bindings(batch=4, symbols={"batch": 2}), "batch 4 contradicts the size 2 that 'batch'"),
        (
            Bindings(batch=4, inputs={"ids": TensorType(None, (1, 5))}),
            "batch 4 contradicts the size 1",
        ),
        (Bindings(symbols={"length": 4}, inputs={"ids": TensorType(None, (1, 5))}), "it is 4"),
        (
            Bindings(inputs={"ids": TensorType(None, (1, 5)), "mask": TensorType(None, (1, 6))}),
            "wants 'length' to be 6, but it is 5",
        ),
    ],
)
def test_bindings_that_cannot_be_meant_are_refused(bindings: Bindings, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        tokens().infer("out", bindings=bindings)


def fixed(shape: list[int]) -> GraphBuilder:
    """A file with batch 1 throughout, states of all types included."""
    b = GraphBuilder()
    b.input("x", 1, 4, 6)
    b.node("relu", "x", name="y")
    b.node("reshape", "y", b.constant(shape), name="out")
    b.types = {"y": TensorType("f32", (1, 4, 6)), "out": TensorType("f32", (1, 24))}
    return b


def test_a_fixed_batch_gives_way_where_the_rules_allow_it() -> None:
    typed = fixed([-1, 24]).infer("out", bindings=Bindings(batch=3))
    assert typed.types["out"].shape == (3, 24)
    assert "disagree" in typed.warnings[0]


def test_a_fixed_batch_that_a_reshape_repeats_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"fixes the batch at 1: node 'out' \(reshape\)"):
        fixed([1, 24]).infer("out", bindings=Bindings(batch=3))


def test_the_batch_that_the_file_has_is_fine() -> None:
    assert fixed([1, 24]).infer("out", bindings=Bindings(batch=1)).warnings == ()


def test_a_fixed_size_stays_when_no_rule_can_reckon_anew() -> None:
    b = GraphBuilder()
    b.input("x", 1, 4)
    b.node("custom_call", "x", name="out", target="mystery")
    b.types = {"out": TensorType("f32", (1, 4))}
    with pytest.raises(InvalidInput, match=r"fixes the batch at 1: .*custom_call"):
        b.infer("out", bindings=Bindings(batch=2))
    wider = TensorType(None, (1, 8))
    with pytest.raises(InvalidInput, match=r"fixes the shape of input x"):
        b.infer("out", bindings=Bindings(inputs={"x": wider}))


def test_inputs_without_a_common_first_dimension_have_no_batch() -> None:
    b = GraphBuilder()
    b.input("x", 8, 4)
    b.input("w", 4, 16)
    b.node("matmul", "x", "w", name="out")
    with pytest.raises(InvalidInput, match="no common first dimension"):
        b.infer("out", bindings=Bindings(batch=2))


def test_stale_types_yield_to_the_rules_after_binding_a_symbol() -> None:
    b = GraphBuilder()
    b.input("x", "n", 4)
    b.node("relu", "x", name="out")
    b.types = {"out": TensorType("f32", (1, 4))}
    assert b.infer("out", bindings=Bindings(batch=6)).types["out"].shape == (6, 4)


def test_a_stated_symbolic_type_is_used_where_no_rule_knows() -> None:
    b = GraphBuilder()
    b.input("x", "n", 4)
    b.node("unknown", "x", name="out")
    b.types = {"out": TensorType("f32", ("n", "k"))}
    typed = b.infer("out", bindings=Bindings(symbols={"n": 2, "k": 5}))
    assert typed.types["out"].shape == (2, 5)


def test_bound_shapes_that_do_not_fit_blame_the_binding_not_the_file() -> None:
    b = GraphBuilder()
    b.input("x", "n", "k")
    b.node("matmul", "x", b.parameter(8, 4), name="out")
    with pytest.raises(InvalidInput, match="bound shapes do not fit") as refusal:
        b.infer("out", bindings=Bindings(symbols={"k": 9}))
    assert not isinstance(refusal.value, UnreadableModel)


def test_weights_that_the_file_leaves_open_follow_from_the_data() -> None:
    b = GraphBuilder()
    b.inputs["x"] = TensorType("f32", (2, 3, 8, 8))
    for name in ("kernel", "bias", "scale", "shift", "mean", "variance", "w", "b"):
        b.inputs[name] = TensorType(None, None)
    b.node("convolution", "x", "kernel", "bias", name="c", out_channels=16, kernel=(3, 3))
    b.node("batch_normalization", "c", "scale", "shift", "mean", "variance", name="n")
    b.node("gemm", "n", "w", "b", name="out", units=10, units_flatten=True, trans_b=True)
    typed = b.infer("out")
    assert typed.types["kernel"].shape == (16, 3, 3, 3)
    assert typed.types["scale"] == TensorType("f32", (16,))
    assert typed.types["w"].shape == (10, 16 * 36)
    assert typed.types["out"].shape == (2, 10)
    assert typed.unresolved == ()


def test_weights_of_a_recurrent_layer_follow_from_the_width_of_its_data() -> None:
    b = GraphBuilder()
    b.inputs["x"] = TensorType("f16", (5, 2, 7))
    for name in ("weight", "back", "bias"):
        b.inputs[name] = TensorType(None, None)
    b.node("lstm", "x", "weight", "back", "bias", name="out", outputs=3, hidden_size=3,
           direction="bidirectional")  # fmt: skip
    typed = b.infer("out")
    assert typed.types["weight"] == TensorType("f16", (2, 4 * 3, 7))
    assert typed.types["back"].shape == (2, 4 * 3, 3)
    assert typed.types["bias"].shape == (2, 2 * 4 * 3)


def test_a_batch_beside_a_wholly_bound_input_must_agree_with_it() -> None:
    b = GraphBuilder()
    b.input("x", "?", 3)
    b.node("relu", "x", name="out")
    bound = {"x": TensorType(None, (2, 3))}
    assert b.infer("out", bindings=Bindings(batch=2, inputs=bound)).types["out"].shape == (2, 3)
    with pytest.raises(InvalidInput, match="batch 4 contradicts the shapes"):
        b.infer("out", bindings=Bindings(batch=4, inputs=bound))


def test_a_model_of_scalars_has_no_batch() -> None:
    b = GraphBuilder()
    b.input("x")
    b.node("relu", "x", name="out")
    assert b.infer("out", bindings=Bindings(batch=1)).unresolved == ()
    with pytest.raises(InvalidInput, match="no input has a dimension"):
        b.infer("out", bindings=Bindings(batch=2))
