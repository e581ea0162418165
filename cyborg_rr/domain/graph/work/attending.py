"""What attention is as one kernel, beside the kernels that it is on a runtime without such a one.

Work stays the same to the last multiply-add; scores and probabilities are neither written nor read,
nor are heads turned or scaled in kernels of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.attention.finding import find_attentions
from cyborg_rr.domain.graph.inference.attention.whole import find_stored_scores
from cyborg_rr.domain.graph.inference.derived import find_derived
from cyborg_rr.domain.graph.inference.recognised import Attention
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.computing.attention import Scores
from cyborg_rr.domain.graph.work.kernels import Group, Kernel


class Fusible(NamedTuple):
    """An attention as one kernel, and the kernels that it is otherwise.

    ``calls`` are the places of functions that run between those, whose kernels count there.
    """

    scores: Scores
    score_bytes: int
    called: bool
    kernel: Kernel
    replaced: tuple[Kernel, ...]
    calls: tuple[int, ...] = ()

    @property
    def at_most(self) -> bool:
        """Whether its work is an upper bound."""
        return self.kernel.at_most or any(kernel.at_most for kernel in self.replaced)

    def bound(self) -> Fusible:
        """The same where it runs so often at most."""
        replaced = tuple(kernel._replace(at_most=True) for kernel in self.replaced)
        return self._replace(kernel=self.kernel._replace(at_most=True), replaced=replaced)

    def add(self, kernels: Iterable[Kernel]) -> Fusible:
        """The same with the kernels of the functions that were left out."""
        more = tuple(kernels)
        kernel = self.kernel._replace(
            macs=self.kernel.macs + sum(each.macs for each in more),
            flops_other=self.kernel.flops_other + sum(each.flops_other for each in more),
            transcendentals=self.kernel.transcendentals + sum(e.transcendentals for e in more),
        )
        return self._replace(kernel=kernel, replaced=(*self.replaced, *more), calls=())


def list_fusible(typed: TypedBlock, groups: Iterable[Group], aliases: Aliases) -> Iterator[Fusible]:
    """The attentions of a block: those that are spelled out, and single operations."""
    found = find_attentions(typed)
    kept = [group for group in groups if not group.taken]
    if found:
        by_place = {place: group for group in kept for place in group.places}
        for attention in found:
            own = _list_groups(typed, attention, by_place)
            if own:
                yield _join(typed, attention, own, aliases)
    for group in kept:
        if group.anchor == "attention":
            whole = _find_whole(typed, group)
            if whole is not None:
                yield whole


def _list_groups(
    typed: TypedBlock, attention: Attention, by_place: dict[int, Group]
) -> list[Group]:
    """The groups that hold a part of the attention proper, or nothing but turns beside it."""
    found: dict[int, Group] = {}
    for place in sorted(attention.nodes):
        group = by_place.get(place)
        if group is None or id(group) in found:
            continue
        is_aside = attention.nodes.issuperset(group.places) and not _repeats(typed, group)
        if place in attention.core or is_aside:
            found[id(group)] = group
    return list(found.values())


def _repeats(typed: TypedBlock, group: Group) -> bool:
    """Whether more is written than read: keys and values are copied for each head of a group."""
    written = sum(typed.sizes[name] or 0 for name in group.outputs)
    return written > sum(group.reads.values())


def _join(
    typed: TypedBlock, attention: Attention, groups: list[Group], aliases: Aliases
) -> Fusible:
    """One kernel that does what several do, and stores nothing between."""
    first = next((group for group in groups if attention.first in group.places), groups[0])
    last = next((group for group in groups if attention.last in group.places), groups[-1])
    whole = Group("attention", first.element_type, outputs=last.outputs)
    made = {name for group in groups for name in group.outputs}
    for group in groups:
        whole.macs += group.macs
        whole.flops_other += group.flops_other
        whole.transcendentals += group.transcendentals
        whole.at_most |= group.at_most
        _read(whole, group.reads)
    calls = tuple(sorted(attention.core & typed.inner.keys()))
    for index in calls:
        node = typed.block.nodes[index]
        made.update(node.outputs)
        roots = {aliases.root(name) for name in node.inputs if name}
        _read(whole, {root: typed.size_of(root) or 0 for root in roots})
    for name in made:
        whole.reads.pop(aliases.root(name), None)
    derived = find_derived(typed)
    return Fusible(
        Scores(
            attention.heads, attention.queries, attention.keys, attention.width,
            attention.value_width,
        ),
        typed.size_of(attention.scores) or 0,
        attention.called,
        whole.finish(typed, derived),
        tuple(group.finish(typed, derived) for group in groups),
        calls,
    )  # fmt: skip


def _read(group: Group, reads: dict[str, int]) -> None:
    for name, size in reads.items():
        group.reads[name] = max(size, group.reads.get(name, 0))


def _find_whole(typed: TypedBlock, group: Group) -> Fusible | None:
    """An attention that is one operation of the file."""
    place = next((p for p in group.places if typed.operations[p].kind == "attention"), None)
    if place is None:
        return None
    stored = find_stored_scores(typed, place)
    if stored is None:
        return None
    kernel = group.finish(typed, find_derived(typed))
    return Fusible(*stored, True, kernel, (kernel,))
