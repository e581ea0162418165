"""Answers that are kept in a file, so that a long search goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path


def read_kept(file: Path) -> Iterator[tuple[str, str]]:
    """Each key with its answer; the last line of a search that was stopped may not be whole."""
    if file.exists():
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    key, answer = json.loads(line)
                    yield key, answer


def remember(ask: Callable[[bytes], str], file: Path) -> Callable[[bytes], str]:
    """Asks what the file does not tell, and writes it there, a line for each model."""
    known = dict(read_kept(file))
    log = file.open("a", encoding="utf-8")

    def ask_once(model: bytes) -> str:
        key = hashlib.sha256(model).hexdigest()
        if key not in known:
            known[key] = ask(model)
            log.write(json.dumps((key, known[key])) + "\n")
            log.flush()
        return known[key]

    return ask_once
