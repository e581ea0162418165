"""From nodes to kernels: what one launch would do, with the traffic that is left after fusion.

The rule is simple and never crosses blocks. Elementwise nodes join the node that makes their
operand, or the one that reads their result, when nobody else reads it; a kernel has at most one
node that is not elementwise, its anchor. Views cost nothing, and values that only repeat a smaller
one (broadcasts, ranges) are made anew wherever they are read elementwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.derived import find_derived
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.registry import UNKNOWN_OPERATION
from cyborg_rr.domain.graph.shapes import UNKNOWN
from cyborg_rr.domain.graph.work.attending import Fusible, list_fusible
from cyborg_rr.domain.graph.work.costs import find_cost
from cyborg_rr.domain.graph.work.kernels import Group, Kernel
from cyborg_rr.domain.words import (
    EPILOGUE_KINDS,
    MATRIX_KINDS,
    PROLOGUE_KINDS,
    find_element_type,
)

_READS_WHOLE: Final = frozenset(MATRIX_KINDS | {"collective", "other"})
_WIDENING: Final = frozenset({"convert", "dequantize"})
"""Even a matrix product reads through these: weights are widened as they are loaded."""

_COMPARING: Final = frozenset({"compare", "is_nan", "is_inf", "is_finite", "dropout"})


@dataclass(slots=True)
class FusedBlock:
    """The kernels of one block without its inner ones; ``uncosted`` are nodes of unknown work.

    ``macs`` are the multiply-adds of each node that has any, by its place in the block, ``fusible``
    the attentions that one kernel may do.
    """

    kernels: Counter[Kernel]
    uncosted: list[Node]
    macs: dict[int, int]
    fusible: list[Fusible]


def fuse_block(typed: TypedBlock) -> FusedBlock:
    """Group the nodes of a block into kernels, equal kernels counted together."""
    return _Fusion(typed).run()


class _Fusion:
    """One pass over the nodes of one block."""

    def __init__(self, typed: TypedBlock) -> None:
        self._typed = typed
        self._operations = typed.operations
        self._aliases = Aliases()
        self._made_by: dict[str, Group] = {}
        self._groups: list[Group] = []
        self._uncosted: list[Node] = []
        self._macs: dict[int, int] = {}
        self._vanished: set[str] = set()
        self._sizes = typed.sizes
        self._stored = typed.block.stored
        self._derived = find_derived(typed)
        self._widened = self._find_widened()
        self._skipped = self._find_vanishing()
        self._uses = self._count_uses()
        scope: TypedBlock | None = typed
        while scope is not None and not scope.bounded:
            scope = scope.outer
        self._sees_bounded = scope is not None

    def run(self) -> FusedBlock:
        skipped, inner = self._skipped, self._typed.inner
        for index, node in enumerate(self._typed.block.nodes):
            if index not in skipped and index not in inner:
                self._take(index, node)
        kernels: Counter[Kernel] = Counter()
        for group in self._groups:
            if not group.taken:
                kernels[group.finish(self._typed, self._derived)] += 1
        fusible = list(list_fusible(self._typed, self._groups, self._aliases))
        return FusedBlock(kernels, self._uncosted, self._macs, fusible)

    # ---- what costs nothing

    def _find_vanishing(self) -> set[int]:
        """Nodes that are no work: views, known values, and repeats that melt into their readers."""
        whole_uses = self._find_whole_uses()
        skipped: set[int] = set()
        quantised: dict[tuple[str, ...], Node] = {}
        known, inner = self._typed.values, self._typed.inner
        for index, node in enumerate(self._typed.block.nodes):
            operation = self._operations[index]
            if index in inner:
                self._aliases.note_loop(node)
                continue
            if known and self._is_known(node):
                skipped.add(index)
                self._vanished.update(node.outputs)
            elif (
                self._aliases.note(operation, node)
                or (self._derived and self._is_derived(node))
                or (operation.name == "quantize" and self._is_repeated(node, quantised))
            ):
                skipped.add(index)
            elif operation.repeats and not any(name in whole_uses for name in node.outputs):
                skipped.add(index)
                stretched = operation.name in ("broadcast_in_dim", "expand")
                if stretched and node.outputs and any(node.inputs[:1]):
                    self._aliases.bind(node.outputs[0], node.inputs[0])
                else:
                    self._vanished.update(node.outputs)
        return skipped

    def _is_repeated(self, node: Node, before: dict[tuple[str, ...], Node]) -> bool:
        """Whether an equal node quantised the same value: exporters write one for each reader, and
        compilers do it once."""
        first = before.setdefault(node.inputs, node)
        if first is node or first.attributes != node.attributes:
            return False
        self._aliases.bind(node.outputs[0], first.outputs[0])
        return True

    def _is_known(self, node: Node) -> bool:
        """Whether analysis already knows the results: then no device computes them."""
        known = self._typed.values
        if not node.outputs or (node.outputs[0] and node.outputs[0] not in known):
            return False
        return all(not name or name in known for name in node.outputs)

    def _is_derived(self, node: Node) -> bool:
        """Whether the results follow from stored tensors, so that they are reckoned only once."""
        return all(not name or name in self._derived for name in node.outputs)

    def _find_whole_uses(self) -> set[str]:
        """Values that something reads which cannot make a repeated operand up as it goes."""
        found: set[str] = set(self._typed.block.outputs)
        for index in range(len(self._operations) - 1, -1, -1):
            operation, node = self._operations[index], self._typed.block.nodes[index]
            inner = self._typed.inner.get(index)
            if inner is not None or operation.kind in _READS_WHOLE:
                found.update(node.inputs)
                if inner is not None:
                    found.update(inner.captured)
            elif operation.view != "none" and any(name in found for name in node.outputs):
                found.update(node.inputs[:1] if operation.view == "first" else node.inputs)
        return found

    # ---- who reads what

    def _count_uses(self) -> dict[str, int]:
        """How many nodes read each root; a reader outside counts as two, so nothing joins it."""
        uses: dict[str, int] = defaultdict(int)
        find_root, skipped, inner = self._aliases.root, self._skipped, self._typed.inner
        for index, node in enumerate(self._typed.block.nodes):
            if index in inner:
                for name in (*node.inputs, *inner[index].captured):
                    uses[find_root(name)] += 2
            elif index not in skipped:
                names = node.inputs
                roots = {*map(find_root, names)} if len(names) > 1 else map(find_root, names)
                for root in roots:
                    uses[root] += 1
        for name in self._typed.block.outputs:
            for root in self._aliases.roots(name):
                uses[root] += 2
        return uses

    # ---- grouping

    def _take(self, index: int, node: Node) -> None:
        operation = self._operations[index]
        cost = find_cost(operation, node, self._typed)
        if cost is None:
            self._uncosted.append(node)
            return
        if cost.macs:
            self._macs[index] = cost.macs
        group = self._new_group(operation, index, node, cost)
        if operation is not UNKNOWN_OPERATION:
            self._join(group, operation, node, cost)
        self._groups.append(group)
        for name in group.outputs:
            self._made_by[name] = group

    def _new_group(self, operation: Operation, index: int, node: Node, cost: Cost) -> Group:
        outputs = node.outputs
        if "" in outputs:
            outputs = tuple(name for name in outputs if name)
        return Group(
            None if operation.kind == "elementwise" else operation.kind,
            self._element_type(operation, node, outputs),
            cost.macs,
            cost.flops_other,
            cost.transcendentals,
            self._list_reads(node, cost),
            outputs,
            self._typed.types[outputs[0]] if outputs else UNKNOWN,
            cost.written_bytes,
            operation.name in _WIDENING,
            operation.is_bound or (self._sees_bounded and self._is_bounded(node)),
            places=[index],
        )

    def _list_reads(self, node: Node, cost: Cost) -> dict[str, int]:
        """What the node reads, by root, with the bytes that are read of it."""
        partial, vanished, sizes = cost.read_bytes, self._vanished, self._sizes
        reads: dict[str, int] = {}
        for place, name in enumerate(node.inputs):
            if not name or name in vanished:
                continue
            for root in self._aliases.roots(name):
                if root in vanished:
                    continue
                size = partial.get(place) if partial else None
                if size is None:
                    is_own = root in sizes and root not in self._stored
                    size = (sizes[root] or 0) if is_own else self._find_size(root)
                if root not in reads or size > reads[root]:
                    reads[root] = size
        return reads

    def _find_size(self, root: str) -> int:
        """Bytes that are read of a whole value that is stored, or that another block defines."""
        stored = self._stored.get(root)
        if stored is not None:
            return stored.find_bytes(self._typed.types[root]) or 0
        return self._typed.size_of(root) or 0

    def _is_bounded(self, node: Node) -> bool:
        """Whether a size that the node works on depends on data."""
        names = (*node.inputs, *node.outputs)
        return any(name and self._typed.is_bounded(name) for name in names)

    def _find_widened(self) -> dict[str, str]:
        """Values that are quantised ones made wider, with the type of those."""
        found: dict[str, str] = {}
        for operation, node in zip(self._operations, self._typed.block.nodes, strict=True):
            if operation.name == "dequantize" and node.outputs and node.inputs:
                stored = find_element_type(self._typed.type_of(node.inputs[0]).element_type)
                if stored is not None and stored.is_target and not stored.is_plain:
                    found[node.outputs[0]] = stored.name
        return found

    def _find_quantised(self, node: Node) -> str | None:
        """The narrow type of data and matrix where both are such values: then compilers multiply
        in that, and widen the sums."""
        if len(node.inputs) < 2:
            return None
        left, right = (self._widened.get(self._aliases.root(name)) for name in node.inputs[:2])
        return left if left and right else None

    def _element_type(self, operation: Operation, node: Node, outputs: tuple[str, ...]) -> str:
        """The type that the arithmetic is done in."""
        name = outputs[0] if outputs else ""
        contracts = operation.kind in MATRIX_KINDS
        if contracts and self._widened:
            quantised = self._find_quantised(node)
            if quantised is not None:
                return quantised
        if (contracts or operation.name in _COMPARING or not name) and node.inputs:
            name = node.inputs[0]
        return self._typed.type_of(name).element_type or "" if name else ""

    def _adds_bias(self, operation: Operation, node: Node, place: int, group: Group) -> bool:
        """Whether it adds a vector of weights to a product, as products do themselves."""
        others = [name for at, name in enumerate(node.inputs) if at != place and name]
        return (
            operation.name == "add"
            and group.anchor is None
            and all(self._typed.is_parameter(self._aliases.root(name)) for name in others)
        )

    def _join(self, group: Group, operation: Operation, node: Node, cost: Cost) -> None:
        """Take in the groups of operands that only this node reads.

        What makes narrow values wider joins its one reader instead: they are written narrow.
        """
        if operation.name == "dequantize" and self._uses[node.outputs[0]] == 1:
            return
        anchored = group.anchor is not None
        find_root, made_by, uses = self._aliases.root, self._made_by, self._uses
        for place, name in enumerate(node.inputs):
            root = find_root(name)
            if root not in made_by or uses[root] != 1:
                continue
            other = made_by[root]
            if other.taken or len(other.outputs) != 1:
                continue
            if cost.read_bytes is not None and place in cost.read_bytes:
                continue
            if other.anchor is None:
                fits = operation.kind in PROLOGUE_KINDS or other.widening
            else:
                fits = (
                    not anchored
                    and operation.kind == "elementwise"
                    and other.anchor in EPILOGUE_KINDS
                    and other.written is None
                    and other.type.elements == group.type.elements
                )
                anchored = anchored or fits
            if not fits:
                continue
            group.reads.pop(root, None)
            if other.anchor == "contraction" and self._adds_bias(operation, node, place, group):
                group.biases += 1
            else:
                group.inner_bytes += self._sizes.get(root) or 0
            if other.anchor is not None:
                group.anchor, group.element_type = other.anchor, other.element_type
            group.widening = group.widening and other.widening
            group.absorb(other)
            del made_by[root]  # nobody else reads it
