"""Modules for tests as plain text."""

from __future__ import annotations

from collections.abc import Sequence

HEAD = 'module "m"\nstage raw\n'


def write(*parts: str) -> bytes:
    """A file of these parts."""
    return "\n".join((HEAD, *parts, "")).encode()


def function(
    arguments: Sequence[tuple[str, str]], result: str, *lines: str, name: str = "main"
) -> str:
    """A function of one block, or of those that lines begin."""
    types = ", ".join(type_ for _, type_ in arguments)
    named = ", ".join(f"%{each}: {type_}" for each, type_ in arguments)
    body = "\n".join(line if line.startswith("'") else f"    {line}" for line in lines)
    return f"func @{name}: ({types}) -> {result} {{\n'entry({named}):\n{body}\n}}\n"
