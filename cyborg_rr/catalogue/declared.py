"""Words that catalogue files declare, and the refusal of a word that is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain

from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.words import MAX_NEAREST, find_slips, render_nearest


@dataclass(frozen=True, slots=True)
class DeclaredWords:
    """Words that a file declares, each with what it stands for."""

    ir_families: Mapping[str, str] = field(default_factory=dict)
    exported_families: Mapping[str, str] = field(default_factory=dict)
    dialects: Mapping[str, str] = field(default_factory=dict)
    target_families: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    architectures: Mapping[str, str] = field(default_factory=dict)
    vendors: Mapping[str, str] = field(default_factory=dict)
    memory_types: Mapping[str, str] = field(default_factory=dict)
    overlays: Mapping[str, str] = field(default_factory=dict)
    partition_modes: Mapping[str, str] = field(default_factory=dict)


def merge_words(declared: Sequence[DeclaredWords]) -> DeclaredWords:
    """The words of all files."""
    return DeclaredWords(
        **{
            kind.name: dict(
                chain.from_iterable(getattr(each, kind.name).items() for each in declared)
            )
            for kind in fields(DeclaredWords)
        }
    )


def require(word: str, known: Collection[str], what: str, place: str, hint: str = "") -> None:
    """Refuse a word that is not among the known ones: ``BadCatalogue`` names place and nearest."""
    if word in known:
        return
    raise BadCatalogue(f"{place}: {word!r} is no known {what}{render_nearest(word, known)}{hint}")


def require_no_slip(
    word: str, known: Collection[str], what: str, place: str, hint: str = ""
) -> None:
    """Refuse a word that looks like a known one; one that is like none is new and taken."""
    if word not in known and (alike := find_alike(word, known)):
        near = ", ".join(alike[:MAX_NEAREST])
        raise BadCatalogue(f"{place}: {word!r} is no known {what}; nearest: {near}{hint}")


def find_alike(word: str, known: Collection[str]) -> list[str]:
    """The known words from which this one differs by one slip of the pen or by letter case."""
    own = word.casefold()
    same = [name for name in known if own == name.casefold()]
    return same or [name for name in known if find_slips(own, (name.casefold(),))]


def require_keys(keys: Iterable[object], known: Collection[str], place: str) -> None:
    """Refuse a key that is not known with ``InvalidInput``, which names the nearest ones."""
    for key in keys:
        if key not in known:
            nearest = render_nearest(str(key), known)
            raise InvalidInput(f"{place} has the unknown key {key!r}{nearest}")


def hint_at(key: str) -> str:
    """How a message says where a new word is declared."""
    return f" (new ones are declared under words.{key})"
