"""The work of a model as its runtime launches it: kernels, in the form that the sums run over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from cyborg_rr.domain.matching.estimate.occupancy import count_tiles
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import AttentionItem, IRRequirement, WorkItem
from cyborg_rr.domain.words import MATRIX_KINDS, find_bits

TRANSCENDENTAL_COST = 4.0
"""Vector operations that an exponential, logarithm or the like takes."""


CONVOLUTION_CALLS = 8.0
"""Plain operations in whose time a framework that walks the graph calls a convolution and the
normalisation that was folded into it."""


CALLS_PER_PRODUCT = 2
"""Kernels of a compiled program for each product or convolution: all between two is mostly one."""

DRAWN_FAMILY = "huggingface"
"""Models of this family are drawn from their configuration, in few operations for each layer."""

CALLS_PER_DRAWN = 3.0
"""Calls of an eager runtime for each operation that is drawn: 2.3 of bert_base and 4.1 of
gpt2_medium at batch 1 on one H100, where the host is all that takes time (tests/matching/measured,
h100); Llama of 1B has 3.9, timm's ViT 1.5."""

HALF_BITS = 16

ALIGNED = 8
"""Numbers of columns that are no multiple of this keep products of 16 bits from their usual
kernels, unless the compiler fills the matrix up."""

MISALIGNED = 6.0
"""By what such products take longer: the logits of GPT-2, of 50257 words, on one H100."""


class Kernel(NamedTuple):
    """``times`` equal kernels: operations on matrix and vector units, bytes, tiles of the result.

    A product adds up so many ``terms``, and takes longer by the factor ``misfit``.
    """

    times: int
    matrix: float
    vector: float
    moved: float
    tiles: float
    terms: float
    misfit: float


Groups = Mapping[tuple[str, str, bool], tuple[Kernel, ...]]
"""(kind, element type, whether the work is an upper bound) -> kernels."""


class Profile(NamedTuple):
    """Kernels, and ``calls``: what the host does for an execution, in units of one operation."""

    groups: Groups
    calls: float


class Launching(NamedTuple):
    """All of a runtime on a device that decides which kernels there are."""

    fuses: str
    fuses_rows: bool
    joined: tuple[str, ...]
    joins_spelled: bool
    channels_last: bool


def find_launching(runtime: Runtime, architecture: str | None) -> Launching:
    """What is launched there; ``joined`` are the element types with a kernel for attention."""
    joined = tuple(
        element_type
        for element_type in runtime.flash_attention
        if runtime.has_attention(element_type, architecture)
    )
    return Launching(
        runtime.fuses, runtime.fuses_rows, joined, runtime.joins_attention, runtime.channels_last
    )


def make_profile(requirement: IRRequirement, launching: Launching) -> Profile:
    """The work in the form that the sums run over, made once for all that launch alike."""
    groups = group_kernels(
        list_launched(requirement.work, requirement.attention, launching), launching
    )
    return Profile(groups, _count_calls(requirement, groups, launching))


def group_kernels(items: Iterable[WorkItem], launching: Launching) -> Groups:
    """The kernels of some work items, those of one pace together."""
    groups: dict[tuple[str, str, bool], list[Kernel]] = {}
    for item in items:
        for part in _part(item, launching):
            key = (part.kind, part.element_type, part.at_most)
            groups.setdefault(key, []).append(_make_kernel(part, launching))
    return {key: tuple(kernels) for key, kernels in groups.items()}


def _count_calls(requirement: IRRequirement, groups: Groups, launching: Launching) -> float:
    """What the host does: a call for each kernel, or each operation where it walks the graph."""
    counts = {key: sum(kernel.times for kernel in kernels) for key, kernels in groups.items()}
    kernels = sum(counts.values())
    convolutions = sum(count for (kind, _, _), count in counts.items() if kind == "convolution")
    if launching.fuses != "nothing":
        matrix = sum(count for (kind, _, _), count in counts.items() if kind in MATRIX_KINDS)
        compiled = min(kernels, CALLS_PER_PRODUCT * matrix) if matrix else kernels
        return float(compiled + convolutions)
    operations = float(sum(requirement.operations.values()))
    if requirement.ir.family == DRAWN_FAMILY:
        operations *= CALLS_PER_DRAWN
    return max(kernels, operations) + CONVOLUTION_CALLS * convolutions


def list_launched(
    work: Iterable[WorkItem], attentions: Collection[AttentionItem], launching: Launching
) -> list[WorkItem]:
    """The work items with attention as the runtime has it."""
    items = list(work)
    counts = [item.count for item in items]
    added: list[WorkItem] = []
    for attention in attentions:
        if _is_joined(attention, launching):
            for replaced in attention.replaces:
                counts[replaced.item] -= replaced.count * attention.count
            added.append(_join(attention))
        elif attention.is_one_operation:
            added.append(_store_scores(attention))
        elif launching.fuses == "elementwise" and launching.fuses_rows:
            added += _fuse_rows(attention, items, counts)
    kept = (replace(item, count=count) for item, count in zip(items, counts, strict=True) if count)
    return [*kept, *added]


def _is_joined(attention: AttentionItem, launching: Launching) -> bool:
    return attention.element_type in launching.joined and (
        attention.called or launching.joins_spelled
    )


def _join(attention: AttentionItem) -> WorkItem:
    return WorkItem(
        "attention",
        attention.element_type,
        attention.count,
        attention.macs,
        attention.flops_other,
        attention.transcendentals,
        attention.bytes_read,
        attention.bytes_written,
        attention.parameter_bytes,
        attention.at_most,
    )


def _store_scores(attention: AttentionItem) -> WorkItem:
    """What an attention that the file calls as one takes beside its products, where no kernel does
    all of it: scores are written and read, and so are the probabilities."""
    moved = 2 * attention.score_bytes
    return WorkItem(
        "reduction", attention.element_type, attention.count, 0, 0, 0, moved, moved, 0,
        attention.at_most,
    )  # fmt: skip


def _fuse_rows(
    attention: AttentionItem, items: list[WorkItem], counts: list[int]
) -> Iterator[WorkItem]:
    """The softmax of an attention as one kernel, which reads the scores and writes as many."""
    other = transcendentals = 0
    for replaced in attention.replaces:
        item = items[replaced.item]
        if item.kind in MATRIX_KINDS:
            continue
        counts[replaced.item] -= replaced.count * attention.count
        other += item.flops_other * replaced.count
        transcendentals += item.transcendentals * replaced.count
    if transcendentals:
        yield WorkItem(
            "reduction", attention.element_type, attention.count, 0, other, transcendentals,
            attention.score_bytes, attention.score_bytes, 0, attention.at_most,
        )  # fmt: skip


def _part(item: WorkItem, launching: Launching) -> Iterator[WorkItem]:
    """The kernels that an item is where less is fused: its own one and others beside it."""
    is_matrix = item.kind in MATRIX_KINDS
    if item.kind == "convolution" and not launching.channels_last and _is_half(item):
        yield _turn(item)
    is_whole = launching.fuses == "elementwise" or (is_matrix and launching.fuses == "epilogues")
    if is_whole or not item.fused:
        yield item
        return
    share = item.fused + (0 if is_matrix else 1)
    yield replace(
        item,
        flops_other=0 if is_matrix else item.flops_other // share,
        transcendentals=0 if is_matrix else item.transcendentals // share,
    )
    moved = item.inner_bytes // item.fused
    yield WorkItem(
        "elementwise",
        item.element_type,
        item.count * item.fused,
        0,
        item.flops_other // share,
        item.transcendentals // share,
        moved,
        moved,
        0,
        item.at_most,
    )


def _is_half(item: WorkItem) -> bool:
    """Whether its elements are of 16 bits, for which matrix units take one layout alone."""
    return find_bits(item.element_type) == HALF_BITS


def _turn(item: WorkItem) -> WorkItem:
    """The copies into the layout of matrix units and back, for a convolution in another one."""
    moved = (item.bytes_read - item.parameter_bytes + item.bytes_written) // 2
    return WorkItem(
        "movement", item.element_type, 2 * item.count, 0, 0, 0, moved, moved, 0, item.at_most
    )


def _make_kernel(item: WorkItem, launching: Launching) -> Kernel:
    is_matrix = item.kind in MATRIX_KINDS
    vector = item.flops_other + TRANSCENDENTAL_COST * item.transcendentals
    if not is_matrix:
        vector += 2.0 * item.macs
    elements = max(1, item.bytes_written * 8 // (find_bits(item.element_type) or 8))
    return Kernel(
        item.count,
        2.0 * item.macs if is_matrix else 0.0,
        float(vector),
        float(item.bytes_read + item.bytes_written),
        count_tiles(elements, _find_rows(item, elements) if is_matrix else None),
        max(1.0, item.macs / elements),
        _find_misfit(item, elements, launching),
    )


def _find_rows(item: WorkItem, elements: int) -> float | None:
    """How many rows are multiplied with a matrix of weights; None without one."""
    weights = item.parameter_bytes * 8 / (find_bits(item.element_type) or 8)
    return item.macs / weights if weights and item.kind == "contraction" else None


def _find_misfit(item: WorkItem, elements: int, launching: Launching) -> float:
    """By what a product takes longer whose matrix of weights has an odd number of columns."""
    bits = find_bits(item.element_type) or 0
    if item.kind != "contraction" or launching.fuses == "elementwise" or bits < HALF_BITS:
        return 1.0
    terms = item.macs // elements
    columns, rest = divmod(item.parameter_bytes * 8 // bits, terms) if terms else (0, 0)
    if not columns or rest or elements % columns:  # a bias beside the matrix, or no weights
        return 1.0
    return MISALIGNED if columns % ALIGNED else 1.0
