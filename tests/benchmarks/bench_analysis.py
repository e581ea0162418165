"""How long the analysis takes per 1000 nodes: inference, work, memory and requirement together.

Run it as ``python -m tests.benchmarks.bench_analysis``.
"""

from __future__ import annotations

import time

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from tests.unit.graph.building import GraphBuilder

_WIDTH = 64
_HEADS = 4


def build_encoder(nodes: int) -> Graph:
    """Encoder layers as exporters write them, shapes reckoned in the graph, at least so long."""
    b = GraphBuilder()
    x = b.input("x", "batch", "sequence", _WIDTH)
    while len(b.nodes) < nodes:
        heads = []
        for _ in range(3):
            projected = b.node("matmul", x, b.parameter(_WIDTH, _WIDTH))
            biased = b.node("add", projected, b.parameter(_WIDTH))
            shape = b.node("shape_of", biased)
            front = b.node("slice", shape, b.constant([0]), b.constant([2]))
            target = b.node("concatenate", front, b.constant([_HEADS, -1]), axis=0)
            split = b.node("reshape", biased, target)
            heads.append(b.node("transpose", split, permutation=(0, 2, 1, 3)))
        turned = b.node("transpose", heads[1], permutation=(0, 1, 3, 2))
        scores = b.node("divide", b.node("matmul", heads[0], turned), b.constant(4.0, "f32"))
        mixed = b.node("matmul", b.node("softmax", scores, axis=-1), heads[2])
        merged = b.node("transpose", mixed, permutation=(0, 2, 1, 3))
        merged = b.node("reshape", merged, b.constant([0, 0, _WIDTH]))
        x = b.node("add", x, b.node("matmul", merged, b.parameter(_WIDTH, _WIDTH)))
        x = b.node("layer_normalization", x, b.parameter(_WIDTH), b.parameter(_WIDTH), axis=-1)
        wide = b.node("gelu", b.node("matmul", x, b.parameter(_WIDTH, 4 * _WIDTH)))
        x = b.node("add", x, b.node("matmul", wide, b.parameter(4 * _WIDTH, _WIDTH)))
    return b.graph(x)


def main() -> None:
    """Print nodes and milliseconds per 1000 nodes for three sizes."""
    print(f"{'nodes':>8} {'ms in all':>10} {'ms per 1000 nodes':>18}")
    for nodes in (1_000, 10_000, 100_000):
        graph = build_encoder(nodes)
        bindings = Bindings(batch=1, symbols={"sequence": 128})
        start = time.perf_counter()
        typed = infer(graph, bindings)
        extract(typed, name="bench", sha256=None, size_bytes=0, reader_name="bench", bindings={})
        spent = 1000 * (time.perf_counter() - start)
        count = len(graph.body.nodes)
        print(f"{count:>8} {spent:>10.1f} {1000 * spent / count:>18.2f}")


if __name__ == "__main__":
    main()
