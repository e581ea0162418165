"""What each reader says of its samples, kept as JSON and compared by a test.

``python -m tests.readers.golden [READER ...]`` writes the files anew; the difference is to be read
like code.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cyborg_rr.domain.graph.graph import Block, Graph, Node, TensorType
from cyborg_rr.readers.reading.detection import list_readers
from tests.readers.samples import Sample, list_samples


def summarise(graph: Graph) -> dict[str, Any]:
    """The parts of a graph that matter to users, in plain values."""
    nodes = list(all_nodes(graph.body))
    return {
        "ir_version": graph.ir.version,
        "producer": graph.ir.producer,
        "dialects": [f"{dialect.name} {dialect.version}" for dialect in graph.ir.dialects],
        "inputs": {name: _type(known) for name, known in graph.body.inputs.items()},
        "outputs": {name: _type(graph.body.types.get(name)) for name in graph.body.outputs},
        "operations": dict(sorted(Counter(node.native_name for node in nodes).items())),
        "canonical": dict(sorted(Counter(node.operation for node in nodes).items())),
        "first_attributes": _first_attributes(nodes),
        "stored": _stored(graph.body),
        "warnings": list(graph.warnings),
        **(
            {"targets": [f"{each.kind} {each.value}" for each in graph.targets]}
            if graph.targets
            else {}
        ),
    }


def all_nodes(block: Block) -> Iterable[Node]:
    """Nodes of a block and of the blocks within it."""
    for node in block.nodes:
        yield node
        for inner in node.blocks:
            yield from all_nodes(inner)


def _type(known: TensorType | None) -> str:
    if known is None:
        return "unknown"
    shape = "any rank" if known.shape is None else "x".join(str(size) for size in known.shape)
    return f"{shape}:{known.element_type}"


def _first_attributes(nodes: Iterable[Node]) -> dict[str, dict[str, Any]]:
    """Attributes of the first node of each native name that has any."""
    first: dict[str, dict[str, Any]] = {}
    for node in nodes:
        if node.attributes:
            first.setdefault(
                node.native_name,
                {
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in sorted(node.attributes.items())
                },
            )
    return dict(sorted(first.items()))


def _stored(block: Block) -> dict[str, int]:
    """Bytes by kind, location and element type."""
    total: Counter[str] = Counter()
    for tensor in block.stored.values():
        key = f"{tensor.kind} {tensor.location} {tensor.type.element_type}"
        total[key] += tensor.type.byte_size or 0
    return dict(sorted(total.items()))


def render(sample: Sample) -> str:
    """The golden file of a sample as its reader makes it now."""
    return json.dumps(summarise(sample.read()), indent=1) + "\n"


def main() -> None:
    """Write the golden files of the named readers, or of all."""
    for name, _ in list_readers():
        for sample in list_samples(name):
            if name in sys.argv[1:] or not sys.argv[1:]:
                sample.golden.parent.mkdir(exist_ok=True)
                sample.golden.write_text(render(sample), encoding="utf-8")


if __name__ == "__main__":
    main()
