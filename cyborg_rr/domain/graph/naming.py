"""How messages show names that come from a file: escaped and cut, so that they stay one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import Node

_MAX_NAME_LENGTH: Final = 80
_MAX_LISTED_NAMES: Final = 20
_STEP: Final = re.compile(r"[^/]/[a-z][a-z0-9_]*\Z", re.ASCII)
"""A canonical operation after the native one that it is a step of."""


def shorten(name: str) -> str:
    """The name without what would break a line or a screen."""
    cut = name if len(name) <= _MAX_NAME_LENGTH else name[:_MAX_NAME_LENGTH] + "..."
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def quote(name: str) -> str:
    """The shortened name in quotes."""
    return f"'{shorten(name)}'"


def list_names(names: Sequence[str]) -> str:
    """The first names of a list, for a message."""
    if not names:
        return "none"
    more = f" and {len(names) - _MAX_LISTED_NAMES} more" if len(names) > _MAX_LISTED_NAMES else ""
    return ", ".join(shorten(name) for name in names[:_MAX_LISTED_NAMES]) + more


def native_operation(name: str) -> str:
    """The IR's name of an operation, where a reader took it apart into steps ``name/step``."""
    return name.rsplit("/", 1)[0] if _STEP.search(name) else name


def describe(node: Node) -> str:
    """How messages call a node: its label (or first result) and the IR's name of its operation."""
    label = node.name or next((name for name in node.outputs if name), "")
    return f"node {quote(label)} ({shorten(native_operation(node.native_name or node.operation))})"
