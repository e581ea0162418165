"""One input, read by one reader and taken to the end: what may come of it, and what may not."""

from __future__ import annotations

import resource
import time

from cyborg_rr import codec
from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.answers import render_requirement
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source

MAX_SECONDS = 1.0
"""Of the processor, for one input."""

MAX_BYTES = 256 * 1024**2
"""Of memory, for the whole process."""


class Wrong(AssertionError):
    """A reader did what none may."""


def take(reader: Reader, source: Source) -> None:
    """Read it as the reading process does; any error but a refusal comes out."""
    reader.recognises(source)
    try:
        requirement = analyse_by(reader, source, AnalysisOptions())
    except (UnreadableModel, InvalidInput) as refusal:
        _check_line(str(refusal))
    else:
        render_requirement(codec.render(requirement))


def take_within_limits(reader: Reader, source: Source) -> None:
    """As ``take``; raises ``Wrong`` where it takes too long or too much."""
    started = time.process_time()
    take(reader, source)
    seconds = time.process_time() - started
    if seconds > MAX_SECONDS:
        raise Wrong(f"it took {seconds:.1f} s of the processor")
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if taken > MAX_BYTES:
        raise Wrong(f"it took {taken // 1024**2} MiB")


def _check_line(text: str) -> None:
    if not text or not text.isprintable():
        raise Wrong(f"a message is not one printable line: {text!r}")
