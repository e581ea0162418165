"""How a process ends: its status, and one line where there is something to tell."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.printing import render_printable

UNAVAILABLE = 1
REFUSED = 2
INTERRUPTED = 130
MAX_LINE_CHARACTERS = 500
"""How much is told of what somebody else's software says."""


class Unavailable(CyborgError):
    """A dependency does not answer: whoever supervises the process should try again."""

    code = "unavailable"


class Ending(NamedTuple):
    """The exit status of a cause, and how its own words are told; without a line nothing is."""

    status: int
    line: Callable[[str], str] | None = None


ENDINGS: tuple[tuple[type[BaseException], Ending], ...] = (
    (Unavailable, Ending(UNAVAILABLE, lambda text: f"cannot start: {text[:MAX_LINE_CHARACTERS]}")),
    (CyborgError, Ending(REFUSED, lambda text: text)),
    (KeyboardInterrupt, Ending(INTERRUPTED)),
)
"""Every cause that ends a process in an orderly way; the first that fits counts.

What is not here is a fault of this software and ends with a traceback and status 1.
"""


class _Formatter(argparse.HelpFormatter):
    """Knows the terminal's width without loading ``shutil``, as argparse would for each argument.

    That takes 2 ms, of a command that takes 100.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_find_width() - 2)


def _find_width() -> int:
    """Columns of the terminal, as ``shutil.get_terminal_size`` has them."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return int(stated)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


class OneLineParser(argparse.ArgumentParser):
    """A parser that refuses with one line instead of its usage; --help shows that."""

    def __init__(self, *arguments: Any, **wishes: Any) -> None:
        super().__init__(*arguments, **{"formatter_class": _Formatter, **wishes})

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(REFUSED, f"{self.prog}: {message} (--help shows more)\n")


def exit_on_mistake(run: Callable[[], int]) -> NoReturn:
    """Run a process and end with its status, or as ``ENDINGS`` says."""
    try:
        status = run()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; there is nobody to tell
        sys.exit(UNAVAILABLE)
    except tuple(kind for kind, _ in ENDINGS) as error:
        sys.exit(_tell(error))
    sys.exit(status)


def _tell(error: BaseException) -> int:
    """Print the cause's line; the status that stands for it."""
    ending = next(ending for kind, ending in ENDINGS if isinstance(error, kind))
    if ending.line is not None:
        line = render_printable(ending.line(" ".join(str(error).split())))
        sys.stderr.write(f"{os.path.basename(sys.argv[0])}: {line}\n")
    return ending.status
