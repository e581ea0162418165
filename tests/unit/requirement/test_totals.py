"""Figures of a requirement through calls, bounds and shardings at once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import Block, Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.shardings import Part, Sharding
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.unit.graph.building import GraphBuilder

Calls = list[tuple[int, ...]]
"""For each function the earlier ones that it calls in turn, after a product of its own."""

calls_of = st.lists(st.lists(st.integers(0, 5), max_size=3).map(tuple), min_size=1, max_size=6)


def require(graph: Graph) -> IRRequirement:
    return extract(infer(graph), name="m", sha256=None, size_bytes=1, reader_name="r", bindings={})


def product(source: str, result: str) -> Node:
    attributes = {"lhs_contracting": (1,), "rhs_contracting": (0,)}
    return Node("dot_general", "dot", (source, "w"), (result,), attributes)


def nest(calls: Calls, rows: int | str) -> Graph:
    """The last function called from the entry."""
    types = {"a": TensorType("f32", (rows, 8)), "w": TensorType("f32", (8, 8))}
    made: list[Block] = []
    for called in calls:
        nodes = [product("a", "v0")]
        for place, each in enumerate(called):
            function = made[each % len(made)] if made else None
            source, result = f"v{place}", f"v{place + 1}"
            if function is None:
                nodes.append(product(source, result))
            else:
                nodes.append(Node("call", "call", (source, "w"), (result,), {}, (function,)))
        made.append(Block(types, (f"v{len(called)}",), tuple(nodes)))
    b = GraphBuilder()
    b.input("a", rows, 8)
    b.parameter(8, 8)
    b.stored["w"] = b.stored.pop("w0")
    y = b.node("call", "a", "w", blocks=(made[-1],), name="y")
    return b.graph(y)


def count(calls: Calls) -> int:
    """Products that run, were all functions written out."""
    counts: list[int] = []
    for called in calls:
        counts.append(1 + sum(counts[each % len(counts)] if counts else 1 for each in called))
    return counts[-1]


def written_out(calls: Calls, rows: int) -> Graph:
    b = GraphBuilder()
    y = b.input("a", rows, 8)
    w = b.parameter(8, 8)
    for _ in range(count(calls)):
        y = b.node("dot_general", y, w, lhs_contracting=(1,), rhs_contracting=(0,))
    return b.graph(y)


@settings(max_examples=100, deadline=None)
@given(calls=calls_of)
def test_calls_of_calls_have_the_figures_of_what_they_stand_for(calls: Calls) -> None:
    nested, flat = require(nest(calls, 16)), require(written_out(calls, 16))
    assert nested.compute == flat.compute
    assert nested.memory.parameter_bytes == flat.memory.parameter_bytes == 256

    def traffic(requirement: IRRequirement) -> tuple[int, int, int]:
        work = requirement.work
        return (
            sum(item.bytes_read * item.count for item in work),
            sum(item.bytes_written * item.count for item in work),
            sum(item.parameter_bytes * item.count for item in work),
        )

    assert traffic(nested) == traffic(flat)
    peaks = nested.memory.activation_peak_bytes, flat.memory.activation_peak_bytes
    assert peaks[0] is not None
    assert peaks[1] is not None
    assert peaks[0] >= peaks[1]


@settings(max_examples=100, deadline=None)
@given(calls=calls_of, most=st.integers(1, 64), share=st.floats(0, 1), parts=st.integers(1, 8))
def test_a_bound_holds_through_calls_on_one_of_several_devices(
    calls: Calls, most: int, share: float, parts: int
) -> None:
    def divide(graph: Graph) -> Graph:
        rows = Sharding(((Part(1, parts),) if parts > 1 else (), ()))
        whole = Sharding(((), ()))
        return replace(graph, partitions=8, shardings={"a": rows, "w": whole})

    bounded = require(divide(replace(nest(calls, "n"), bounds={"n": most})))
    exact = require(divide(nest(calls, int(share * most))))
    assert exact.compute.macs == count(calls) * int(share * most) * 64
    assert bounded.compute.macs == count(calls) * most * 64
    assert bounded.compute.at_most["macs"] <= exact.compute.macs
    for name in ("input_bytes", "output_bytes", "activation_peak_bytes"):
        figure, said = getattr(exact.memory, name), getattr(bounded.memory, name)
        assert bounded.memory.at_most.get(name, said) <= figure <= said
    assert bounded.per_device is not None
    assert exact.per_device is not None
    for name in ("input_bytes", "output_bytes", "activation_peak_bytes", "macs", "parameter_bytes"):
        inner, outer = getattr(exact.per_device, name), getattr(bounded.per_device, name)
        assert outer.least <= inner.least <= inner.most <= outer.most, name
    even = exact.per_device.macs
    assert even is not None
    assert even.most == count(calls) * -(-int(share * most) // parts) * 64
