"""Names that come from a file: how the IR's operations are called, and how messages show names.

The native name of an operation is its name in the IR in full. Where an IR keeps domain and
operation apart (ONNX, custom operators) it is written ``domain:operation``, and the IR's own domain
is left out: ``Conv``, ``com.microsoft:Attention``. Where the IR itself writes one name it stays as
written: ``stablehlo.add``. A step into which a reader took an operation apart is called
``name/step``, by its canonical operation; the step that stands for the whole has the plain name.

Messages show names escaped and cut, so that they stay one line.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice
from sys import intern
from typing import Final

from cyborg_rr.domain.graph.graph import Node

_MAX_NAME_LENGTH: Final = 80
_MAX_LISTED_NAMES: Final = 20
OWN_SETS: Final = {"onnx": "ai.onnx"}
"""The operation set whose operations an IR calls without it, where it has a name of its own."""

NAMES_MODELS: Final = frozenset({"gguf", "huggingface"})
"""IRs that name the architecture of a model, which programs know, in place of operations."""

FUNCTION_CALLS: Final = {"func": "func.call", "function": "function:call"}
"""By operation set how a file calls functions of its own: a module of MLIR, a model of ONNX."""

_DOTTED: Final = frozenset({"stablehlo", "mlir"})
"""IRs that write ``dialect.operation``."""

_STEP: Final = re.compile(r"[^/]/[a-z][a-z0-9_]*\Z", re.ASCII)
"""A canonical operation after the native one that it is a step of."""


def shorten(name: str) -> str:
    """The name without what would break a line or a screen."""
    cut = name if len(name) <= _MAX_NAME_LENGTH else name[:_MAX_NAME_LENGTH] + "..."
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def quote(name: str) -> str:
    """The shortened name in quotes."""
    return f"'{shorten(name)}'"


def list_names(names: Collection[str], most: int = _MAX_LISTED_NAMES) -> str:
    """The first names of a list, for a message; the others are counted."""
    if not names:
        return "none"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shorten(name) for name in islice(names, most)) + more


def name_operation(domain: str, operation: str) -> str:
    """The native name of an operation; its domain is empty where it is the IR's own."""
    return intern(f"{domain}:{operation}") if domain else operation


def is_of_dialect(native_name: str, dialect: str) -> bool:
    """Whether an operation belongs to a dialect or domain, by its native name."""
    return native_name.startswith((f"{dialect}:", f"{dialect}."))


def name_step(native_name: str, operation: str) -> str:
    """The native name of a step that is not the last of its operation."""
    return f"{native_name}/{operation}"


def is_step(name: str) -> bool:
    """Whether a native name is that of a step that is not the last of its operation."""
    return "/" in name and _STEP.search(name) is not None


def native_operation(name: str) -> str:
    """The IR's name of an operation, where a reader took it apart into steps ``name/step``."""
    return name.rsplit("/", 1)[0] if _STEP.search(name) else name


def is_spelled(name: str, family: str) -> bool:
    """Whether a name is one of the IR itself, which a document that is written by hand may lack."""
    return family not in _DOTTED or "." in name


def split_native(name: str, family: str) -> tuple[str, str]:
    """Operation set and name within it; an IR's own set is called as the IR if it has no name."""
    if ":" in name:
        dialect, _, operation = name.rpartition(":")
        return dialect, operation
    if family in _DOTTED and "." in name:
        dialect, _, operation = name.partition(".")
        return dialect, operation
    return OWN_SETS.get(family, family), name


def describe(node: Node) -> str:
    """How messages call a node: its label (or first result) and the IR's name of its operation."""
    label = node.name or next((name for name in node.outputs if name), "")
    return f"node {quote(label)} ({shorten(native_operation(node.native_name or node.operation))})"
