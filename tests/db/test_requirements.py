"""Requirements are kept up to a size that every kind of database takes."""

from __future__ import annotations

import pytest

from cyborg_rr.db import requirements
from cyborg_rr.db.engine import Database
from cyborg_rr.db.requirements import MAX_DOCUMENT_BYTES
from cyborg_rr.domain.errors import InvalidInput


def test_a_document_of_the_largest_size_is_kept_and_a_larger_one_is_refused(
    database: Database,
) -> None:
    largest = {"x": "y" * (MAX_DOCUMENT_BYTES - len('{"x": ""}'))}
    with database.writing() as session:
        stored = requirements.create_requirement(session, "m", largest, None)
    with database.reading() as session:
        found = requirements.find_requirement(session, stored.uuid)
    assert found is not None
    assert found.document == largest
    with (
        database.writing() as session,
        pytest.raises(InvalidInput, match=f"at most {MAX_DOCUMENT_BYTES} are kept"),
    ):
        requirements.create_requirement(session, "m", {"x": largest["x"] + "y"}, None)
