"""Which values never leave the kernel that reads them, where chains of elementwise nodes are fused.

XLA (loop and input fusion), TensorRT (pointwise and reduction fusion), TVM (FuseOps) and OpenVINO
(snippets) run such chains as one kernel; ONNX Runtime fuses some, an eager runtime none. So the
peak of a fused graph is what is needed at least, and that of the graph as it stands at most.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.words import PROLOGUE_KINDS

MAX_OPERANDS: Final = 64
"""Values that one kernel reads; XLA stops fusing at a number like it."""


def find_fused(typed: TypedBlock) -> frozenset[str]:
    """Elementwise results of which all readers end in one and the same kernel of that block."""
    nodes = typed.block.nodes
    operations = [find_operation(node.operation) for node in nodes]
    readers = _find_readers(typed, operations)
    kernels: dict[int, int] = {}
    found: set[str] = set()
    for index in range(len(nodes) - 1, -1, -1):
        operation, names = operations[index], [name for name in nodes[index].outputs if name]
        is_simple = operation.kind == "elementwise" or operation.repeats
        if not is_simple or operation.view != "none" or index in typed.inner or len(names) != 1:
            continue
        reading = readers.get(names[0])
        ends = {kernels.get(reader, reader) for reader in reading or ()}
        if reading is not None and len(ends) == 1:
            kernels[index] = ends.pop()
            found.add(names[0])
    return frozenset(found)


def _find_readers(typed: TypedBlock, operations: list[Operation]) -> dict[str, list[int] | None]:
    """By value the nodes that read it, views looked through; None where one takes no chain in."""
    aliases, readers = Aliases(), dict[str, list[int] | None]()

    def show(names: tuple[str, ...] | frozenset[str]) -> None:
        readers.update(dict.fromkeys(root for name in names for root in aliases.roots(name)))

    for index, (node, operation) in enumerate(zip(typed.block.nodes, operations, strict=True)):
        inner = typed.inner.get(index)
        if inner is not None:
            aliases.note_loop(node)
            show((*node.inputs, *inner.captured))
        elif aliases.note(operation, node):
            continue
        elif operation.kind not in PROLOGUE_KINDS:
            show(node.inputs)
        else:
            for root in {root for name in node.inputs if name for root in aliases.roots(name)}:
                known = readers.setdefault(root, [])
                if known is not None:
                    known.append(index)
    show(typed.block.outputs)
    return readers
