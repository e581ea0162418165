"""Names as people write them: ``fp16`` and ``half`` for f16, ``h200-nvl`` for a device's id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.words import ELEMENT_TYPES, find_meant, find_nearest

_TYPE_WORDS: Final[Mapping[str, str]] = {
    "half": "f16", "single": "f32", "float": "f32", "double": "f64", "bfloat": "bf16",
    "brain": "bf16", "bool": "i1", "boolean": "i1", "char": "i8", "byte": "u8", "short": "i16",
    "int": "i32", "long": "i64", "complex": "c64", "cfloat": "c64", "cdouble": "c128",
    "string": "str", "e4m3": "f8E4M3FN", "fp8e4m3": "f8E4M3FN", "e5m2": "f8E5M2",
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


def resolve_device(text: str, names: Mapping[str, str]) -> str:
    """The id of a device by a part of it or of its product's name, such as ``h200-nvl``.

    ``names`` has the products' names by id. ``InvalidInput`` when several devices, or none, are
    called so.
    """
    if text in names:
        return text
    wanted = _split(text)
    found = [id for id, name in names.items() if wanted and wanted <= _split(id) | _split(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"{text!r} may be any of {_join_names(sorted(found))}; say which")
    near = find_meant("-".join(sorted(wanted)) if wanted else text, names) or _find_like(
        wanted, names
    )
    raise InvalidInput(
        f"the catalogue has no device {text!r}" + (f"; nearest: {', '.join(near)}" if near else "")
    )


def _find_like(wanted: Collection[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The devices that most of the words are of, in part at least."""
    likeness = {
        id: sum(len(word) for word in wanted if word in id or word in name.lower())
        for id, name in names.items()
    }
    best = max(likeness.values(), default=0)
    return tuple(sorted(id for id, size in likeness.items() if size == best))[:5] if best else ()


def _split(text: str) -> set[str]:
    """The words of a name; sizes of memory without their unit."""
    words = _NOT_IN_NAME.split(text.lower())
    return {_SIZE.sub(r"\1", word) for word in words if word}


def _join_names(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
