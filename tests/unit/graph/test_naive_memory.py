"""The peak against a simulation that knows no plans: who holds which buffer after a node."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.memory.liveness import find_least_peak, find_peak, measure_sure
from tests.unit.graph.building import GraphBuilder

VIEWS = frozenset({"identity", "reshape"})
OPERATIONS = ("exp", "add", "matmul", "softmax", "dynamic_update_slice", *sorted(VIEWS))

Steps = list[tuple[str, int, int]]

steps_of = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=14,
)


def build(steps: Steps, rows: int | str = 8) -> tuple[GraphBuilder, list[str]]:
    """Square values made of one another; every place picks among the latest ones."""
    b = GraphBuilder()
    names = [b.input("x", rows, 8), b.input("z", rows, 8)]
    size, start = b.constant([-1, 8]), b.constant(0)
    part, weight = b.input("p", 1, 8), b.parameter(8, 8)
    for operation, left, right in steps:
        first, second = (names[-1 - place % min(len(names), 4)] for place in (left, right))
        operands: tuple[str, ...] = (first,)
        match operation:
            case "add":
                operands = first, second
            case "matmul":
                operands = first, weight
            case "reshape":
                operands = first, size
            case "dynamic_update_slice":
                operands = first, part, start, start
        attributes = {"axis": 1} if operation == "softmax" else {}
        names.append(b.node(operation, *operands, **attributes))  # type: ignore[arg-type]
    return b, names


def simulate(block: Block, sizes: dict[str, int]) -> int:
    """Each value has a buffer, its own or another's; a buffer is there while someone needs it."""
    buffer = {name: name for name in (*block.inputs, *block.stored)}
    foreign = set(buffer)

    def is_needed(owner: str, after: int) -> bool:
        later = {n for node in block.nodes[after + 1 :] for n in node.inputs} | set(block.outputs)
        return any(buffer.get(name) == owner for name in later)

    for place, node in enumerate(block.nodes):
        (result,), (first, *_) = node.outputs, node.inputs
        buffer[result] = result
        if node.operation in VIEWS:
            buffer[result] = buffer[first]
        elif node.operation == "dynamic_update_slice":
            owner = buffer[first]
            if owner not in foreign and not is_needed(owner, place):
                buffer[result] = owner
    final = {buffer[name] for name in block.outputs} | foreign
    made = {node.outputs[0]: place for place, node in enumerate(block.nodes)}
    last = {owner: made[owner] for owner in made if buffer[owner] == owner}
    for place, node in enumerate(block.nodes):
        for name in (*node.inputs, *node.outputs):
            if (owner := buffer[name]) in last:
                last[owner] = place
    return max(
        sum(
            sizes[owner]
            for owner in last
            if owner not in final and made[owner] <= at <= last[owner]
        )
        for at in range(len(block.nodes))
    )


@settings(max_examples=300, deadline=None)
@given(steps=steps_of)
def test_the_peak_is_that_of_a_simulation(steps: Steps) -> None:
    b, names = build(steps)
    typed = infer(b.graph(names[-1]))
    sizes = {name: tensor.byte_size or 0 for name, tensor in typed.types.items()}
    found = find_peak(typed)
    assert found is not None
    assert found.total_bytes == simulate(typed.body.block, sizes)
    assert found.total_bytes == sum(found.by_element_type.values())


@settings(max_examples=100, deadline=None)
@given(steps=steps_of, sizes=st.lists(st.integers(1, 20), min_size=2, max_size=4))
def test_a_larger_batch_never_takes_less_and_a_bound_never_less_than_any(
    steps: Steps, sizes: list[int]
) -> None:
    b, names = build(steps)
    steps_taken = [step for step in steps if step[0] != "identity"] or steps
    peaks = []
    for rows in sorted(sizes):
        b, names = build(steps_taken, rows)
        found = find_peak(infer(b.graph(names[-1])))
        assert found is not None
        peaks.append(found.total_bytes)
    assert all(first <= second for first, second in pairwise(peaks))
    b, names = build(steps_taken, "n")
    bounded = infer(replace(b.graph(names[-1]), bounds={"n": max(sizes)}))
    most, least = find_peak(bounded), find_peak(bounded, measure_sure)
    assert most is not None
    assert least is not None
    assert least.total_bytes <= peaks[0]
    assert peaks[-1] <= most.total_bytes


@settings(max_examples=100, deadline=None)
@given(steps=steps_of, cut=st.integers(1, 12))
def test_a_call_takes_no_less_than_what_it_stands_for(steps: Steps, cut: int) -> None:
    """Operands of a call live until it ends, so it may take more; it returns what came last."""
    b, names = build([step for step in steps if step[0] not in VIEWS] or [("exp", 0, 0)])
    whole = b.graph(names[-1])
    nodes = whole.body.nodes
    head, tail = nodes[:cut], nodes[cut:]
    inside = {node.outputs[0] for node in tail}
    if not tail:
        return
    types = infer(whole).types
    read = dict.fromkeys(n for node in tail for n in node.inputs if n not in inside)
    function = Block({n: types[n] for n in read}, (names[-1],), tail)
    call = Node("call", "call", tuple(read), (names[-1],), {}, (function,))
    called = replace(whole, body=replace(whole.body, nodes=(*head, call)))
    one, other = find_peak(infer(whole)), find_peak(infer(called))
    assert one is not None
    assert other is not None
    assert one.total_bytes <= other.total_bytes
    assert other.total_bytes <= one.total_bytes + sum(types[n].byte_size or 0 for n in read)


@settings(max_examples=200, deadline=None)
@given(steps=steps_of)
def test_a_donated_argument_saves_no_more_than_its_own_memory(steps: Steps) -> None:
    b, names = build(steps)
    graph = b.graph(names[-1])
    donated = replace(graph, body=replace(graph.body, aliased_outputs={0: "x"}))
    before, after = find_peak(infer(graph)), find_peak(infer(donated))
    assert before is not None
    assert after is not None
    size = TensorType("f32", (8, 8)).byte_size or 0
    assert before.total_bytes <= after.total_bytes + size
    assert after.total_bytes <= before.total_bytes + size


@settings(max_examples=200, deadline=None)
@given(steps=steps_of)
def test_what_fusing_leaves_is_no_more_than_all_and_no_less_than_the_products(steps: Steps) -> None:
    b, names = build([*steps, ("softmax", 0, 0)])
    typed = infer(b.graph(names[-1]))
    simple = {n.outputs[0] for n in typed.body.block.nodes if n.operation in ("exp", "add")}

    def measure(block: TypedBlock, name: str) -> int | None:
        return 0 if name in simple else measure_sure(block, name)

    whole, products = find_peak(typed), find_peak(typed, measure)
    fused = find_least_peak(typed, fuses=True)
    assert whole is not None
    assert products is not None
    assert fused is not None
    assert products.total_bytes <= fused.total_bytes
    assert find_least_peak(typed) == whole
