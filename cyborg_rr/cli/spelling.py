"""Names as people write them: ``fp16`` and ``half`` for f16, ``h200-nvl`` for a device's id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.words import ELEMENT_TYPES, find_meant, find_nearest

_TYPE_WORDS: Final[Mapping[str, str]] = {
    "half": "f16", "single": "f32", "float": "f32", "double": "f64", "bfloat": "bf16",
    "brain": "bf16", "bool": "i1", "boolean": "i1", "char": "i8", "byte": "u8", "short": "i16",
    "int": "i32", "long": "i64", "complex": "c64", "cfloat": "c64", "cdouble": "c128",
    "string": "str", "e4m3": "f8E4M3FN", "fp8e4m3": "f8E4M3FN", "e5m2": "f8E5M2",
    "fp8": "f8E4M3FN", "float8": "f8E4M3FN", "f8": "f8E4M3FN",
}  # fmt: skip
"""Words of PyTorch, NumPy and C. E4M3 alone is that of OCP's OFP8 1.0: it has no infinity."""

_NUMBERED: Final = (
    (re.compile(r"bf(?:loat|p)?16"), "bf16"),
    (re.compile(r"(?:tensorfloat|tf)32"), "tf32"),
    (re.compile(r"(?:float|fp)(?=\d)"), "f"),
    (re.compile(r"(?:uint|ui)(?=\d)"), "u"),
    (re.compile(r"(?:int|si?)(?=\d)"), "i"),
    (re.compile(r"complex(?=\d)"), "c"),
)
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9]+")
_SIZE: Final = re.compile(r"(\d+)(?:g|gb|gib)")
_LAST_SIZE: Final = re.compile(r"(?<=\D)(\d+)(?:gb|gib)$")
_NOTE: Final = re.compile(r"\([^()]*+\)")
"""What a product's name says of it beside."""

_BESIDE: Final = frozenset({"gpu", "apu", "npu", "accelerator", "card", "core", "tensor"})
"""Words that drivers and shops add to what any product is called."""

_LEAST_BEGINNING: Final = 3
_MOST_OFFERED: Final = 8
_INPUT_TYPE: Final = re.compile(r"(.*=[0-9x]*):([A-Za-z0-9_.-]+)", re.DOTALL)


def resolve_element_type(text: str, known: Collection[str]) -> str:
    """The word for an element type, however it was spelt; ``InvalidInput`` names the nearest."""
    if text in known:
        return text
    meant = _spell(text)
    by_lower = {name.lower(): name for name in known}
    if meant.lower() in by_lower:
        return by_lower[meant.lower()]
    begun = [name for lower, name in by_lower.items() if _begins(lower, meant.lower())]
    if len(begun) == 1:
        return begun[0]
    near = begun or find_nearest(meant, known) or tuple(known)
    raise InvalidInput(f"{text!r} is no element type here; it may be {_join_names(near)}")


def _begins(name: str, start: str) -> bool:
    """Whether a name begins so, with a whole number: f4 begins f4E2M1FN, and f1 not f16."""
    return start[-1:].isdigit() and name.startswith(start) and not name[len(start)].isdigit()


def _spell(text: str) -> str:
    """A type as our words have it, but for the case of letters."""
    plain = _NOT_IN_NAME.sub("", text.lower().removeprefix("torch.").removeprefix("np."))
    if plain in _TYPE_WORDS:
        return _TYPE_WORDS[plain]
    for pattern, ours in _NUMBERED:
        if pattern.match(plain):
            return pattern.sub(ours, plain, count=1)
    return plain


def resolve_input(text: str) -> str:
    """``ids=1x128:int64`` with the word for its element type; any other text as it is."""
    found = _INPUT_TYPE.fullmatch(text)
    if found is None:
        return text
    known = [entry.name for entry in ELEMENT_TYPES.values() if entry.block is None]
    return f"{found[1]}:{resolve_element_type(found[2], known)}"


class Called(NamedTuple):
    """What a device is called: by its product's name, by words that others put ``beside`` that (its
    maker, its kind of memory), and by compilers, which name its architecture (``gfx942``)."""

    name: str
    beside: str = ""
    architecture: str = ""


def resolve_device(text: str, devices: Mapping[str, Called]) -> str:
    """The id of a device by a part of it, of its product's name, or of its architecture.

    Words may stand apart or together (``rtx4090``), in any case and order where they stand apart.
    ``devices`` are by id. ``InvalidInput`` when several of them, or none, are called so.
    """
    if text in devices:
        return text
    names = {id: called.name for id, called in devices.items()}
    wanted = _split(text) - _BESIDE or _split(text)
    found = _find_called(wanted, text, devices) or _find_built(text, devices)
    if len(found) == 1:
        return found[0]
    begun = found or _find_begun(wanted, names)
    if len(begun) > 1:
        raise InvalidInput(f"{text!r} may be any of {_offer(sorted(begun))}; say which")
    near = find_meant("-".join(sorted(wanted)) if wanted else text, names) or _find_like(
        wanted, names
    )
    raise InvalidInput(
        f"the catalogue has no device {text!r}" + (f"; nearest: {', '.join(near)}" if near else "")
    )


def _find_called(wanted: frozenset[str], text: str, devices: Mapping[str, Called]) -> list[str]:
    """The devices that all words are of: the one that has no others, where there is one."""
    if not wanted:
        return []
    own = {id: _split(id) | _split(called.name) for id, called in devices.items()}
    found = [id for id, called in devices.items() if wanted <= own[id] | _split(called.beside)]
    whole = [id for id in found if wanted in _list_whole(id, devices[id])]
    if len(whole) == 1:
        return whole
    if found:
        return found if any(wanted & own[id] for id in found) else []
    joined = _join_words(text)
    found = [
        id for id, called in devices.items() if joined in _list_runs(id) | _list_runs(called.name)
    ]
    whole = [
        id for id in found if joined in map(_join_words, _list_full_names(id, devices[id].name))
    ]
    return whole if len(whole) == 1 else found


def _list_whole(id: str, called: Called) -> Iterator[frozenset[str]]:
    """All words of a device's id, of that without its maker, and of its product's name."""
    return map(_split, _list_full_names(id, called.name))


def _list_full_names(id: str, name: str) -> tuple[str, ...]:
    return id, id.partition("-")[2], _NOTE.sub("", name)


@lru_cache(maxsize=2048)
def _list_runs(text: str) -> frozenset[str]:
    """What words that stand beside one another make when they are written together."""
    words = [word for word in _NOT_IN_NAME.split(text.lower()) if word]
    ends = [(begin, end) for begin in range(len(words)) for end in range(begin, len(words))]
    return frozenset(_join_words(" ".join(words[begin : end + 1])) for begin, end in ends)


def _join_words(text: str) -> str:
    return _LAST_SIZE.sub(r"\1", _NOT_IN_NAME.sub("", text.lower()))


def _find_built(text: str, devices: Mapping[str, Called]) -> list[str]:
    """The devices of an architecture, whose name may end in letters that people leave out."""
    joined = _NOT_IN_NAME.sub("", text.lower())
    if not joined:
        return []
    named = ((id, _NOT_IN_NAME.sub("", each.architecture.lower())) for id, each in devices.items())
    begun = [(id, name.removeprefix(joined)) for id, name in named if name.startswith(joined)]
    return [id for id, rest in begun if not rest or rest.isalpha()]


def _find_begun(wanted: frozenset[str], names: Mapping[str, str]) -> list[str]:
    """The devices of a family, of whose words each is the beginning of one: ``mi300``."""
    if not any(len(word) >= _LEAST_BEGINNING for word in wanted):
        return []
    return [
        id
        for id, name in names.items()
        if all(any(each.startswith(word) for each in _split(id) | _split(name)) for word in wanted)
    ]


def _find_like(wanted: Collection[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The devices that most of the words are of, in part at least."""
    likeness = {
        id: sum(len(word) for word in wanted if word in id or word in name.lower())
        for id, name in names.items()
    }
    best = max(likeness.values(), default=0)
    return tuple(sorted(id for id, size in likeness.items() if size == best))[:5] if best else ()


def list_called(products: Iterable[Product]) -> dict[str, Called]:
    """What each of some products is called, by id."""
    return {
        each.id: Called(
            each.name, f"{each.vendor} {each.memory_type or ''}", each.architecture or ""
        )
        for each in products
    }


@lru_cache(maxsize=2048)
def _split(text: str) -> frozenset[str]:
    """The words of a name; sizes of memory without their unit."""
    words = _NOT_IN_NAME.split(text.lower())
    sized = ((word, _SIZE.fullmatch(word)) for word in words if word)
    return frozenset(size[1] if size else word for word, size in sized)


def _offer(names: Sequence[str]) -> str:
    """Names to choose from, of which there may be many."""
    if len(names) <= _MOST_OFFERED:
        return _join_names(names)
    return f"{', '.join(names[:_MOST_OFFERED])} and {len(names) - _MOST_OFFERED} more"


def _join_names(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
