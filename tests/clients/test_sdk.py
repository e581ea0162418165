"""openstacksdk, unmodified: it finds the service in Keystone's catalogue."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import openstack
import pytest
from keystoneauth1 import service_token, session
from keystoneauth1.identity import v3

from tests.api.stage import NEWEST
from tests.clients.service import FLEET_HOST, FPGA_HOST, Running
from tests.servers.realm import Credentials


def log_in(user: Credentials) -> v3.Password:
    """Keystoneauth's own way to a token."""
    return v3.Password(**user.render_options())


def connect(service: Running, region: str, version: str | None = None) -> Any:
    """An administrator's proxy, with a service's token beside, as Nova has it."""
    logging.getLogger("openstack").setLevel(logging.ERROR)
    user = log_in(service.realm.credentials("admin"))
    beside = log_in(service.realm.credentials("service", "service"))
    both = service_token.ServiceTokenAuthWrapper(user_auth=user, service_auth=beside)
    options = {} if version is None else {"accelerator_default_microversion": version}
    connection = openstack.connection.Connection(
        session=session.Session(auth=both), region_name=region, **options
    )
    return connection.accelerator


@pytest.fixture(scope="module", params=[None, "2.3"])
def cloud(request: pytest.FixtureRequest, service: Running) -> Any:
    """Without a microversion, as Nova asks, and with one, as people do."""
    return connect(service, service.realm.name, request.param)


@pytest.mark.parametrize("version", ["2.0", "2.2", "2.5", NEWEST])
def test_a_version_is_found_by_discovery(service: Running, version: str) -> None:
    proxy = connect(service, service.realm.name, version)
    shows_status = [each.status is not None for each in proxy.devices()]
    assert shows_status == [version in ("2.5", NEWEST)] * 3


def test_an_entry_of_the_catalogue_may_be_without_a_version(service: Running) -> None:
    region = f"{service.realm.name}-plain"
    service.realm.add_endpoint("accelerator", f"{service.url}/", region)
    for version in (None, "2.3"):
        assert len(list(connect(service, region, version).devices())) == 3


def test_devices_are_listed_shown_disabled_and_enabled(cloud: Any) -> None:
    found = list(cloud.devices())
    assert sorted(device.hostname for device in found) == [FPGA_HOST, FLEET_HOST, FLEET_HOST]
    device = cloud.get_device(next(each.id for each in found if each.hostname == FLEET_HOST))
    assert device.model == "H100 SXM5 80GB"
    cloud.disable_device(device.id)
    if cloud.default_microversion == "2.3":
        assert cloud.get_device(device.id).status == "maintaining"
    cloud.enable_device(device.id)
    with pytest.raises(openstack.exceptions.NotFoundException, match="could not be found"):
        cloud.get_device(str(uuid.uuid4()))


def test_pages_are_followed(cloud: Any) -> None:
    assert len({device.id for device in cloud.devices(limit=1)}) == 3
    everything = [each.id for each in cloud.attributes()]
    assert sorted(each.id for each in cloud.attributes(limit=5)) == sorted(everything)
    assert len(everything) > 5


def test_deployables_are_listed_and_shown(cloud: Any) -> None:
    found = list(cloud.deployables())
    assert len(found) == 3
    assert cloud.get_deployable(found[0].id).name == found[0].name
    patch = [{"path": "/program", "op": "replace", "value": [{"image_uuid": str(uuid.uuid4())}]}]
    with pytest.raises(openstack.exceptions.ConflictException, match="does not load bitstreams"):
        cloud.patch_deployable(found[0].id, patch)


def test_a_profile_lives_from_creation_to_deletion(cloud: Any) -> None:
    groups = [{"resources:PGPU": "1", "trait:CUSTOM_TEST": "required"}]
    name = f"sdk-{uuid.uuid4().hex}"
    profile = cloud.create_device_profile(name=name, groups=groups, description="x")
    assert profile.groups == groups
    assert cloud.get_device_profile(profile.uuid).name == name
    assert name in [row.name for row in cloud.device_profiles()]
    with pytest.raises(openstack.exceptions.ConflictException, match=f"{name} exists already"):
        cloud.create_device_profile(name=name, groups=groups)
    cloud.delete_device_profile(profile.uuid)
    assert name not in [row.name for row in cloud.device_profiles()]


def test_a_request_is_created_bound_unbound_and_deleted(cloud: Any) -> None:
    name = f"sdk-{uuid.uuid4().hex}"
    cloud.create_device_profile(name=name, groups=[{"resources:PGPU": "1"}])
    request = cloud.create_accelerator_request(device_profile_name=name)
    instance = str(uuid.uuid4())
    parts = cloud.get("/deployables").json()["deployables"]
    provider = next(part["rp_uuid"] for part in parts if part["name"].startswith(FLEET_HOST))
    fields = {"hostname": FLEET_HOST, "device_rp_uuid": provider, "instance_uuid": instance}
    cloud.patch_accelerator_request(
        request.uuid,
        [{"path": f"/{name}", "op": "add", "value": value} for name, value in fields.items()],
    )
    bound = cloud.get_accelerator_request(request.uuid)
    assert (bound.state, bound.instance_uuid) == ("Bound", instance)
    assert set(bound.attach_handle_info) == {"domain", "bus", "device", "function"}
    cloud.patch_accelerator_request(request.uuid, [{"path": "/hostname", "op": "remove"}])
    assert cloud.get_accelerator_request(request.uuid).state == "Unbound"
    assert request.uuid in [row.uuid for row in cloud.accelerator_requests()]
    cloud.delete_accelerator_request(request.uuid)
    assert request.uuid not in [row.uuid for row in cloud.accelerator_requests()]
    with pytest.raises(openstack.exceptions.NotFoundException):
        cloud.delete_accelerator_request(request.uuid, ignore_missing=False)
    cloud.delete_device_profile(name)


def test_an_attribute_lives_from_creation_to_deletion(cloud: Any) -> None:
    deployable = next(iter(cloud.deployables()))
    made = cloud.create_attribute(deployable_id=deployable.id, key="rack", value="7")
    assert (made.key, made.value) == ("rack", "7")
    assert cloud.get_attribute(made.uuid).key == "rack"
    cloud.delete_attribute(made.uuid)
    with pytest.raises(openstack.exceptions.NotFoundException):
        cloud.get_attribute(made.uuid)
