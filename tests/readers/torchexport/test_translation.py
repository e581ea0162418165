"""What single operations become, and what the file says besides them."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.readers.torchexport.symbols import parse_size
from tests.readers.torchexport.files import (
    RELU,
    TYPES,
    make_node,
    make_package,
    make_program,
    make_type,
    make_weights,
    pack,
    read,
)

Json = dict[str, Any]


def translate(node: Json, **types: Json) -> list[str]:
    """The canonical operations that a node with the result y becomes; its types must agree."""
    inputs = [name for name in types if name != "y"]
    graph = read(make_package(make_program([node], types, inputs)))
    typed = infer(graph)
    assert typed.warnings == ()
    assert typed.unresolved == ()
    return [made.operation for made in graph.body.nodes]


@pytest.mark.parametrize(
    ("node", "types", "expected"),
    [
        (
            make_node("aten.addmm.default", ["y"], self="b", mat1="x", mat2="w"),
            {"b": (4,), "x": (2, 3), "w": (3, 4), "y": (2, 4)},
            ["gemm"],
        ),
        (
            make_node("aten.linear.default", ["y"], input="x", weight="w"),
            {"x": (5, 2, 3), "w": (4, 3), "y": (5, 2, 4)},
            ["matmul"],
        ),
        (
            make_node(
                "aten.conv1d.default", ["y"], input="x", weight="w", stride=[2], padding=[1]
            ),
            {"x": (2, 3, 9), "w": (4, 3, 3), "y": (2, 4, 5)},
            ["convolution"],
        ),
        (
            make_node("aten.conv2d.default", ["y"], input="x", weight="w"),
            {"x": (3, 9, 9), "w": (4, 3, 3, 3), "y": (4, 7, 7)},
            ["unsqueeze", "convolution", "squeeze"],
        ),
        (
            make_node("aten.scaled_dot_product_attention.default", ["y"], query="q", key="k",
                      value="v"),
            {"q": (2, 5, 8), "k": (2, 7, 8), "v": (2, 7, 4), "y": (2, 5, 4)},
            ["matmul", "softmax", "matmul"],
        ),
        (
            make_node("aten.add.Tensor", ["y"], self="x", other="w", alpha=3),
            {"x": (2,), "w": (2,), "y": (2,)},
            ["multiply", "add"],
        ),
        (
            make_node("aten.select.int", ["y"], self="x", dim=1, index=-1),
            {"x": (2, 3), "y": (2,)},
            ["gather"],
        ),
        (
            make_node("aten.adaptive_avg_pool2d.default", ["y"], self="x", output_size=[3, 3]),
            {"x": (1, 2, 7, 7), "y": (1, 2, 3, 3)},
            ["pool"],
        ),
        (
            make_node("aten.upsample_nearest2d.vec", ["y"], input="x", output_size=[6, 6]),
            {"x": (1, 2, 3, 3), "y": (1, 2, 6, 6)},
            ["resize"],
        ),
        (
            make_node("aten.var.correction", ["y"], self="x", dim=[1], keepdim=True),
            {"x": (2, 3), "y": (2, 1)},
            ["reduce", "subtract", "reduce"],
        ),
        (
            make_node("aten.repeat.default", ["y"], self="x", repeats=[2, 1]),
            {"x": (2, 3), "y": (4, 3)},
            ["tile"],
        ),
        (
            make_node("aten.repeat.default", ["y"], self="x", repeats=[2, 1, 1]),
            {"x": (2, 3), "y": (2, 2, 3)},
            ["tile"],
        ),
        (
            make_node("aten.tile.default", ["y"], self="x", dims=[2]),
            {"x": (2, 3), "y": (2, 6)},
            ["tile"],
        ),
        (
            make_node("aten.swapdims.default", ["y"], self="x", dim0=0, dim1=1),
            {"x": (2, 3), "y": (3, 2)},
            ["transpose"],
        ),
        (
            make_node("aten.diff.default", ["y"], self="x", prepend="p", dim=1),
            {"x": (2, 3), "p": (2, 2), "y": (2, 4)},
            ["concatenate", "slice", "slice", "subtract"],
        ),
        (
            make_node("aten.diff.default", ["y"], self="x", n=2),
            {"x": (2, 3), "y": (2, 1)},
            ["unknown"],
        ),
        (
            make_node("mine.twist.default", ["y"], self="x"),
            {"x": (2, 3), "y": (2, 3)},
            ["unknown"],
        ),
    ],
    ids=lambda value: value["target"] if isinstance(value, dict) and "target" in value else "",
)  # fmt: skip
def test_an_operation_becomes_canonical_ones(
    node: Json, types: dict[str, tuple[int, ...]], expected: list[str]
) -> None:
    assert translate(node, **{n: make_type(*shape) for n, shape in types.items()}) == expected


def test_an_unknown_operation_keeps_its_name_and_its_types() -> None:
    node = make_node("mine.twist.default", ["y"], self="x")
    body = read(make_package(make_program([node], TYPES))).body
    assert body.nodes[0].native_name == "mine:twist"
    assert body.types["y"].shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("s0", "s0"),
        ("4", 4),
        ("Symbol('s0', integer=True)", "s0"),
        ("Integer(8)", 8),
        ("Add(Symbol('s0', integer=True), Integer(-1))", "s0 + -1"),
        ("Mul(Integer(2), Add(Symbol('a'), Symbol('b')))", "2*(a + b)"),
        ("FloorDiv(Symbol('a', positive=True, integer=True), Integer(2))", "a//2"),
        ("Max(Integer(1), Symbol('a'))", "Max(1, a)"),
        ("Pow(Symbol('a'), Integer(2))", "a*a"),
        ("Pow(Symbol('a'), Integer(99))", "?"),
        ("__import__('os')", "?"),
        ("Add(" * 50 + "Integer(1)" + ")" * 50, "?"),
        ("Mul(Integer(2)", "?"),
        ("x" * 5000, "?"),
    ],
)
def test_a_size_is_arithmetic_over_symbols(text: str, size: object) -> None:
    assert parse_size(text) == size


def test_largest_sizes_are_told() -> None:
    ranges = {"s0": {"min_val": 2, "max_val": 64}, "s1": {"min_val": 2, "max_val": None}}
    program = make_program([RELU], TYPES, range_constraints=ranges)
    assert read(make_package(program)).bounds == {"s0": 64}


def test_weights_that_are_not_in_the_package_are_absent() -> None:
    types = {**TYPES, "w": make_type(4)}
    program = make_program([RELU], types, weights={"w": "w"})
    record = {"m/data/weights/model_weights_config.json": make_weights({"w": "weight_0"})}
    graph = read(make_package(program, record))
    assert graph.body.stored["w"].location == "absent"
    assert "1 tensors have no data in this file: w" in graph.warnings


def test_other_models_of_a_package_are_named() -> None:
    program = make_program([RELU], TYPES)
    graph = read(make_package(program, {"m/models/draft.json": b"{}"}))
    assert graph.warnings == ("other models in this package were not read: draft",)


def test_a_compiled_package_is_refused_with_advice() -> None:
    data = pack({"m/archive_format": b"pt2", "m/data/aotinductor/model/x.so": b"\x7fELF"})
    with pytest.raises(Exception, match="AOTInductor compiled, and no program: give"):
        read(data)
