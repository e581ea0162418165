"""What operators read in the logs."""

from __future__ import annotations

import logging
import re

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.processes.logs import SayingOnce


def write(message: str, error: NotFound, with_traceback: bool = False) -> str:
    formatter = SayingOnce(project="cyborg_rr", config=make_config([], files=[]))
    try:
        raise error
    except NotFound as raised:
        record = logging.LogRecord("x", logging.WARNING, "x.py", 1, message, (raised,), None)
        if with_traceback:
            record.exc_info = (type(raised), raised, raised.__traceback__)
        return formatter.format(record)


def test_a_cause_that_the_message_has_is_said_once() -> None:
    line = write("host could not be reported: %s", NotFound("host", "a"))
    assert line.endswith("WARNING x [-] host could not be reported: host a could not be found")


def test_a_cause_that_the_message_has_not_is_added() -> None:
    line = write("no luck%.0s", NotFound("host", "a"))
    assert re.search(r"no luck: .*NotFound: host a could not be found$", line)


@pytest.mark.parametrize("words", ["it broke: %s", "it broke%.0s"])
def test_a_traceback_stays(words: str) -> None:
    assert "Traceback" in write(words, NotFound("host", "a"), with_traceback=True)
