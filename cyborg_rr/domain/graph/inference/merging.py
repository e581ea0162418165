"""One type from what a file states and what the rules find."""

from __future__ import annotations

from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY, UNKNOWN, find_static


class Merging:
    """Merges types and counts where file and rules disagree.

    ``taint`` says how far a value depends on bound inputs: at 2 the file's sizes are void.
    """

    def __init__(self) -> None:
        self.disagreements = 0

    def merge(self, stated: TensorType, inferred: TensorType, taint: int) -> TensorType:
        """One type from what the file states and what the rules found."""
        if inferred is stated or inferred is UNKNOWN:
            return stated if taint < 2 or not stated.is_static else UNKNOWN
        if stated is UNKNOWN:
            return inferred
        element_type = stated.element_type or inferred.element_type
        shape = inferred.shape
        if stated.shape is None:
            return TensorType(element_type, shape)
        if shape is None:
            kept = None if taint == 2 else stated.shape
            return TensorType(element_type, kept)
        if len(shape) != len(stated.shape):
            self.disagreements += 1
            wins = find_static(shape) is not None or taint == 2
            return TensorType(element_type, shape if wins else stated.shape)
        merged = []
        for said, found in zip(stated.shape, shape, strict=True):
            merged.append(self._merge_dimension(said, found, taint))
        return TensorType(element_type, tuple(merged))

    def _merge_dimension(self, said: Dimension, found: Dimension, taint: int) -> Dimension:
        if isinstance(found, int):
            if isinstance(said, Bounded) and said.most == found and not taint:
                return said  # the file says that it may be less
            if isinstance(said, int) and said != found:
                self.disagreements += 1
            return found
        if isinstance(said, int):
            return said if taint < 2 else found
        if isinstance(found, Bounded):
            named = found if said in ("", ANY) else said
            most = min(found.most, said.most) if isinstance(said, Bounded) else found.most
            return Bounded(named, most, found.is_found and named is found)
        return said if found in ("", ANY) else found
