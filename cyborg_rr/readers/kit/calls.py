"""Blocks that call others, so that what is called is typed once, however often."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Block, Node


def wrap_call(
    block: Block, native_name: str, inputs: Sequence[str], *, closed: bool, label: str
) -> Block:
    """A block that does nothing but call another: what is called is typed once, however often.

    A closed block has the inputs of the called one; an open one reads ``inputs`` from around it.
    """
    outputs = tuple(f"{label}@{place}" for place in range(len(block.outputs)))
    types = {
        name: block.types[inner]
        for name, inner in zip(outputs, block.outputs, strict=True)
        if inner in block.types
    }
    operands = tuple(block.inputs) if closed else tuple(inputs)
    node = Node("call", native_name, operands, outputs, {}, (block,), label)
    return Block(block.inputs if closed else {}, outputs, (node,), {}, types)
