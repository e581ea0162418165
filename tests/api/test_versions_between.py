"""Every version between the ends is served, and means what the last one that changed anything does.

Clients take discovery's word: whatever lies between the advertised ends must be answered.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr.api.request.version import MAXIMUM, MINIMUM, VERSIONS, Version
from tests.api.released import LISTS
from tests.api.stage import Stage

BETWEEN = st.integers(MINIMUM.minor, MAXIMUM.minor).map(lambda minor: Version(2, minor))


@pytest.fixture(scope="module")
def inhabited(shared_stage: Stage) -> Stage:
    """A service with one of what 2.0 lists."""
    shared_stage.add_host("between-1", devices=1)
    return shared_stage


@given(version=BETWEEN, collection=st.sampled_from(LISTS))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_version_answers_as_the_last_that_changed_anything(
    inhabited: Stage, version: Version, collection: str
) -> None:
    stands_for = max(known for known in VERSIONS if known <= version)
    asked = inhabited.call("GET", f"/v2/{collection}", version=str(version))
    meant = inhabited.call("GET", f"/v2/{collection}", version=str(stands_for))
    said = asked.body.replace(str(version).encode(), str(stands_for).encode())
    assert (asked.status, said) == (meant.status, meant.body)


@given(version=BETWEEN)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_header_names_the_version_that_was_asked_for(
    inhabited: Stage, version: Version
) -> None:
    answer = inhabited.call("GET", "/v2/devices", version=str(version))
    assert answer.status == 200
    assert answer.headers["OpenStack-API-Version"] == f"accelerator {version}"
