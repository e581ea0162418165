"""Limits of a real Keystone, read as oslo.limit reads them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
import webob

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.hardware.deployables import list_deployables
from cyborg_rr.domain.errors import InvalidInput, LimitsUnavailable, OverQuota
from cyborg_rr.domain.quota import Limits
from cyborg_rr.domain.requests import Binding, Mandate
from cyborg_rr.outside.limits.limits import LimitSource
from cyborg_rr.outside.limits.wiring import make_limits
from cyborg_rr.processes.api import wire_api
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from cyborg_rr.processes.limits import read_limit_settings
from cyborg_rr.processes.options import load_catalogue
from tests.api.stage import NEWEST, Stage
from tests.builders import hash_of, make_snapshot
from tests.memory_bus import make_memory_bus
from tests.quota.conftest import write_options
from tests.quota.test_usages import HOST, bind_new, usages
from tests.servers.realm import Realm


@pytest.fixture(scope="module")
def endpoint(realm: Realm) -> str:
    """Our endpoint in the catalogue, with limits of two classes and of something else."""
    endpoint = realm.add_endpoint("accelerator", "http://127.0.0.1:9/v2")
    realm.register_limit(endpoint, "accelerators:PGPU", 2)
    realm.register_limit(endpoint, "accelerators:CUSTOM_FPGA", -1)
    realm.register_limit(endpoint, "servers", 7)
    return endpoint


def make(realm: Realm, directory: Path, scope: str | None = "system", **more: str) -> LimitSource:
    """Limits as a reader of that scope is told them."""
    conf = write_options(directory, realm.credentials("reader", scope), **more)
    return make_limits(conf, read_limit_settings(conf))


def test_what_is_registered_holds_for_a_project_without_limits_of_its_own(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    limits = make(realm, tmp_path, endpoint_id=endpoint)
    assert limits.of_project("0" * 32) == Limits({"PGPU": 2, "CUSTOM_FPGA": -1})


def test_a_projects_own_limit_comes_before_what_is_registered(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    limits = make(realm, tmp_path, endpoint_id=endpoint)
    demo, foreign = realm.projects["demo"], realm.projects["foreign"]
    own = realm.limit_project(endpoint, demo, "accelerators:PGPU", 5)
    assert limits.of_project(demo).find("PGPU") == 5
    assert limits.of_project(foreign).find("PGPU") == 2
    find = limits.of_projects()
    assert (find(demo).find("PGPU"), find(foreign).find("PGPU")) == (5, 2)
    assert find("0" * 32) == Limits({"PGPU": 2, "CUSTOM_FPGA": -1})
    realm.set_project_limit(own, 3)
    assert limits.of_project(demo).find("PGPU") == 3


def test_our_endpoint_is_found_by_name_and_region(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    assert endpoint
    limits = make(
        realm,
        tmp_path,
        endpoint_service_name=f"accelerator-{realm.name}",
        endpoint_region_name=realm.name,
    )
    assert limits.of_project("0" * 32).find("PGPU") == 2


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("endpoint_id", "0" * 32, "Can't find endpoint"),
        ("endpoint_service_name", "nobody", "Service not found"),
    ],
)
def test_an_endpoint_that_is_none_is_told_of(
    realm: Realm, tmp_path: Path, option: str, value: str, told: str
) -> None:
    limits = make(realm, tmp_path, **{option: value})
    with pytest.raises(LimitsUnavailable, match=told):
        limits.of_project("0" * 32)


def test_a_user_who_sees_only_one_projects_limits_is_refused_at_the_start(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="system_scope must be all"):
        make(realm, tmp_path, "demo", endpoint_id=endpoint)


def test_without_credentials_the_process_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "rr.conf"
    file.write_text("[quota]\ndriver = unified_limits\n")
    conf = make_config([], files=[str(file)])
    with pytest.raises(InvalidInput, match=r"\[oslo_limit\]: auth_type is not set"):
        make_limits(conf, read_limit_settings(conf))


def test_a_process_starts_while_keystone_is_away_and_says_what_is_wrong_later(
    realm: Realm, tmp_path: Path
) -> None:
    away = replace(realm.credentials("reader", "system"), auth_url="http://127.0.0.1:9/v3")
    conf = write_options(tmp_path, away)
    limits = make_limits(conf, read_limit_settings(conf))
    with pytest.raises(LimitsUnavailable, match=r"Keystone \(unreachable\)"):
        limits.of_project("0" * 32)


def test_a_way_to_authenticate_that_has_no_system_is_refused_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "rr.conf"
    file.write_text(
        "[quota]\ndriver = unified_limits\n"
        "[oslo_limit]\nauth_type = admin_token\nendpoint = http://127.0.0.1:9\ntoken = t\n"
    )
    conf = make_config([], files=[str(file)])
    with pytest.raises(InvalidInput, match="system_scope must be all"):
        make_limits(conf, read_limit_settings(conf))


def test_a_wrong_password_is_told_of_and_nothing_else_of_it(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    limits = make(realm, tmp_path, endpoint_id=endpoint, password="wrong-secret")
    with pytest.raises(LimitsUnavailable, match=r"Keystone \(refused\)") as caught:
        limits.of_project("0" * 32)
    assert "wrong-secret" not in str(caught.value)


def test_without_options_nobody_is_asked() -> None:
    conf = make_config([], files=[])
    limits = make_limits(conf, read_limit_settings(conf))
    assert not limits.is_limiting
    assert limits.of_project("0" * 32) == limits.of_projects()("0" * 32) == Limits()


def test_a_bind_is_held_to_what_keystone_says_now(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    project = str(uuid.uuid4())
    limits = make(realm, tmp_path, endpoint_id=endpoint)
    stage = Stage(tmp_path, limits=limits)
    try:
        stage.add_host(HOST, handles=8)
        options = {"token": "admin", "project_id": project}
        assert bind_new(stage, 2, **options)[0].status == 202
        refused, _ = bind_new(stage, 1, **options)
        assert refused.status == 403
        assert "accelerators:PGPU: limit 2, usage 2, wanted 1" in refused.fault
        assert usages(stage, "admin")[project] == {
            "CUSTOM_FPGA": {"held": 0, "limit": -1},
            "PGPU": {"held": 2, "limit": 2},
        }
    finally:
        stage.close()


def test_the_processes_hold_projects_to_what_keystone_says(
    realm: Realm, endpoint: str, tmp_path: Path
) -> None:
    conf = write_options(tmp_path, realm.credentials("reader", "system"), endpoint_id=endpoint)
    conf.set_override("connection", f"sqlite:///{tmp_path / 'db.sqlite'}", group="database")
    conf.set_override("auth_strategy", "noauth", group="api")
    database, catalogue = upgrade_database(conf), load_catalogue(conf)
    transport = make_memory_bus(conf)
    try:
        cases = wire_conductor(conf, database, transport, catalogue).use_cases
        snapshot = make_snapshot(HOST, 1, handles=4)
        cases.reporter.report(HOST, snapshot, hash_of(snapshot))
        with database.writing() as session:
            (provider,) = [each.provider_uuid for each in list_deployables(session)]
            profile = profiles.create_profile(session, "three", [{"resources:PGPU": "3"}])
            arqs = [arq.uuid for arq in requests.create_requests(session, profile, "new")]
        instance = str(uuid.uuid4())
        with pytest.raises(OverQuota, match="accelerators:PGPU: limit 2, usage 0, wanted 3"):
            cases.binder.bind([Binding(a, HOST, provider, instance, None) for a in arqs], Mandate())
        api = wire_api(conf, database, transport, catalogue, 5)
        headers = {"OpenStack-API-Version": f"accelerator {NEWEST}"}
        asked = webob.Request.blank("/v2/usages?project_id=new", headers=headers)
        (row,) = asked.get_response(api).json["usages"]
        assert row["resources"]["PGPU"] == {"held": 0, "limit": 2}
    finally:
        transport.cleanup()
        database.close()
