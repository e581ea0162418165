"""openstacksdk, unmodified, against the API on a real server."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from cyborg_rr.api.request.caller import Environ
from tests.api.stage import Stage
from tests.fakes.keystone import SERVICE_TOKEN
from tests.fakes.serving import serving


@pytest.fixture(scope="module", params=[None, "2.3"])
def cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The SDK's accelerator proxy, without a microversion (as Nova) and with one (as the CLI)."""
    logging.getLogger("openstack").setLevel(logging.ERROR)
    stage = Stage(tmp_path_factory.mktemp("sdk"))
    stage.add_host("compute-1", devices=3)
    options = {} if request.param is None else {"accelerator_default_microversion": request.param}

    def with_service_token(environ: Environ, start_response: Callable[..., Any]) -> Any:
        environ["HTTP_X_SERVICE_TOKEN"] = SERVICE_TOKEN  # as Nova adds it
        return stage.app(environ, start_response)

    with serving(with_service_token) as url:
        connection = openstack.connection.Connection(
            auth_type="admin_token",
            auth={"token": "admin", "endpoint": f"{url}/v2"},
            accelerator_endpoint_override=f"{url}/v2",
            **options,
        )
        yield connection.accelerator
    stage.close()


def test_devices_are_listed_shown_disabled_and_enabled(cloud: Any) -> None:
    found = list(cloud.devices())
    assert [device.hostname for device in found] == ["compute-1"] * 3
    device = cloud.get_device(found[0].id)
    assert device.model == "Test device"
    cloud.disable_device(device.id)
    if cloud.default_microversion == "2.3":
        assert cloud.get_device(device.id).status == "maintaining"
    cloud.enable_device(device.id)
    with pytest.raises(openstack.exceptions.NotFoundException, match="could not be found"):
        cloud.get_device(str(uuid.uuid4()))


def test_pages_are_followed(cloud: Any) -> None:
    assert len({device.id for device in cloud.devices(limit=1)}) == 3
    assert len(list(cloud.attributes(limit=5))) == 12


def test_deployables_are_listed_and_shown(cloud: Any) -> None:
    found = list(cloud.deployables())
    assert len(found) == 3
    assert cloud.get_deployable(found[0].id).name == found[0].name
    patch = [{"path": "/program", "op": "replace", "value": [{"image_uuid": str(uuid.uuid4())}]}]
    with pytest.raises(openstack.exceptions.ConflictException, match="does not load bitstreams"):
        cloud.patch_deployable(found[0].id, patch)


def test_a_profile_lives_from_creation_to_deletion(cloud: Any) -> None:
    groups = [{"resources:PGPU": "1", "trait:CUSTOM_TEST": "required"}]
    profile = cloud.create_device_profile(name="sdk", groups=groups, description="x")
    assert profile.groups == groups
    assert cloud.get_device_profile(profile.uuid).name == "sdk"
    assert [row.name for row in cloud.device_profiles()] == ["sdk"]
    with pytest.raises(openstack.exceptions.ConflictException, match="name sdk exists already"):
        cloud.create_device_profile(name="sdk", groups=groups)
    cloud.delete_device_profile(profile.uuid)
    assert list(cloud.device_profiles()) == []


def test_a_request_is_created_bound_unbound_and_deleted(cloud: Any) -> None:
    cloud.create_device_profile(name="bound", groups=[{"resources:PGPU": "1"}])
    request = cloud.create_accelerator_request(device_profile_name="bound")
    instance = str(uuid.uuid4())
    provider = cloud.get("/deployables").json()["deployables"][0]["rp_uuid"]
    fields = {"hostname": "compute-1", "device_rp_uuid": provider, "instance_uuid": instance}
    cloud.patch_accelerator_request(
        request.uuid,
        [{"path": f"/{name}", "op": "add", "value": value} for name, value in fields.items()],
    )
    bound = cloud.get_accelerator_request(request.uuid)
    assert (bound.state, bound.instance_uuid) == ("Bound", instance)
    assert bound.attach_handle_info == {
        "bus": "00",
        "device": "00",
        "domain": "0000",
        "function": "0",
    }
    cloud.patch_accelerator_request(request.uuid, [{"path": "/hostname", "op": "remove"}])
    assert cloud.get_accelerator_request(request.uuid).state == "Unbound"
    assert [row.uuid for row in cloud.accelerator_requests()] == [request.uuid]
    cloud.delete_accelerator_request(request.uuid)
    assert list(cloud.accelerator_requests()) == []
    with pytest.raises(openstack.exceptions.NotFoundException):
        cloud.delete_accelerator_request(request.uuid, ignore_missing=False)
    cloud.delete_device_profile("bound")


def test_an_attribute_lives_from_creation_to_deletion(cloud: Any) -> None:
    deployable = next(iter(cloud.deployables()))
    made = cloud.create_attribute(deployable_id=deployable.id, key="rack", value="7")
    assert (made.key, made.value) == ("rack", "7")
    assert cloud.get_attribute(made.uuid).key == "rack"
    cloud.delete_attribute(made.uuid)
    with pytest.raises(openstack.exceptions.NotFoundException):
        cloud.get_attribute(made.uuid)
