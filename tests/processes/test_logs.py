"""What operators read in the logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.processes.logs import BUS_LOGGER, SayingOnce, SayingWhere
from cyborg_rr.rpc.transport import render_bus


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


def configure(transport_url: str, directory: Path) -> cfg.ConfigOpts:
    file = directory / "x.conf"
    file.write_text(f"[DEFAULT]\ntransport_url = {transport_url}\n")
    return make_config([], files=[str(file)])


@pytest.fixture
def bus_log() -> Iterator[logging.Logger]:
    logger = logging.getLogger(BUS_LOGGER)
    before = list(logger.filters)
    yield logger
    logger.filters[:] = before


def test_a_bus_that_does_not_answer_is_told_once_a_minute_with_its_address(
    bus_log: logging.Logger, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    conf = configure("rabbit://user:se:cret@h1:5672,u:pw@h2:1/vh", tmp_path)
    now = 1000.0
    bus_log.addFilter(SayingWhere(render_bus(conf), lambda: now))
    for after in (0, 1, 59, 60, 61, 119, 121):
        now = 1000.0 + after
        bus_log.error("Connection failed: %s (retrying in %s seconds)", "refused", after)
    address = "message bus: rabbit://user:***@h1:5672,u:***@h2:1/vh"
    assert [record.getMessage() for record in caplog.records] == [
        f"Connection failed: refused (retrying in {after} seconds); {address}"
        for after in (0, 60, 121)
    ]


def test_what_is_no_warning_is_told_as_ever(
    bus_log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    bus_log.addFilter(SayingWhere("rabbit://h1", lambda: 0))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            bus_log.info("connected")
    assert caplog.messages == ["connected", "connected"]


HOSTILE = "node\x1b[2J\r\n2026-11-26 ERROR all is lost\x07\u202e\ud800"
ESCAPED = r"node\x1b[2J\r\n2026-11-26 ERROR all is lost\x07\u202e\ud800"


def test_what_others_call_themselves_cannot_act_on_a_log() -> None:
    line = write("host could not be reported: %s", NotFound("host", HOSTILE))
    assert line.endswith(f"host could not be reported: host {ESCAPED} could not be found")
    summed_up = write("no luck%.0s", NotFound("host", HOSTILE))
    assert summed_up.splitlines() == [summed_up]
    assert summed_up.isprintable()


def test_a_traceback_keeps_its_lines_and_nothing_else_that_acts() -> None:
    text = write("it broke%.0s", NotFound("host", HOSTILE), with_traceback=True)
    assert len(text.splitlines()) > 3
    assert all(line.isprintable() for line in text.split("\n"))
