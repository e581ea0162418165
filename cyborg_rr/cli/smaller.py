"""The model of a match at smaller batches and inputs, read again only when somebody asks."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from cyborg_rr import offline
from cyborg_rr.cli.shapes import start_reading
from cyborg_rr.domain.matching.advice.changes import Smaller

_HALVINGS: Final = 4
"""So many times a size is halved, before larger steps are taken."""

_MOST_SIZES: Final = 2
"""So many of the sizes are made smaller, the largest first: each try is a reading."""

_SHAPED: Final = re.compile(r"(.+=)([0-9]+(?:x[0-9]+)*)(:.+)?", re.DOTALL)


def list_smaller(
    path: Path, arguments: argparse.Namespace, assumed: Sequence[str] = ()
) -> Iterator[Smaller]:
    """Smaller batches, then smaller sizes of inputs, given or assumed, the largest first."""
    given = [*arguments.input, *assumed]
    for batch in _list_below(arguments.batch or 1):
        requirement = _read(path, arguments, batch=batch, input=given)
        if requirement is not None:
            yield Smaller("batch", (str(batch),), f"a batch of {batch}", requirement)
    for size in sorted(_list_sizes(given), reverse=True)[:_MOST_SIZES]:
        for less in _list_below(size):
            inputs = [_resize(text, size, less) for text in given]
            requirement = _read(path, arguments, input=inputs)
            if requirement is not None:
                text = f"{less} in the place of {size} in the inputs"
                yield Smaller("input", tuple(inputs), text, requirement)


def _read(
    path: Path, arguments: argparse.Namespace, **changed: Any
) -> offline.IRRequirement | None:
    """The model with other options; None where it does not take them."""
    try:
        return start_reading(path, argparse.Namespace(**vars(arguments) | changed)).result()
    except offline.CyborgError:
        return None


def _list_below(size: int) -> Iterator[int]:
    """Halves, then quarters, and 1 at last: each is a reading."""
    tried = 0
    while size > 1:
        size = max(1, size // (2 if tried < _HALVINGS else 4))
        tried += 1
        yield size


def _list_sizes(inputs: Sequence[str]) -> set[int]:
    """The sizes above 1 in what was given."""
    shapes = (found[2] for text in inputs if (found := _SHAPED.fullmatch(text)))
    return {int(size) for shape in shapes for size in shape.split("x") if int(size) > 1}


def _resize(text: str, size: int, less: int) -> str:
    """An input with one size in the place of another, wherever it has that."""
    found = _SHAPED.fullmatch(text)
    if found is None:
        return text
    sizes = [str(less) if int(each) == size else each for each in found[2].split("x")]
    return f"{found[1]}{'x'.join(sizes)}{found[3] or ''}"
