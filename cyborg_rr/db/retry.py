"""Doing a transaction again that the database gave up for another's sake."""

from __future__ import annotations

from oslo_db import api as db_api
from oslo_db.exception import DBDuplicateEntry, DBReferenceError

retry_on_deadlock = db_api.wrap_db_retry(
    max_retries=10, retry_interval=0.05, inc_retry_interval=True, retry_on_deadlock=True
)
"""Decorator of a function that opens its own transaction and does nothing else."""

retry_on_race = db_api.wrap_db_retry(
    max_retries=10,
    retry_interval=0.05,
    inc_retry_interval=True,
    retry_on_deadlock=True,
    exception_checker=lambda error: isinstance(error, (DBDuplicateEntry, DBReferenceError)),
)
"""The same where another may insert the row that this one has just not found, or take into use what
this one is about to delete."""
