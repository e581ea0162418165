"""Entry points of installed distributions, found without what ``importlib.metadata`` loads.

That module costs a cold process 16 ms of processor time, most of it for ``email``. What stands here
is the same for distributions that lie in folders of ``sys.path``, as pip leaves them, editable ones
too; format: Python Packaging User Guide, Entry points specification.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, NamedTuple

_ENDINGS: Final = (".dist-info", ".egg-info")


class EntryPoint(NamedTuple):
    """A name, and the object that it stands for as ``module:attribute``."""

    name: str
    value: str

    def load(self) -> Any:
        """Import the module and look the object up in it."""
        module, _, attributes = self.value.partition(":")
        found: Any = import_module(module.strip())
        for attribute in attributes.partition("[")[0].strip().split("."):
            found = getattr(found, attribute)
        return found


def list_entry_points(group: str) -> list[EntryPoint]:
    """The entry points of a group, by name; of a distribution that lies twice, the first's."""
    header = f"[{group}]"
    found = [
        entry for text in _list_texts() if header in text for entry in _parse_group(text, header)
    ]
    return sorted(found, key=lambda entry: entry.name)


def _list_texts() -> Iterator[str]:
    """The ``entry_points.txt`` of each distribution that has one."""
    seen: set[str] = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # not there, or an archive
            continue
        for name in names:
            if name.endswith(_ENDINGS):
                plain = name.rpartition(".")[0].partition("-")[0]  # an egg-info has no version
                distribution = plain.lower().replace(".", "_")
                path = f"{folder or '.'}/{name}/entry_points.txt"
                if distribution not in seen:
                    seen.add(distribution)
                    with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
                        yield file.read()


def _parse_group(text: str, header: str) -> Iterator[EntryPoint]:
    """The lines of one section of an INI file."""
    current = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            current = line
        elif current == header and line and line[0] not in "#;":
            name, equals, value = line.partition("=")
            if equals:
                yield EntryPoint(name.strip(), value.strip())
