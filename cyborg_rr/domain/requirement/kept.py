"""What all sequences of one execution keep: no tensor of the graph, and yet in memory beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.graph.caches import CachedLayers, find_cache_bytes
from cyborg_rr.domain.requirement.requirement import TensorRequirement
from cyborg_rr.domain.words import ELEMENT_TYPES


@dataclass(frozen=True, slots=True)
class Kept:
    """The caches of ``sequences`` of so many ``tokens``.

    ``uncounted_layers`` attend to an encoder of which the length is not known.
    """

    size_bytes: int
    sequences: int
    tokens: int
    uncounted_layers: int

    def render(self) -> str:
        """Whose they are: ``8 sequences of 4096 tokens``."""
        noun = "sequence" if self.sequences == 1 else "sequences"
        of = "token" if self.tokens == 1 else "tokens"
        without = ""
        if self.uncounted_layers:
            without = f", without what {self.uncounted_layers} layers keep of an encoder"
        return f"{self.sequences} {noun} of {self.tokens} {of}{without}"


def find_kept(cache: Sequence[CachedLayers], inputs: Sequence[TensorRequirement]) -> Kept | None:
    """What is kept at the sizes that the inputs are bound to; None where nothing, or not known.

    A graph that takes and yields its cache states none beside it. The last input of numbered
    tokens is what the layers run over, as decoders are drawn; a first one is that of the encoder.
    """
    bound = [sizes for tensor in inputs if (sizes := _find_tokens(tensor)) is not None]
    if not cache or not bound:
        return None
    sequences, tokens = bound[-1]
    is_pair = len(bound) == len(inputs) > 1
    held = find_cache_bytes(cache, tokens, bound[0][1] if is_pair else 0) or 0
    return Kept(sequences * held, sequences, tokens, 0 if is_pair else _count_open(cache))


def _find_tokens(tensor: TensorRequirement) -> tuple[int, int] | None:
    """How many sequences of how many tokens an input is; None where it is something else."""
    known = ELEMENT_TYPES.get(tensor.element_type or "")
    if known is None or not known.is_whole or tensor.shape is None:
        return None
    match tensor.shape:
        case (int(sequences), int(tokens)):
            return sequences, tokens
    return None


def _count_open(cache: Iterable[CachedLayers]) -> int:
    return sum(one.layers for one in cache if one.kind == "cross" and one.positions is None)
