"""What one of several devices holds, against a count of the elements that each device has."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import Block, Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.sharding.propagation import propagate
from cyborg_rr.domain.graph.sharding.shares import Bounds, DeviceShare, find_share
from cyborg_rr.domain.graph.shardings import Part, Sharding, cut, join_parts
from tests.unit.graph.building import GraphBuilder

Sizes = tuple[int, ...]


def held(sizes: Sizes, sharding: Sharding, device: int) -> set[Sizes]:
    """The places of the elements that a device has, parts being as large as the largest."""
    ranges = []
    for size, parts in zip(sizes, sharding.dimensions, strict=True):
        place = 0
        for part in parts:
            place = place * part.count + device // part.stride % part.count
        step = -(-size // math.prod(part.count for part in parts))
        ranges.append(range(min(place * step, size), min((place + 1) * step, size)))
    return set(product(*ranges))


MESHES: tuple[tuple[int, ...], ...] = ((2,), (8,), (2, 4), (4, 2), (2, 2, 2), (3, 2))


@st.composite
def placed(draw: st.DrawFn, rank: int, axes: tuple[int, ...]) -> Sharding:
    """Axes of a mesh in any order over the dimensions; those left out hold copies."""
    dimensions: list[list[Part]] = [[] for _ in range(rank)]
    for axis in draw(st.permutations(range(len(axes)))):
        place = draw(st.integers(-1, rank - 1))
        if place >= 0:
            dimensions[place].append(Part(math.prod(axes[axis + 1 :]), axes[axis]))
    return Sharding(tuple(join_parts(parts) for parts in dimensions))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), axes=st.sampled_from(MESHES), sizes=st.lists(st.integers(1, 9), max_size=3))
def test_a_part_is_as_large_as_that_of_the_device_with_most(
    data: st.DataObject, axes: tuple[int, ...], sizes: list[int]
) -> None:
    sharding = data.draw(placed(len(sizes), axes))
    found = math.prod(cut(sizes, sharding))
    parts = [held(tuple(sizes), sharding, each) for each in range(math.prod(axes))]
    assert found == max(map(len, parts))
    assert set().union(*parts) == set(product(*map(range, sizes)))


def share_of(typed: TypedGraph) -> DeviceShare:
    found = find_share(typed)
    assert found is not None
    return found


def divide(graph: Graph, devices: int, **shardings: Sharding) -> Graph:
    return replace(graph, partitions=devices, shardings=shardings)


def read_from(node: Node, place: Sizes, before: Sizes, after: Sizes) -> set[Sizes]:
    """The elements of the operand that one element of the result is made of."""
    match node.operation:
        case "transpose":
            order = node.attributes["permutation"]
            assert isinstance(order, tuple)
            source = [0] * len(place)
            for at, axis in enumerate(order):
                source[int(axis)] = place[at]
            return {tuple(source)}
        case "reshape":
            flat = 0
            for size, at in zip(after, place, strict=True):
                flat = flat * size + at
            found: list[int] = []
            for size in reversed(before):
                flat, at = divmod(flat, size)
                found.append(at)
            return {tuple(reversed(found))}
        case "reduce":
            axes = node.attributes["axes"]
            assert isinstance(axes, tuple)
            kept = iter(place)
            spans = [
                range(size) if axis in axes else (next(kept),) for axis, size in enumerate(before)
            ]
            return set(product(*spans))
        case "slice":
            return {(place[0], place[1] + 1, *place[2:])}
        case _:
            return {place}


STEPS = st.sampled_from(["exp", "transpose", "reshape", "reduce", "slice"])


@st.composite
def steps(draw: st.DrawFn, sizes: Sizes) -> tuple[GraphBuilder, str]:
    """One node over a tensor of that size."""
    b = GraphBuilder()
    x = b.input("x", *sizes)
    match draw(STEPS):
        case "transpose":
            order = tuple(draw(st.permutations(range(len(sizes)))))
            return b, b.node("transpose", x, permutation=order)
        case "reshape":
            total = math.prod(sizes)
            first = draw(st.sampled_from([n for n in range(1, total + 1) if total % n == 0]))
            rest = total // first
            second = draw(st.sampled_from([n for n in range(1, rest + 1) if rest % n == 0]))
            return b, b.node("reshape", x, b.constant([first, second, rest // second]))
        case "reduce":
            axes = tuple(sorted(draw(st.sets(st.integers(0, len(sizes) - 1), min_size=1))))
            return b, b.node("reduce", x, axes=axes, function="sum")
        case "slice":
            assume(sizes[1] > 1)
            return b, b.node("slice", x, b.constant([1]), b.constant([sizes[1]]), b.constant([1]))
        case operation:
            return b, b.node(operation, x)


@settings(max_examples=400, deadline=None)
@given(
    data=st.data(),
    axes=st.sampled_from(MESHES),
    sizes=st.tuples(*[st.sampled_from([1, 2, 4, 6, 8])] * 3),
)
def test_a_device_can_make_its_part_of_what_it_has(
    data: st.DataObject, axes: tuple[int, ...], sizes: Sizes
) -> None:
    """Or, where parts are summed, all devices together have what a part is the sum of."""
    b, y = data.draw(steps(sizes))
    sharding, devices = data.draw(placed(3, axes)), math.prod(axes)
    typed = infer(divide(b.graph(y), devices, x=sharding))
    placements = propagate(typed)
    result = placements.find(typed.body, y)
    after = typed.types[y].shape
    assert after is not None
    if not isinstance(result, Sharding):
        return
    made = tuple(int(size) for size in after)
    node = typed.body.block.nodes[-1]
    for device in range(devices):
        own = held(sizes, sharding, device)
        for place in held(made, result, device):
            wanted = read_from(node, place, sizes, made)
            if (id(typed.body), y) not in placements.summed:
                assert wanted <= own


PRODUCT: Any = {"lhs_contracting": (1,), "rhs_contracting": (0,)}


def batch_of(b: GraphBuilder, *shape: int | str) -> str:
    return b.input("x", *shape)


ROWS = Sharding(((Part(1, 8),), ()))


def test_of_what_depends_on_data_no_device_is_sure_to_hold_or_do_anything() -> None:
    b = GraphBuilder()
    y = b.node("dot_general", b.node("exp", batch_of(b, "n", 4)), b.parameter(4, 4), **PRODUCT)
    graph = replace(divide(b.graph(y), 8, x=ROWS), bounds={"n": 64})
    share = share_of(infer(graph))
    for figure in (share.inputs, share.outputs, share.activation_peak, share.macs):
        assert figure is not None
        assert figure.least == 0
        assert figure.most > 0


def test_a_loop_that_data_may_end_is_sure_of_no_work() -> None:
    body = Block(
        {"i": TensorType("i64", ()), "c": TensorType("i1", ()), "s": TensorType("f32", (16, 4))},
        ("go", "r"),
        (
            Node("dot_general", "dot", ("s", "w0"), ("r",), PRODUCT),
            Node("reduce", "reduce", ("r",), ("sum",), {"axes": (0, 1), "function": "sum"}),
            Node("compare", "less", ("sum", "sum"), ("go",), {"direction": "LT"}),
        ),
    )
    b = GraphBuilder()
    weight = b.parameter(4, 4)
    assert weight == "w0"
    b.node("loop", b.constant(5), "", batch_of(b, 16, 4), name="l", blocks=(body,))
    share = share_of(infer(divide(b.graph("l"), 8, x=ROWS)))
    assert share.macs == Bounds(0, 5 * 16 * 4 * 4)


def test_an_output_takes_over_no_more_than_the_part_of_its_argument() -> None:
    b = GraphBuilder()
    y = b.node("exp", batch_of(b, 16, 4))
    graph = divide(b.graph(y), 8, x=ROWS)
    graph = replace(
        graph,
        body=replace(graph.body, aliased_outputs={0: "x"}),
        output_shardings={0: Sharding(((), ()))},
    )
    share = share_of(infer(graph))
    assert share.inputs == Bounds(32, 32)
    assert share.outputs == Bounds(256, 256)
    assert share.aliased == Bounds(32, 32)


def test_an_output_in_the_memory_of_an_argument_is_divided_like_it() -> None:
    b = GraphBuilder()
    graph = divide(b.graph(b.node("softmax", batch_of(b, 16, 4), axis=0)), 8, x=ROWS)
    assert share_of(infer(graph)).outputs == Bounds(32, 256)
    aliased = replace(graph, body=replace(graph.body, aliased_outputs={0: "x"}))
    share = share_of(infer(aliased))
    assert share.outputs == share.aliased == Bounds(32, 32)


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    sizes=st.tuples(*[st.integers(1, 40)] * 2),
    counts=st.tuples(*[st.sampled_from([1, 2, 4])] * 2),
)
def test_more_devices_never_hold_more_each(
    data: st.DataObject, sizes: Sizes, counts: Sizes
) -> None:
    """Twice as many devices along an axis."""
    b = GraphBuilder()
    w = b.parameter(*sizes)
    hidden = b.node("dot_general", b.node("exp", b.input("x", 8, sizes[0])), w, **PRODUCT)
    graph = b.graph(b.node("softmax", hidden, axis=1))
    figures: list[list[int]] = []
    for more in (1, 2):
        first, second = counts[0] * more, counts[1]
        x = Sharding(((Part(second, first),) if first > 1 else (), ()))
        weights = Sharding(((), (Part(1, second),) if second > 1 else ()))
        if first * second == 1:
            return
        share = share_of(infer(divide(graph, first * second, x=x, **{w: weights})))
        known = (share.parameters, share.inputs, share.outputs, share.activation_peak, share.macs)
        figures.append([end for each in known if each for end in (each.least, each.most)])
    assert all(b <= a for a, b in zip(*figures, strict=True))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_function_that_is_called_often_does_the_work_of_each_call(count: int) -> None:
    function = Block(
        {"a": TensorType("f32", (16, 4)), "w": TensorType("f32", (4, 4))},
        ("r",),
        (Node("dot_general", "dot", ("a", "w"), ("r",), PRODUCT),),
    )
    b = GraphBuilder()
    weight = b.parameter(4, 4)
    y = batch_of(b, 16, 4)
    for _ in range(count):
        y = b.node("call", y, weight, blocks=(function,))
    whole = Sharding(((), ()))
    share = share_of(infer(divide(b.graph(y), 8, x=ROWS, **{weight: whole})))
    assert share.macs == Bounds(count * 2 * 16, count * 2 * 16)


def test_weights_in_parts_on_the_devices_of_the_batch_are_brought_together() -> None:
    """Four layers of fully sharded weights, 8 devices: XLA's memory analysis has outputs of 262144
    bytes and 34603008 of temporaries, of which 33554432 are all weights gathered (jax, on CPUs)."""
    b = GraphBuilder()
    x = b.input("x", 1024, 512)
    rows = {"x": ROWS}
    for _ in range(4):
        for shape in ((512, 2048), (2048, 512)):
            weight = b.input(f"w{len(rows)}", *shape)
            rows[weight] = ROWS
            x = b.node("dot_general", x, weight, **PRODUCT)
    share = share_of(infer(divide(b.graph(x), 8, **rows)))
    assert share.macs == Bounds(2**30, 2**30)
    assert share.outputs is not None
    assert share.outputs.least == 262144
    assert share.activation_peak is not None
    assert share.activation_peak.least <= 34603008 <= share.activation_peak.most < 36 << 20


def test_what_is_divided_among_other_devices_too_is_gathered_in_part() -> None:
    b = GraphBuilder()
    x, weight = b.input("x", 64, 64), b.input("w", 64, 64)
    y = b.node("dot_general", x, weight, **PRODUCT)
    batch = Sharding(((Part(2, 4),), ()))
    tensor = Sharding(((Part(2, 4),), (Part(1, 2),)))
    typed = infer(divide(b.graph(y), 8, x=batch, w=tensor))
    found = propagate(typed)
    assert found.find(typed.body, y) == Sharding(((Part(2, 4),), (Part(1, 2),)), "open")
    assert [each.shape for each in found.gathered.values()] == [(64, 32)]


def test_two_dimensions_of_a_result_on_the_same_devices_are_left_open() -> None:
    b = GraphBuilder()
    y = b.node("dot_general", b.input("x", 64, 64), b.input("w", 64, 64), **PRODUCT)
    columns = Sharding(((), (Part(1, 8),)))
    typed = infer(divide(b.graph(y), 8, x=ROWS, w=columns))
    assert propagate(typed).find(typed.body, y) == "unknown"


@pytest.mark.parametrize(
    ("devices", "x", "w", "outputs", "temporaries"),
    [
        (8, ROWS, ROWS, 1048576, 4194304),
        (
            8,
            Sharding(((Part(2, 4),), ())),
            Sharding(((Part(2, 4),), (Part(1, 2),))),
            1048576,
            2097152,
        ),
    ],
)
def test_both_partitioners_of_xla_give_these_bytes(
    devices: int, x: Sharding, w: Sharding, outputs: int, temporaries: int
) -> None:
    """A product of 1024x512 and 512x2048, by the memory analysis of jax with Shardy and GSPMD."""
    b = GraphBuilder()
    y = b.node("dot_general", b.input("x", 1024, 512), b.input("w", 512, 2048), **PRODUCT)
    share = share_of(infer(divide(b.graph(y), devices, x=x, w=w)))
    assert share.outputs is not None
    assert share.outputs.least == outputs
    assert share.activation_peak is not None
    assert share.activation_peak.least <= temporaries <= share.activation_peak.most


def test_a_table_in_parts_on_the_devices_of_the_batch_gives_rows_of_the_batch() -> None:
    """Rows looked up in 4096x512: 262144 bytes of rows and 4194308 of temporaries by XLA."""
    b = GraphBuilder()
    table, places = b.input("w", 4096, 512), b.input("x", 1024, 1, element_type="i32")
    y = b.node(
        "general_gather", table, places, offset_dims=(1,), collapsed_slice_dims=(0,),
        index_vector_dim=1, slice_sizes=(1, 512),
    )  # fmt: skip
    share = share_of(infer(divide(b.graph(y), 8, x=ROWS, w=ROWS)))
    assert share.outputs is not None
    assert share.outputs.least == 262144
    assert share.activation_peak is not None
    assert share.activation_peak.most >= 4194304


def test_the_least_of_a_device_knows_of_fused_kernels() -> None:
    """A chain beside its argument: three values of 16 MiB on each of 8 devices, fused one."""
    b = GraphBuilder()
    x = b.input("x", 8192, 4096)
    y = kept = b.node("dot_general", x, b.parameter(4096, 4096), **PRODUCT)
    for _ in range(3):
        y = b.node("exp", y)
    y = b.node("dot_general", b.node("add", y, kept), b.parameter(4096, 4096), **PRODUCT)
    whole = Sharding(((), ()))
    share = share_of(infer(divide(b.graph(y), 8, x=ROWS, w0=whole, w1=whole)))
    size = 8192 * 4096 * 4 // 8
    assert share.activation_peak == Bounds(size, 3 * size)
