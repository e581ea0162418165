"""A cloud that has no Placement, or has it no longer."""

from __future__ import annotations

from oslo_log import log

from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.offering import withheld
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.printing import name_count

LOG = log.getLogger(__name__)


class Unpublished:
    """Stands where nothing is published: forgets what was withheld while something was.

    Nobody would take such a cause away, and some of them refuse binds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @retry_on_deadlock
    def start(self) -> None:
        """See ``Worker``."""
        with self._database.writing() as session:
            count = withheld.forget_withheld(session)
        if count:
            LOG.info(
                "%s had something in the way in Placement, which is used no longer: forgotten",
                name_count(count, "deployable"),
            )

    def stop(self) -> None:
        """Nothing to do."""
