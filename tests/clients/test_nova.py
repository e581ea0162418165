"""Nova's own accelerator client against the service, with users' tokens and Nova's beside them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.instances import events
from cyborg_rr.db.tables import AcceleratorRequestRow
from tests.clients.driven import Driven, driving
from tests.clients.service import FLEET_HOST, FPGA_HOST, Running

_CONFIGURATION = """\
[service_user]
send_service_user_token = true
auth_type = password
{options}
[cyborg]
region_name = {region}
"""


class Nova:
    """Nova acting for a user."""

    def __init__(self, driven: Driven, service: Running) -> None:
        self._driven = driven
        self.realm = service.realm
        self.token = self.realm.token("member")
        self.document = self.realm.describe(self.token)

    def ask(self, call: str, *arguments: Any, as_service: bool = True) -> dict[str, Any]:
        """What a call of the client comes to."""
        answer = self._driven.ask(
            {
                "token": self.token,
                "document": self.document,
                "call": call,
                "arguments": arguments,
                "as_service": as_service,
            }
        )
        assert isinstance(answer, dict), answer
        return answer

    def get(self, call: str, *arguments: Any) -> Any:
        """What a call that succeeds returns."""
        answer = self.ask(call, *arguments)
        assert "error" not in answer, answer
        return answer["value"]


@pytest.fixture(scope="module")
def driven(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    directory = tmp_path_factory.mktemp("nova")
    options = service.realm.credentials("service", "service").render_options()
    file = directory / "nova.conf"
    file.write_text(
        _CONFIGURATION.format(
            options="\n".join(f"{name} = {value}" for name, value in options.items()),
            region=service.realm.name,
        )
    )
    with driving("nova_client.py", str(file), log=directory / "log") as driven:
        yield driven


@pytest.fixture
def nova(driven: Driven, service: Running) -> Nova:
    return Nova(driven, service)


@pytest.fixture(scope="module")
def providers(service: Running) -> dict[str, list[str]]:
    """The providers of each host, as Placement would name them."""
    admin = service.realm.token("admin")
    parts = service.ask("GET", "/v2/deployables", admin).json()["deployables"]
    return {
        host: [part["rp_uuid"] for part in parts if part["name"].startswith(f"{host}_")]
        for host in (FLEET_HOST, FPGA_HOST)
    }


def make_profile(service: Running, *groups: dict[str, str]) -> str:
    name = f"profile-{uuid.uuid4().hex}"
    admin = service.realm.token("admin")
    body = [{"name": name, "groups": groups}]
    assert service.ask("POST", "/v2/device_profiles", admin, json=body).status_code == 201
    return name


def bind(nova: Nova, arqs: list[dict[str, Any]], host: str) -> tuple[str, dict[str, Any]]:
    """As the conductor binds all requests of an instance: its uuid, and what came of it."""
    instance = str(uuid.uuid4())
    bindings = {
        arq["uuid"]: {
            "hostname": host,
            "device_rp_uuid": arq["device_rp_uuid"],
            "instance_uuid": instance,
        }
        for arq in arqs
    }
    return instance, nova.ask("bind_arqs", bindings)


def test_the_groups_of_a_profile_are_what_the_scheduler_asks_for(
    nova: Nova, service: Running
) -> None:
    groups = [
        {"resources:PGPU": "1", "trait:CUSTOM_A": "required", "accel:bitstream_id": "x"},
        {"resources:FPGA": "2", "trait:CUSTOM_B": "forbidden"},
    ]
    name = make_profile(service, *groups)
    assert nova.get("get_device_profile_groups", name) == groups
    assert nova.get("get_device_amount_of_dp_groups", groups) == 3
    assert nova.get("get_device_profile_request_groups", name, "-port") == [
        {
            "requester_id": "device_profile_0-port",
            "resources": {"PGPU": 1},
            "required": ["CUSTOM_A"],
            "forbidden": [],
        },
        {
            "requester_id": "device_profile_1-port",
            "resources": {"FPGA": 2},
            "required": [],
            "forbidden": ["CUSTOM_B"],
        },
    ]


@pytest.mark.parametrize("name", ["nobody's", "", "%", "a,b"])
def test_a_profile_that_is_not_there_is_an_error_of_nova(nova: Nova, name: str) -> None:
    assert nova.ask("get_device_profile_groups", name)["error"] == "DeviceProfileError"
    assert nova.ask("create_arqs", name)["error"] == "AcceleratorRequestOpFailed"


def test_an_instance_is_built_rebooted_and_deleted(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    name = make_profile(service, {"resources:PGPU": "1"}, {"resources:PGPU": "1"})
    chosen = {f"device_profile_{n}": [rp] for n, rp in enumerate(providers[FLEET_HOST])}
    arqs = nova.get("create_arqs_and_match_resource_providers", name, chosen)
    assert [arq["device_profile_group_id"] for arq in arqs] == [0, 1]
    assert [[arq["device_rp_uuid"]] for arq in arqs] == list(chosen.values())
    for arq in arqs:
        assert nova.get("get_arq_device_rp_uuid", arq, chosen, None) == arq["device_rp_uuid"]
    instance, bound = bind(nova, arqs, FLEET_HOST)
    assert bound == {"value": None}

    uuids = sorted(arq["uuid"] for arq in arqs)
    for only_resolved in (True, False):  # the build waits for the first, a reboot asks again
        found = nova.get("get_arqs_for_instance", instance, only_resolved)
        assert sorted(arq["uuid"] for arq in found) == uuids
        assert {arq["state"] for arq in found} == {"Bound"}
        assert {arq["attach_handle_type"] for arq in found} == {"TEST_PCI"}  # it is simulated
        address = {"domain", "bus", "device", "function"}
        assert all(address <= set(arq["attach_handle_info"]) for arq in found)
    # What a port's binding is made of; only a network card of a known network has it all.
    lacking = {"error": "KeyError", "text": "'physical_network'"}
    assert nova.ask("get_arq_pci_device_profile", found[0]) == lacking
    assert sorted(nova.get("get_arq_uuids_for_instance", {"instance": instance})) == uuids
    assert nova.get("get_arq_by_uuid", uuids[0])["instance_uuid"] == instance

    for _ in range(2):  # deleting is repeated without harm
        assert nova.get("delete_arqs_for_instance", instance) is None
    for gone in ("get_arqs_for_instance", "get_arq_by_uuid"):
        argument = instance if gone == "get_arqs_for_instance" else uuids[0]
        assert nova.ask(gone, argument)["error"] == "AcceleratorRequestOpFailed"


def test_what_cannot_be_bound_is_refused_in_the_bind_and_then_deleted(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    """A request that only later turned out not to be bound would let Nova boot without a device."""
    name = make_profile(service, {"resources:PGPU": "1"})
    chosen = {"device_profile_0": providers[FLEET_HOST][:1]}
    first, second = (
        nova.get("create_arqs_and_match_resource_providers", name, chosen) for _ in range(2)
    )
    instance, bound = bind(nova, first, FLEET_HOST)
    assert bound == {"value": None}
    _, refused = bind(nova, second, FLEET_HOST)
    assert refused["error"] == "AcceleratorRequestBindingFailed"
    assert second[0]["uuid"] in refused["text"]

    # Nova takes a 404 for: some were gone, the others are deleted.
    gone = str(uuid.uuid4())
    assert nova.get("delete_arqs_by_uuid", [gone, second[0]["uuid"]]) is None
    assert nova.ask("get_arq_by_uuid", second[0]["uuid"])["error"] == "AcceleratorRequestOpFailed"
    assert nova.get("get_arq_by_uuid", first[0]["uuid"])["state"] == "Bound"
    nova.get("delete_arqs_for_instance", instance)


def test_nova_without_a_service_token_may_ask_and_create_but_not_bind_or_take_away(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    name = make_profile(service, {"resources:FPGA": "1"})
    chosen = {"device_profile_0": providers[FPGA_HOST]}
    arqs = nova.get("create_arqs_and_match_resource_providers", name, chosen)
    fields = {"hostname": FPGA_HOST, "device_rp_uuid": arqs[0]["device_rp_uuid"]}
    bindings = {arqs[0]["uuid"]: {**fields, "instance_uuid": str(uuid.uuid4())}}
    refused = nova.ask("bind_arqs", bindings, as_service=False)
    assert refused["error"] == "AcceleratorRequestBindingFailed"
    assert "<Response [403]>" in refused["text"]
    assert nova.get("get_arq_by_uuid", arqs[0]["uuid"])["state"] == "Initial"
    refused = nova.ask("delete_arqs_for_instance", str(uuid.uuid4()), as_service=False)
    assert refused["error"] == "AcceleratorRequestOpFailed"
    assert nova.ask("delete_arqs_by_uuid", [arqs[0]["uuid"]], as_service=False) == {"value": None}
    assert nova.ask("get_arq_by_uuid", arqs[0]["uuid"])["error"] == "AcceleratorRequestOpFailed"


def test_a_build_outlives_the_token_of_its_user(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    name = make_profile(service, {"resources:FPGA": "3"})
    nova.token = service.realm.expire(nova.token)
    chosen = {"device_profile_0": providers[FPGA_HOST]}
    arqs = nova.get("create_arqs_and_match_resource_providers", name, chosen)
    assert len(arqs) == 3
    instance, bound = bind(nova, arqs, FPGA_HOST)
    assert bound == {"value": None}
    assert len(nova.get("get_arqs_for_instance", instance, True)) == 3
    nova.get("delete_arqs_for_instance", instance)
    assert "error" in nova.ask("create_arqs", name, as_service=False)


def test_a_port_gets_the_network_that_its_function_leads_to(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    admin = service.realm.token("admin")
    parts = service.ask("GET", "/v2/deployables", admin).json()["deployables"]
    part = next(one for one in parts if one["rp_uuid"] == providers[FLEET_HOST][1])
    body = {"deployable_id": part["uuid"], "key": "physical_network", "value": "physnet1"}
    made = service.ask("POST", "/v2/attributes", admin, json=body, version="accelerator 2.101")
    assert made.status_code == 201, made.text
    name = make_profile(service, {"resources:PGPU": "1"})
    chosen = {"device_profile_0": [part["rp_uuid"]]}
    arqs = nova.get("create_arqs_and_match_resource_providers", name, chosen)
    instance, bound = bind(nova, arqs, FLEET_HOST)
    assert bound == {"value": None}
    (arq,) = nova.get("get_arqs_for_instance", instance)
    profile = nova.get("get_arq_pci_device_profile", arq)
    assert profile["physical_network"] == "physnet1"
    assert profile["arq_uuid"] == arq["uuid"]
    assert service.ask("DELETE", f"/v2/attributes/{made.json()['uuid']}", admin).status_code == 204
    (arq,) = nova.get("get_arqs_for_instance", instance)
    assert nova.ask("get_arq_pci_device_profile", arq)["error"] == "KeyError"
    nova.get("delete_arqs_for_instance", instance)


def test_what_failed_is_no_resolved_request_for_nova_before_it_is_told(
    nova: Nova, service: Running, providers: dict[str, list[str]]
) -> None:
    name = make_profile(service, {"resources:FPGA": "1"})
    chosen = {"device_profile_0": providers[FPGA_HOST]}
    arqs = nova.get("create_arqs_and_match_resource_providers", name, chosen)
    instance, bound = bind(nova, arqs, FPGA_HOST)
    assert bound == {"value": None}
    database = Database(service.conf.database)
    try:
        with database.writing() as session:  # as if the bind had failed
            row = session.query(AcceleratorRequestRow).filter_by(instance_uuid=instance).one()
            row.state = "BindFailed"
            session.flush()
            events.put_events(session, {row.uuid: str(row.binding_id)})
        assert nova.get("get_arqs_for_instance", instance, True) == []
        (arq,) = nova.get("get_arqs_for_instance", instance)
        assert arq["state"] == "BindStarted"
        with database.writing() as session:
            for due in events.claim_events(session, utc_now()):
                events.settle(session, due)
    finally:
        database.close()
    (arq,) = nova.get("get_arqs_for_instance", instance, True)
    assert (arq["state"], arq["attach_handle_type"]) == ("BindFailed", "")
    nova.get("delete_arqs_for_instance", instance)
