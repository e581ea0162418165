"""What is recognised in a block of several nodes, as the later passes take it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Two products with a softmax between them, which may run as one kernel.

    ``core`` are the places of the nodes that such a kernel replaces, from the ``first`` product to
    the ``last``, ``aside`` of those that only turn, scale or reshape operands and result, which it
    does as it reads and writes. ``scores`` is the result of the first product. ``heads`` counts
    those of all sequences. ``called`` says that exporters write it so for one call: what computes
    attention whole scales query and key alike, each by the root.
    """

    first: int
    last: int
    core: frozenset[int]
    aside: frozenset[int]
    heads: int
    queries: int
    keys: int
    width: int
    value_width: int
    scores: str
    called: bool

    @property
    def nodes(self) -> frozenset[int]:
        """All nodes that belong to it."""
        return self.core | self.aside
