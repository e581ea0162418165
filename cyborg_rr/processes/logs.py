"""The log of a process: oslo.log's, with each cause said once."""

from __future__ import annotations

import logging
from typing import Any

from oslo_config import cfg
from oslo_log import formatters, log

from cyborg_rr.conf.opts import PROJECT


class SayingOnce(formatters.ContextFormatter):
    """Leaves out the summary of the active exception where the message has its words already.

    oslo.log adds it to every warning that is written while an exception is handled. Ours name the
    cause themselves, and would be twice as long.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        text: str = super().format(record)
        summary: str = getattr(record, "error_summary", "")
        said = summary.partition(": ")[2]
        if record.exc_info or not said or said not in record.getMessage():
            return text
        return text.removesuffix(f": {summary}")


def set_up_log(conf: cfg.ConfigOpts) -> None:
    """Log as the options of oslo.log say."""
    log.setup(conf, PROJECT)
    options: dict[str, Any] = {"project": PROJECT, "datefmt": conf.log_date_format, "config": conf}
    for handler in logging.getLogger().handlers:
        if type(handler.formatter) is formatters.ContextFormatter:
            handler.setFormatter(SayingOnce(**options))
