"""The one key of a place: of a device on its host, of a handle on its device."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256


def render_canonical(value: object) -> str:
    """JSON with sorted keys and no spaces, so that equal content is equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)


def render_list(texts: Iterable[str]) -> str:
    """``render_canonical`` of a list, of the items of which it has been made already."""
    return f"[{','.join(texts)}]"


def render_object(texts: Mapping[str, str]) -> str:
    """``render_canonical`` of an object, of the values of which it has been made already."""
    return "{" + ",".join(f"{json.dumps(key)}:{texts[key]}" for key in sorted(texts)) + "}"


def key_of(place: Mapping[str, str], **further: str) -> str:
    """Text that identifies a place, however its parts are ordered."""
    return render_canonical({**further, **place})


def hash_key(text: str) -> str:
    """A fixed-length form of an identifying text, fit for a unique index."""
    return sha256(text.encode()).hexdigest()
