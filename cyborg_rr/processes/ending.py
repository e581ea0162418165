"""How a process ends: its status, and one line where there is something to tell."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from typing import Any, NamedTuple, NoReturn, TextIO

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.printing import render_printable

UNAVAILABLE = 1
REFUSED = 2
INTERRUPTED = 130
MAX_LINE_CHARACTERS = 500
"""How much is told of what somebody else's software says."""

_MOST_DIGITS = 6

_NO_ROOM = frozenset({EDQUOT, EFBIG, EIO, ENOSPC})
"""What a write to a file that is open already fails with, for no fault of the program."""


class Unavailable(CyborgError):
    """A dependency does not answer: whoever supervises the process should try again."""

    code = "unavailable"


class Unwritten(CyborgError):
    """What was found out cannot be written where it should go, such as to a full disk."""

    code = "unwritten"


class Ending(NamedTuple):
    """The exit status of a cause, and how its own words are told; without a line nothing is."""

    status: int
    line: Callable[[str], str] | None = None


ENDINGS: tuple[tuple[type[BaseException], Ending], ...] = (
    (Unavailable, Ending(UNAVAILABLE, lambda text: f"cannot start: {text[:MAX_LINE_CHARACTERS]}")),
    (Unwritten, Ending(UNAVAILABLE, lambda text: text)),
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
        super().__init__(prog, width=find_width() - 2)


def find_width() -> int:
    """Columns of the terminal, as ``shutil.get_terminal_size`` has them."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and len(stated) < _MOST_DIGITS and int(stated):
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
        status: int | str | None = _run_and_flush(run)
    except BrokenPipeError:  # whoever read it has left; there is nobody to tell
        _abandon(sys.stdout)
        _abandon(sys.stderr)
        status = UNAVAILABLE
    except tuple(kind for kind, _ in ENDINGS) as error:
        status = _tell(error)
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            raise
        _abandon(sys.stdout)
        status = _tell(Unwritten(f"the output cannot be written: {error.strerror}"))
    sys.exit(status)


def _run_and_flush(run: Callable[[], int]) -> int | str | None:
    """The status; all is written here, where a full disk or a closed pipe can still be told."""
    try:
        status: int | str | None = run()
    except SystemExit as ended:
        status = ended.code
    if sys.stdout is not None:
        sys.stdout.flush()
    return status


def _abandon(stream: TextIO) -> None:
    """Let nothing more go there, or the interpreter would try that again at its end."""
    with suppress(OSError, AttributeError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def _tell(error: BaseException) -> int:
    """Print the cause's line; the status that stands for it."""
    ending = next(ending for kind, ending in ENDINGS if isinstance(error, kind))
    if ending.line is not None:
        line = ending.line(" ".join(str(error).split()))
        tell_line(f"{os.path.basename(sys.argv[0])}: {line}")
    return ending.status


def _fold(line: str) -> str:
    """The line broken at spaces, so that no word is torn at the edge of the terminal."""
    import textwrap

    return textwrap.fill(
        line, find_width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def tell_line(line: str) -> None:
    """Say it on standard error; where that takes nothing there is no other place to say it.

    A terminal shows it in lines of its width; whatever else reads it is given the one line.
    """
    try:
        text = render_printable(line)
        sys.stderr.write(f"{_fold(text) if sys.stderr.isatty() else text}\n")
        sys.stderr.flush()
    except (OSError, AttributeError):
        _abandon(sys.stderr)
