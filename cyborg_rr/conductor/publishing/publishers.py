"""Where publishers of the inventory attach: Placement, later Kubernetes and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from oslo_log import log
from stevedore import NamedExtensionManager

from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput

LOG = log.getLogger(__name__)
NAMESPACE = "cyborg_rr.publishers"


class Publisher(Protocol):
    """Makes an outside system agree with the stored inventory of a host."""

    def host_changed(self, hostname: str) -> None:
        """The stored inventory of the host is new; read it and apply the difference outside.

        Called after the commit, once for each change, never while a transaction is open. An
        exception is logged and does not undo the change; the publisher must catch up later.
        """
        ...


def load_publishers(names: Sequence[str], database: Database) -> list[Publisher]:
    """The named publishers, each made with the database; an unknown name is ``InvalidInput``."""
    if not names:
        return []
    manager: Any = NamedExtensionManager(
        NAMESPACE, names=list(names), invoke_on_load=True, invoke_args=(database,), name_order=True
    )
    missing = set(names) - set(manager.names())
    if missing:
        raise InvalidInput(f"option [conductor] publishers: there is no publisher {min(missing)!r}")
    return [extension.obj for extension in manager]


def tell_all(publishers: Sequence[Publisher], hostname: str) -> None:
    """Tell every publisher; the trouble of one is no trouble of another."""
    for publisher in publishers:
        try:
            publisher.host_changed(hostname)
        except Exception:
            LOG.exception("Publisher %s failed for host %s", type(publisher).__name__, hostname)
