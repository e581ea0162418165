"""The words that catalogue files may use, and the refusal of any other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.words import render_nearest


@dataclass(frozen=True, slots=True)
class DeclaredWords:
    """Words that a file declares, each with what it stands for."""

    ir_families: Mapping[str, str] = field(default_factory=dict)
    dialects: Mapping[str, str] = field(default_factory=dict)
    target_families: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def merge_words(declared: Iterable[DeclaredWords]) -> DeclaredWords:
    """The words of all files."""
    families: dict[str, str] = {}
    dialects: dict[str, str] = {}
    targets: dict[str, str] = {}
    links: dict[str, str] = {}
    for words in declared:
        families |= words.ir_families
        dialects |= words.dialects
        targets |= words.target_families
        links |= words.links
    return DeclaredWords(families, dialects, targets, links)


def require(word: str, known: Collection[str], what: str, place: str, hint: str = "") -> None:
    """Refuse a word that is not among the known ones: ``BadCatalogue`` names place and nearest."""
    if word in known:
        return
    raise BadCatalogue(f"{place}: {word!r} is no known {what}{render_nearest(word, known)}{hint}")


def require_keys(keys: Iterable[object], known: Collection[str], place: str) -> None:
    """Refuse a key that is not known with ``InvalidInput``, which names the nearest ones."""
    for key in keys:
        if key not in known:
            nearest = render_nearest(str(key), known)
            raise InvalidInput(f"{place} has the unknown key {key!r}{nearest}")


def hint_at(key: str) -> str:
    """How a message says where a new word is declared."""
    return f" (new ones are declared under words.{key})"
