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


PROFILE = {"name": "between", "uuid": "3f2b6c1e-7a40-4d7e-9a55-0c1d2e3f4a5b"}
GROUPS = [{"resources:PGPU": "1"}]
ODDITIES: list[tuple[str, str, object]] = [
    ("GET", "/v2/device_profiles/between", None),
    ("POST", "/v2/device_profiles", [{"name": "", "groups": GROUPS}]),
    ("POST", "/v2/device_profiles", [{"name": "n" * 256, "groups": GROUPS}]),
    ("POST", "/v2/device_profiles", [{**PROFILE, "name": "another", "groups": GROUPS}]),
    ("GET", "/v2/accelerator_requests?bind_state=resolved&instance={instance}", None),
    ("PATCH", "/v2/device_profiles/between", {"description": "x"}),
    ("POST", "/v2/accelerator_requests", {}),
]
"""What the existing service answers oddly, and what it has not."""


@pytest.fixture(scope="module")
def odd(inhabited: Stage) -> Stage:
    """The same with a profile and an instance whose request is not resolved."""
    inhabited.call("POST", "/v2/device_profiles", [{**PROFILE, "groups": GROUPS}])
    arqs = inhabited.create_arqs()
    assert inhabited.bind(arqs, "between-1", instance_uuid=PROFILE["uuid"]).status == 202
    with inhabited.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE accelerator_requests SET state = 'BindStarted'")
    return inhabited


@pytest.mark.parametrize("minor", [4, 50, 99])
@pytest.mark.parametrize(("method", "path", "body"), ODDITIES)
def test_what_is_left_to_the_existing_service_is_as_odd_as_its_last(
    odd: Stage, minor: int, method: str, path: str, body: object
) -> None:
    path = path.format(instance=PROFILE["uuid"])
    asked = odd.call(method, path, body, version=f"2.{minor}")
    meant = odd.call(method, path, body, version="2.3")
    assert (asked.status, asked.body) == (meant.status, meant.body)


@given(version=BETWEEN)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_header_names_the_version_that_was_asked_for(
    inhabited: Stage, version: Version
) -> None:
    answer = inhabited.call("GET", "/v2/devices", version=str(version))
    assert answer.status == 200
    assert answer.headers["OpenStack-API-Version"] == f"accelerator {version}"
