"""From dataclasses to plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from cyborg_rr.codec.shapes import keys_of

NEWEST = 2**31
"""Later than any minor version: nothing is left out."""


def render(value: object, minor: int = NEWEST) -> Any:
    """A dataclass (or a tuple, list or mapping of such) as objects, lists, texts and numbers.

    Fields that came after the minor version are left out, for a peer that refuses new keys.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): render(item, minor) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [render(item, minor) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _render_fields(value, minor)
    raise TypeError(f"a {type(value).__name__} has no form in a document")


def _render_fields(value: Any, minor: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key in keys_of(type(value)):
        if key.since > minor:
            continue
        content = getattr(value, key.field)
        if key.left_out and not content:
            continue
        rendered = render(content, minor)
        if key.prefix is None:
            document[key.name] = rendered
        else:
            document.update({f"{key.prefix}{name}": item for name, item in rendered.items()})
    return document
