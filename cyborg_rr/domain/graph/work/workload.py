"""The work of a whole graph: kernels of all blocks, with loops multiplied and branches chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock, TypedGraph
from cyborg_rr.domain.graph.naming import describe
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.registry import (
    CUSTOM_CALL,
    UNKNOWN_OPERATION,
    find_operation,
)
from cyborg_rr.domain.graph.operations.running.structure import CONTROL_FLOW
from cyborg_rr.domain.graph.work.attending import Fusible
from cyborg_rr.domain.graph.work.fusion import fuse_block
from cyborg_rr.domain.graph.work.kernels import Kernel
from cyborg_rr.domain.graph.work.spelling import RESPELT, find_spelling
from cyborg_rr.domain.graph.work.uses import Use, Uses

MAX_WORK: Final = 2**63
_TRANSFERS = frozenset({"send", "recv", "infeed", "outfeed"})


@dataclass(slots=True)
class Workload:
    """Kernels and counts of a block and all that runs within it.

    ``operations`` and its relatives count nodes as they stand in the file; ``collectives`` count
    executions. ``uses`` count the nodes that run, by how they call their operation, ``use_macs``
    the multiply-adds of their executions. ``choices`` are nodes of which data chooses among
    branches that differ in work, the dearest of which is counted; ``first_uncosted`` says which
    node's work is not known. ``attentions`` are those that may run as one kernel each, which
    ``kernels`` have in parts.
    """

    kernels: Counter[Kernel] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    canonical: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    collectives: Counter[str] = field(default_factory=Counter)
    control_flow: Counter[str] = field(default_factory=Counter)
    uses: Counter[Use] = field(default_factory=Counter)
    use_macs: Counter[Use] = field(default_factory=Counter)
    warnings: dict[str, None] = field(default_factory=dict)
    choices: dict[str, None] = field(default_factory=dict)
    attentions: Counter[Fusible] = field(default_factory=Counter)
    first_uncosted: str | None = None

    def count_nodes(self, other: Workload) -> None:
        """Add another workload's counts of nodes and its warnings."""
        self.operations.update(other.operations)
        self.canonical.update(other.canonical)
        self.unknown.update(other.unknown)
        self.control_flow.update(other.control_flow)
        self.uses.update(other.uses)
        self.warnings.update(other.warnings)
        self.choices.update(other.choices)
        self.first_uncosted = self.first_uncosted or other.first_uncosted

    def add_runs(self, other: Workload, times: int, at_most: bool = False) -> None:
        """Add another workload's kernels, run so often, or less often as the data has it."""
        if not times:
            return
        for kernel, count in other.kernels.items():
            key = kernel._replace(at_most=True) if at_most else kernel
            self.kernels[key] += count * times
        for attention, count in other.attentions.items():
            self.attentions[attention.bound() if at_most else attention] += count * times
        for name, count in other.collectives.items():
            self.collectives[name] += count * times
        for use, macs in other.use_macs.items():
            self.use_macs[use] += macs * times

    @property
    def macs(self) -> int:
        """Multiply-adds of all kernels."""
        return sum(kernel.macs * count for kernel, count in self.kernels.items())

    @property
    def rank(self) -> tuple[int, int, int]:
        """What decides which branch is the dearest."""
        return (
            self.macs,
            sum((k.flops_other + k.transcendentals) * n for k, n in self.kernels.items()),
            sum((k.bytes_read + k.bytes_written) * n for k, n in self.kernels.items()),
        )


def find_workload(typed: TypedGraph) -> Workload:
    """All work of one execution; ``UnreadableModel`` when it exceeds any machine's numbers."""
    workload = _Summary().summarise(typed.body)
    if max(workload.rank) > MAX_WORK:
        _leave_out_bounds(workload)
    if max(workload.rank) > MAX_WORK:
        raise UnreadableModel("the work of one execution exceeds 2**63 operations or bytes")
    return workload


def _leave_out_bounds(workload: Workload) -> None:
    """Leave work unknown rather than bounded by more than any machine does."""
    bounded = [kernel for kernel in workload.kernels if kernel.at_most]
    for kernel in bounded:
        del workload.kernels[kernel]
    for attention in [each for each in workload.attentions if each.at_most]:
        del workload.attentions[attention]
    if bounded:
        workload.first_uncosted = "the largest sizes that data may give it exceed any machine"


class _Summary:
    """Walks blocks; a function that is called often is summarised once."""

    def __init__(self) -> None:
        self._known: dict[int, Workload] = {}
        self._never_run: dict[int, Workload] = {}
        self._used = Uses()

    def summarise(self, typed: TypedBlock) -> Workload:
        """The workload of one block, inner blocks included."""
        known = self._known.get(id(typed))
        if known is None:
            known = self._walk(typed)
            self._known[id(typed)] = known
        return known

    def _walk(self, typed: TypedBlock) -> Workload:
        fused = fuse_block(typed)
        workload = Workload(kernels=fused.kernels)
        if fused.uncosted:
            workload.first_uncosted = describe(fused.uncosted[0])
        self._used.count(typed, fused.macs, workload.uses, workload.use_macs)
        for index, (operation, node) in enumerate(
            zip(typed.operations, typed.block.nodes, strict=True)
        ):
            self._count(workload, operation, node, typed)
            inner = typed.inner.get(index)
            if inner is not None:
                self._enter(workload, node, inner)
        for attention in fused.fusible:
            workload.attentions[self._complete(typed, attention)] += 1
        return workload

    def _complete(self, typed: TypedBlock, attention: Fusible) -> Fusible:
        """An attention with the kernels of the functions that run between its own."""
        parts = [self.summarise(typed.inner[place].blocks[0]) for place in attention.calls]
        return attention.add(kernel for part in parts for kernel in part.kernels.elements())

    def _count(
        self, workload: Workload, operation: Operation, node: Node, typed: TypedBlock | None
    ) -> None:
        """Count a node; what never runs has no types."""
        native = node.native_name or node.operation
        workload.operations[native] += 1
        name = operation.name
        if name in RESPELT and typed is not None:
            name = find_spelling(typed, node, name)
        workload.canonical[name] += 1
        if operation is UNKNOWN_OPERATION:
            workload.unknown[native] += 1
        elif operation is CUSTOM_CALL:
            target = node.attributes.get("target")
            name = target if isinstance(target, str) and target else native
            workload.unknown[name] += 1
        elif operation.kind == "collective" and operation.name not in _TRANSFERS:
            workload.collectives[operation.name] += 1
        elif operation.name in CONTROL_FLOW and operation.name != "call":
            workload.control_flow[operation.name] += 1

    def _count_skipped(self, skipped: Block) -> Workload:
        """The nodes of a branch that never runs; its collectives never run either."""
        known = self._never_run.get(id(skipped))
        if known is None:
            counts = Workload()
            for node in skipped.nodes:
                self._count(counts, find_operation(node.operation), node, None)
                for inner in node.blocks:
                    counts.count_nodes(self._count_skipped(inner))
            known = Workload()
            known.count_nodes(counts)
            self._never_run[id(skipped)] = known
        return known

    def _enter(self, workload: Workload, node: Node, inner: InnerBlocks) -> None:
        for block in inner.skipped:
            workload.count_nodes(self._count_skipped(block))
        parts = [self.summarise(block) for block in inner.blocks]
        for part in parts:
            workload.count_nodes(part)
        if node.operation in ("if", "case"):
            dearest = max(parts, key=lambda part: part.rank)
            is_open = any(part.rank != dearest.rank for part in parts)
            if is_open:
                workload.choices[f"{describe(node)} runs one of {len(parts)} branches"] = None
            workload.add_runs(dearest, 1, at_most=is_open)
            return
        if inner.trips is None:
            workload.warnings[
                f"{describe(node)}: how often the loop runs is not known; it is counted once, so "
                "work is a lower bound"
            ] = None
        for part in parts:
            workload.add_runs(part, 1 if inner.trips is None else inner.trips, inner.at_most)
