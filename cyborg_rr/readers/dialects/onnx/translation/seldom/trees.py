"""How deep the trees of an ensemble are, from the lists that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.readers.dialects.onnx.schema import LongList
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode


class Forest(NamedTuple):
    """How many trees there are, and the nodes on the longest ways through all of them."""

    trees: int
    comparisons: int


Branches = Mapping[int, tuple[int, ...]]
"""The nodes that compare, with those among them that may come next."""


def describe_forest(node: NativeOnnxNode) -> Forest | None:
    """The trees of a node; of lists too long to be kept, no way is longer than all nodes are many.

    Raises ``UnreadableModel`` for nodes that come back to themselves.
    """
    if node.operation == "TreeEnsemble":
        return _flat(node)
    modes, trees = node.attribute("nodes_modes"), node.attribute("nodes_treeids")
    if isinstance(modes, LongList) or isinstance(trees, LongList):
        count = modes.count if isinstance(modes, LongList) else 0
        return Forest(1, count) if count else None
    if not isinstance(modes, tuple) or not isinstance(trees, tuple):
        return None
    names = ("nodes_treeids", "nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids")
    lists = [node.integers(name) or () for name in names]
    if any(len(each) != len(modes) for each in lists):
        raise node.refuse("the lists of its nodes are not of one length")
    places = {key: place for place, key in enumerate(zip(lists[0], lists[1], strict=True))}
    branches: dict[int, tuple[int, ...]] = {}
    for place, mode in enumerate(modes):
        if mode != "LEAF":
            after = [places.get((lists[0][place], ids[place]), -1) for ids in lists[2:]]
            branches[place] = tuple(after)
    return _measure(node, branches, len(set(lists[0])))


def _flat(node: NativeOnnxNode) -> Forest | None:
    """TreeEnsemble of version 5: nodes that compare stand alone, leaves are marked."""
    roots = node.attribute("tree_roots")
    names = ("nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids", "nodes_falseleafs")
    if isinstance(roots, LongList) or any(isinstance(node.attribute(n), LongList) for n in names):
        modes = node.attribute("nodes_modes")
        count = modes.type.elements if isinstance(modes, StoredTensor) else None
        trees = (
            roots.count if isinstance(roots, LongList) else len(node.integers("tree_roots") or ())
        )
        return Forest(trees, count) if count else None
    yes, yes_leaf, no, no_leaf = (node.integers(name) or () for name in names)
    if not len(yes) == len(yes_leaf) == len(no) == len(no_leaf):
        raise node.refuse("the lists of its nodes are not of one length")
    branches = {
        place: tuple(
            after
            for after, leaf in ((yes[place], yes_leaf[place]), (no[place], no_leaf[place]))
            if not leaf
        )
        for place in range(len(yes))
    }
    found = node.integers("tree_roots")
    return None if not found else _measure(node, branches, len(found))


def _measure(node: NativeOnnxNode, branches: Branches, trees: int) -> Forest:
    """The depths of all trees; a root is what nothing leads to."""
    waiting = dict.fromkeys(branches, 0)
    for after in branches.values():
        for each in after:
            if each in waiting:
                waiting[each] += 1
    roots = [place for place, count in waiting.items() if not count]
    depth = dict.fromkeys(roots, 1)
    order = list(roots)
    for place in order:
        for each in branches[place]:
            if each not in waiting:
                continue
            waiting[each] -= 1
            depth[each] = max(depth.get(each, 0), depth[place] + 1)
            if not waiting[each]:
                order.append(each)
    if len(order) != len(branches):
        raise node.refuse("its trees come back to themselves")
    return Forest(trees, _sum_depths(branches, roots, depth))


def _sum_depths(branches: Branches, roots: list[int], depth: Mapping[int, int]) -> int:
    """The longest ways of all trees, one after the other."""
    total, seen = 0, set[int]()
    for root in roots:
        longest, waiting = 0, [root]
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            longest = max(longest, depth[place])
            waiting.extend(each for each in branches[place] if each in branches)
        total += longest
    return total
