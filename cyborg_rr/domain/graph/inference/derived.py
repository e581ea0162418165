"""Values that follow from stored tensors alone: a runtime reckons them once and keeps them.

ONNX Runtime folds constants when a session is made (graph optimisations, level basic), TensorRT as
it builds an engine, XLA by its pass of constant folding. What the file lacks is an argument, of
which nothing can be reckoned before. Widening stays where it is: ONNX Runtime leaves
DequantizeLinear as it is for its kernels on quantised weights, TensorRT and MatMulNBits keep such
weights narrow, and matrix products read through it (``fusion``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.words import PROLOGUE_KINDS

_KEPT: Final = frozenset({"convert", "dequantize", "quantize", "dynamic_quantize", "copy"})


def find_derived(typed: TypedBlock) -> frozenset[str]:
    """Results in a block that follow from what the file stores, and from nothing else."""
    if typed.derived is None:
        typed.derived = _find_derived(typed)
    return typed.derived


def _find_derived(typed: TypedBlock) -> frozenset[str]:
    found: set[str] = set()
    operations = typed.operations
    for index, node in enumerate(typed.block.nodes):
        first = node.inputs[0] if node.inputs else ""
        if first and first not in found and not _is_in_file(typed, first):
            continue  # most nodes, so it is asked before all else
        operation = operations[index]
        if index in typed.inner or node.blocks or not any(node.inputs):
            continue
        if operation.kind not in PROLOGUE_KINDS or operation.repeats or operation.name in _KEPT:
            continue
        if all(not name or name in found or _is_in_file(typed, name) for name in node.inputs):
            found.update(name for name in node.outputs if name and typed.types[name].is_static)
    return frozenset(found)


def _is_in_file(typed: TypedBlock, name: str) -> bool:
    owner = typed if name in typed.types else typed.find_owner(name)
    stored = None if owner is None else owner.block.stored.get(name)
    return stored is not None and stored.location != "absent"


def find_derived_bytes(body: TypedBlock) -> int:
    """By how much what is kept of derived values is larger than the stored tensors it replaces.

    Of a function that is typed in several ways the one that keeps most counts, as its weights do
    once.
    """
    larger: dict[int, int] = {}
    waiting, seen = [body], set[int]()
    while waiting:
        typed = waiting.pop()
        if id(typed) in seen:
            continue
        seen.add(id(typed))
        block = id(typed.block)
        larger[block] = max(larger.get(block, 0), _find_own_bytes(typed))
        for inner in typed.inner.values():
            waiting.extend(inner.blocks)
    return sum(larger.values())


def _find_own_bytes(typed: TypedBlock) -> int:
    derived = find_derived(typed)
    if not derived:
        return 0
    read = set(typed.block.outputs)
    for name in _list_read(typed, derived):
        read.add(name)
    kept = sum(typed.types[name].byte_size or 0 for name in derived & read)
    replaced = {
        name
        for node in typed.block.nodes
        if _is_derived(node, derived)
        for name in node.inputs
        if name in typed.block.stored and name not in read
    }
    stored = typed.block.stored
    gone = (stored[name].find_bytes(typed.types[name]) or 0 for name in replaced)
    return max(kept - sum(gone), 0)


def _list_read(typed: TypedBlock, derived: frozenset[str]) -> Iterator[str]:
    """What nodes read that run each time."""
    for index, node in enumerate(typed.block.nodes):
        if not _is_derived(node, derived):
            yield from node.inputs
            if index in typed.inner:
                yield from typed.inner[index].captured


def _is_derived(node: Node, derived: frozenset[str]) -> bool:
    return any(node.outputs) and all(not name or name in derived for name in node.outputs)
