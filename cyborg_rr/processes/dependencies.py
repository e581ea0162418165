"""What the processes depend on, and how it is told that one of these does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ContextDecorator
from types import TracebackType

from oslo_config import cfg
from oslo_db.exception import DBConnectionError

from cyborg_rr.conf.mistakes import render_mistake
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.processes.ending import Unavailable
from cyborg_rr.rpc.transport import MessagingException


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""

    code = "database_unavailable"


class BusUnavailable(Unavailable):
    """The message bus does not take or deliver messages."""

    code = "bus_unavailable"


class LedgerUnavailable(Unavailable):
    """The agent cannot keep its ledger: the directory or the file cannot be written."""

    code = "ledger_unavailable"


CAUSES: Mapping[type[Exception], type[Unavailable]] = {
    DBConnectionError: DatabaseUnavailable,
    MessagingException: BusUnavailable,
}
"""What the libraries raise, and the one class of our own that stands for it in every process."""


class naming_dependencies(ContextDecorator):  # noqa: N801 - reads as a statement
    """Raises what a library says of a dependency as that dependency's ``Unavailable``.

    What it says of a value of its own options is ``InvalidInput``: those are read late.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for cause, unavailable in CAUSES.items():
            if isinstance(error, cause):
                raise unavailable(str(error)) from error
        if isinstance(error, cfg.ConfigSourceValueError):
            raise InvalidInput(render_mistake(str(error))) from error
