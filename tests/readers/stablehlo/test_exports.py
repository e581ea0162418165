"""What real exports of JAX ask for, against formulas reckoned by hand."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.graph import Block, Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.readers.golden import all_nodes
from tests.readers.stablehlo.files import DATA, FILES, only, read

RULELESS = {"custom_call", "unknown", "all_to_all", "rng_bit_generator"}
"""Operations whose result types only the file can state."""


def analyse(stem: str, bindings: Bindings = Bindings()) -> IRRequirement:  # noqa: B008 - frozen
    """The requirement of a test file."""
    return extract(
        infer(read(stem), bindings),
        name=stem, sha256=None, size_bytes=0, reader_name="stablehlo", bindings={},
    )  # fmt: skip


def test_resnet50_is_reckoned_as_published() -> None:
    requirement = analyse("resnet50")
    assert requirement.compute.macs == 4_089_184_256
    statistics = 26560 * 2  # means and variances, which torch keeps apart from its parameters
    assert requirement.memory.parameter_bytes == 4 * (25_557_032 + statistics)
    assert requirement.memory.parameters == "absent"
    assert requirement.unknown_operations == {}
    assert requirement.warnings == (
        "267 of 268 arguments were taken as weights, since the file names them so ('params')",
    )


def test_the_encoder_is_reckoned_as_by_hand() -> None:
    tokens, width, layers = 128, 768, 12
    dense = tokens * width * width * (4 + 8)
    attention = 2 * tokens * tokens * width
    requirement = analyse("encoder")
    assert requirement.compute.macs == layers * (dense + attention)
    assert requirement.inputs[0].shape == (1, tokens)
    assert requirement.memory.input_bytes == tokens * (4 + 1)


@pytest.mark.parametrize("stem", ["decoder", "decoder_generic"])
def test_the_decoder_is_reckoned_as_by_hand(stem: str) -> None:
    tokens, width, cache = 8, 1024, 256
    dense = tokens * width * width * (4 + 12)
    assert analyse(stem).compute.macs == dense + 2 * tokens * cache * width


def test_a_scan_counts_as_often_as_it_runs() -> None:
    step = 4 * (32 * 64 + 64 * 64)
    counted = 7 * 4 * 64 * 64
    assert analyse("loops").compute.macs == 10 * step + counted


def test_weights_inside_the_file_are_parameters() -> None:
    requirement = analyse("closed_over")
    assert requirement.memory.parameter_bytes == 4 * (3 * 3 * 3 * 8 + 8 * 16 * 16 * 10)
    assert requirement.memory.parameters == "inline"
    assert requirement.compute.macs == 2 * (16 * 16 * 27 * 8 + 8 * 16 * 16 * 10)


COSTS = json.loads((DATA / "oracle" / "costs.json").read_text())


@pytest.mark.parametrize("stem", COSTS)
def test_work_is_near_what_xla_counts(stem: str) -> None:
    compute = analyse(stem).compute
    assert compute.flops is not None
    assert compute.flops_other is not None
    work = compute.flops + compute.flops_other
    assert work == pytest.approx(COSTS[stem]["flops"], rel=0.04)
    assert compute.transcendentals == pytest.approx(COSTS[stem]["transcendentals"], rel=0.002)


@pytest.mark.parametrize("stem", ["sharded", "sharded_shardy"])
def test_each_device_of_a_sharded_program_does_its_part(stem: str) -> None:
    graph = read(stem)
    assert (graph.partitions, graph.replicas) == (4, 1)
    assert analyse(stem).compute.macs == 2 * 16 * 64 * 256 // 4
    collectives = Counter(
        (node.operation, node.attributes["group_size"])
        for node in all_nodes(graph.body)
        if "group_size" in node.attributes
    )
    assert collectives == {
        ("all_reduce", 4): 2,
        ("reduce_scatter", 4): 1,
        ("all_gather", 4): 1,
        ("collective_permute", 4): 1,
        ("all_to_all", 4): 1,
    }
    assert graph.completeness == "full"


def test_integer_products_keep_their_element_types() -> None:
    graph = read("quantised")
    products = [node for node in graph.body.nodes if node.operation == "dot_general"]
    assert [node.attributes["element_type"] for node in products] == ["i32", "f32"]
    assert "f8E4M3FN" in analyse("quantised").element_types


def test_a_symbolic_batch_keeps_the_exporter_s_names() -> None:
    graph = read("symbolic")
    assert graph.body.inputs == {
        "ids": TensorType("i32", ("b", "s")),
        "mask": TensorType("i1", ("b", "s")),
    }
    tokens, width = 4 * 128, 64
    bound = analyse("symbolic", Bindings(symbols={"b": 4, "s": 128}))
    assert bound.compute.macs == tokens * width * (12 * width + 2 * 128)


def test_a_convolution_with_a_symbolic_batch_can_be_bound() -> None:
    bound = analyse("symbolic_convolution", Bindings(batch=4))
    assert bound.compute.macs == 4 * (16 * 16 * 27 * 16 + 16 * 10)


def without_types(block: Block) -> Block:
    """The block with no stated types but where no rule could find them."""
    keep = {n for node in block.nodes if node.operation in RULELESS for n in node.outputs}
    return replace(
        block,
        types={name: type_ for name, type_ in block.types.items() if name in keep},
        nodes=tuple(
            replace(node, blocks=tuple(without_types(inner) for inner in node.blocks))
            for node in block.nodes
        ),
    )


def differences(stated: Block, typed: TypedBlock) -> list[str]:
    """Values whose inferred type is not the stated one, inner blocks included."""
    found = [
        f"{name}: stated {type_}, inferred {typed.types[name]}"
        for name, type_ in stated.types.items()
        if typed.types[name] != type_
    ]
    for index, inner in typed.inner.items():
        node: Node = stated.nodes[index]
        for block in inner.blocks:
            place = [without_types(each) for each in node.blocks].index(block.block)
            found += differences(node.blocks[place], block)
    return found


STATIC = [stem for stem in FILES if not stem.startswith("symbolic")]


@pytest.mark.parametrize("stem", STATIC)
def test_the_rules_find_the_types_that_the_file_states(stem: str) -> None:
    graph: Graph = read(stem)
    typed = infer(replace(graph, body=without_types(graph.body)))
    assert differences(graph.body, typed.body) == []


@pytest.mark.parametrize("stem", FILES)
def test_every_operand_is_defined_before_it_is_used(stem: str) -> None:
    graph = read(stem)

    def check(block: Block, outer: set[str]) -> None:
        known = outer | set(block.inputs) | set(block.stored)
        for node in block.nodes:
            assert set(node.inputs) - {""} <= known, node
            for inner in node.blocks:
                check(inner, known)
            known |= set(node.outputs)
        assert set(block.outputs) <= known

    check(graph.body, set())


def test_reduce_window_and_its_gradient_keep_their_windows() -> None:
    node = only(read("assorted"), "select_and_scatter")
    assert node.attributes["window_dimensions"] == (2, 2)
    windows = [n for n in all_nodes(read("assorted").body) if n.operation == "reduce_window"]
    assert all(math.prod(n.attributes["window_dimensions"]) > 1 for n in windows)
