"""The log of a process: oslo.log's, with each cause said once, and nothing in it that acts."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from typing import Any

from oslo_config import cfg
from oslo_log import formatters, log

from cyborg_rr.conf.opts import PROJECT
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.rpc.transport import render_bus


class SayingOnce(formatters.ContextFormatter):
    """Leaves out the summary of the active exception where the message has its words already.

    oslo.log adds it to every warning that is written while an exception is handled. Ours name the
    cause themselves, and would be twice as long. What others call themselves stands in many lines:
    it is written so that it makes no line of its own and does nothing to a terminal.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record, with its traceback if there is one."""
        record = copy.copy(record)
        message = record.getMessage()
        record.msg, record.args = render_printable(message), None
        text: str = super().format(record)
        summary: str = getattr(record, "error_summary", "")
        said = summary.partition(": ")[2]
        if record.exc_info or not said or said not in message:
            return text.replace(summary, render_printable(summary)) if summary else text
        return text.removesuffix(f": {summary}")

    def formatException(self, *arguments: Any, **options: Any) -> str:  # noqa: N802 - logging's
        """A traceback, in its lines."""
        text: str = super().formatException(*arguments, **options)
        return "\n".join(render_printable(line) for line in text.split("\n"))


BUS_LOGGER = "oslo.messaging._drivers.impl_rabbit"
"""Which tells of each attempt to reach the broker, every few seconds and without its address."""

SECONDS_BETWEEN_ATTEMPTS_TOLD = 60


class SayingWhere(logging.Filter):
    """Lets the first warning of the message bus through and then one a minute, with its address."""

    def __init__(self, bus: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._bus = bus
        self._clock = clock
        self._told: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        if self._told is not None and now - self._told < SECONDS_BETWEEN_ATTEMPTS_TOLD:
            return False
        self._told = now
        record.msg, record.args = "%s; message bus: %s", (record.getMessage(), self._bus)
        return True


def set_up_log(conf: cfg.ConfigOpts) -> None:
    """Log as the options of oslo.log say."""
    log.setup(conf, PROJECT)
    logging.getLogger(BUS_LOGGER).addFilter(SayingWhere(render_bus(conf)))
    options: dict[str, Any] = {"project": PROJECT, "datefmt": conf.log_date_format, "config": conf}
    for handler in logging.getLogger().handlers:
        if type(handler.formatter) is formatters.ContextFormatter:
            handler.setFormatter(SayingOnce(**options))
