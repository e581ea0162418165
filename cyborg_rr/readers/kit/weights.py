"""Which arguments of a compiled function are weights, by what the program calls them.

Functions take weights and inputs alike; the names of a tree of parameters tell them apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.graph.inference.weights import MANY_ARGUMENTS
from cyborg_rr.readers.kit.unknown import MAX_LISTED_NAMES

_WEIGHT_WORDS = frozenset(
    {"params", "param", "parameters", "weights", "variables", "batch_stats", "state_dict"}
)
_WEIGHT_LEAVES = frozenset({"kernel", "weight"})
_WORD = re.compile(r"[A-Za-z0-9_]+")
_TORCH_PARAMETER = re.compile(r"p_[A-Za-z0-9_]+")
_TORCH_STATE = re.compile(r"[pbc]_[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class WeightNames:
    """What the names of all arguments together say: PyTorch's prefixes, roots of weight trees."""

    torch: bool
    trees: frozenset[str]

    @classmethod
    def collect(cls, names: Sequence[str | None]) -> WeightNames:
        """Look at all names, None for an argument without one."""
        return cls(
            any(name and _TORCH_PARAMETER.fullmatch(name) for name in names),
            frozenset(root for name in names if name and (root := _find_tree(name))),
        )

    def find_reason(self, name: str | None) -> str | None:
        """The word that makes an argument a weight; None where nothing does."""
        if name is None:
            return None
        if self.torch and _TORCH_STATE.fullmatch(name):
            return "p_..."
        words: list[str] = _WORD.findall(name)
        if name == "params":
            return name
        found = next((word for word in words[:-1] if _means_weights(word)), None)
        if found is None and len(words) > 1 and words[0] in self.trees:
            return words[0]
        return found


def explain_weights(reasons: Iterable[str | None], tensors: int, has_parameters: bool) -> str:
    """How weights were told from inputs; empty where there is nothing to say.

    ``reasons`` are those of each argument; ``tensors`` are all that arguments hold.
    """
    stated = list(reasons)
    known = Counter(reason for reason in stated if reason is not None)
    if known:
        why = ", ".join(repr(reason) for reason, _ in known.most_common(MAX_LISTED_NAMES))
        return (
            f"{known.total()} of {len(stated)} arguments were taken as weights, since the file "
            f"names them so ({why})"
        )
    if not has_parameters and tensors >= MANY_ARGUMENTS:
        return (
            f"the file does not say which of its {tensors} arguments are weights: all count as "
            "inputs (export with debug information to keep their names)"
        )
    return ""


def _find_tree(name: str) -> str | None:
    """The root of a tree with a leaf such as ``state['dense']['kernel'].value``."""
    words: list[str] = _WORD.findall(name)
    if words[-1:] in (["value"], ["raw_value"]):
        words.pop()
    return words[0] if len(words) > 1 and words[-1] in _WEIGHT_LEAVES else None


def _means_weights(word: str) -> bool:
    return word in _WEIGHT_WORDS or word.endswith(("_params", "_weights"))
