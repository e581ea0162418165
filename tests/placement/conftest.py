"""A small cloud with a real Placement: our use cases on one side, what Nova does on the other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from cyborg_rr.conductor.publishing.allocations import PlacementAllocations
from cyborg_rr.conductor.publishing.placement import Pace, PlacementPublisher
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import profiles
from cyborg_rr.db import requests as arqs
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables, devices
from cyborg_rr.db.hardware.offering import offered
from cyborg_rr.db.tables import DeployableRow
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.domain.hardware.offering.offered import OfferedHost, OfferedPart
from cyborg_rr.domain.hardware.stored import StoredDeployable, StoredDevice
from cyborg_rr.domain.requests import Binding, Mandate
from cyborg_rr.outside.calling import Caller, make_caller
from cyborg_rr.outside.placement.client import MICROVERSION, SERVICE, PlacementClient
from tests.fakes.direct import DirectConductor
from tests.migrated import lay_out
from tests.servers.placement import TOKEN
from tests.shipped import load

CATALOGUE = load()
PROJECT = "6f70656e-0000-4000-8000-000000000001"
MEMBER = Mandate(PROJECT)


class Nova:
    """What the compute service and operators do with Placement."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {
                "X-Auth-Token": TOKEN,
                "OpenStack-API-Version": "placement 1.39",
                "Content-Type": "application/json",
            }
        )

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The JSON of an answer that succeeds."""
        answer = self._session.request(
            method,
            self._url + path,
            params=query,
            data=None if body is None else json.dumps(body),
            timeout=30,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def add_compute_node(self, name: str) -> str:
        """A root provider, as nova-compute makes one; its uuid."""
        made = self.ask("POST", "/resource_providers", {"name": name})
        root: str = made["uuid"]
        self.set_inventories(root, {"VCPU": {"total": 64}})
        self.set_traits(root, {"COMPUTE_NODE", "OWNER_NOVA"})
        return root

    def list_children(self, root: str) -> dict[str, dict[str, Any]]:
        """The providers below a root, by name."""
        found = self.ask("GET", "/resource_providers", in_tree=root)["resource_providers"]
        return {each["name"]: each for each in found if each["uuid"] != root}

    def inventories(self, provider: str) -> dict[str, dict[str, Any]]:
        """The inventories of a provider."""
        found = self.ask("GET", f"/resource_providers/{provider}/inventories")["inventories"]
        assert isinstance(found, dict)
        return found

    def set_inventories(self, provider: str, inventories: Mapping[str, Any]) -> None:
        """Replace the inventories of a provider."""
        generation = self.ask("GET", f"/resource_providers/{provider}")["generation"]
        body = {"resource_provider_generation": generation, "inventories": inventories}
        self.ask("PUT", f"/resource_providers/{provider}/inventories", body)

    def traits(self, provider: str) -> set[str]:
        """The traits of a provider."""
        return set(self.ask("GET", f"/resource_providers/{provider}/traits")["traits"])

    def set_traits(self, provider: str, traits: set[str]) -> None:
        """Replace the traits of a provider."""
        for trait in traits:
            if trait.startswith("CUSTOM_"):
                self.ask("PUT", f"/traits/{trait}")
        generation = self.ask("GET", f"/resource_providers/{provider}")["generation"]
        body = {"resource_provider_generation": generation, "traits": sorted(traits)}
        self.ask("PUT", f"/resource_providers/{provider}/traits", body)

    def open_units(self, provider: str, resource_class: str) -> int:
        """How much of a class may be allocated, held or not."""
        record = self.inventories(provider)[resource_class]
        return int(record["total"]) - int(record["reserved"])

    def allocate(self, consumer: str, provider: str, resource_class: str, amount: int = 1) -> None:
        """Give an instance an allocation, as the scheduler does."""
        body = {
            "allocations": {provider: {"resources": {resource_class: amount}}},
            "project_id": PROJECT,
            "user_id": PROJECT,
            "consumer_generation": None,
            "consumer_type": "INSTANCE",
        }
        self.ask("PUT", f"/allocations/{consumer}", body)

    def deallocate(self, consumer: str) -> None:
        """Take an instance's allocations away."""
        self.ask("DELETE", f"/allocations/{consumer}")

    def usage(self, provider: str) -> dict[str, int]:
        """What of each class is allocated."""
        found = self.ask("GET", f"/resource_providers/{provider}/usages")["usages"]
        assert isinstance(found, dict)
        return found

    def select(self, group: Mapping[str, str], root: str | None = None) -> set[str]:
        """The providers that a request group of a device profile selects."""
        query = {"in_tree": root} if root is not None else {}
        for key, value in group.items():
            kind, _, name = key.partition(":")
            if kind == "resources":
                query["resources"] = f"{name}:{value}"
            elif kind == "trait":
                sign = "" if value == "required" else "!"
                query["required"] = ",".join(filter(None, [query.get("required"), sign + name]))
        found = self.ask("GET", "/allocation_candidates", limit="1000", **query)
        return {
            provider
            for request in found["allocation_requests"]
            for provider in request["allocations"]
        }


class CountingCaller(Caller):
    """A caller that remembers what it was asked."""

    calls: list[tuple[str, str]]

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """As ``Caller.call``."""
        self.calls.append((method, path))
        return super().call(method, path, body, **query)

    @property
    def writes(self) -> list[str]:
        """The calls that change something."""
        return [f"{method} {path}" for method, path in self.calls if method != "GET"]


def make_counting_caller(
    url: str, directory: Path, *, seconds: float = 20, max_bytes: int = 1 << 24
) -> CountingCaller:
    """A caller of a Placement that takes ``TOKEN``, made from a configuration file."""
    file = directory / "placement.conf"
    file.write_text(f"[placement]\nauth_type = admin_token\nendpoint = {url}\ntoken = {TOKEN}\n")
    conf = make_config([], files=[str(file)])
    made = make_caller(
        conf, "placement", SERVICE, seconds=seconds, max_bytes=max_bytes, microversion=MICROVERSION
    )
    assert made is not None
    made.__class__ = CountingCaller
    assert isinstance(made, CountingCaller)
    made.calls = []
    return made


@dataclass
class World:
    """Our side and Nova's."""

    database: Database
    nova: Nova
    caller: CountingCaller
    publisher: PlacementPublisher
    conductor: DirectConductor
    directory: Path
    roots: dict[str, str] = field(default_factory=dict)

    def add_compute_node(self, name: str) -> str:
        """A compute node of that name; its uuid."""
        self.roots[name] = self.nova.add_compute_node(name)
        return self.roots[name]

    def report(self, host: str, *found: Device) -> None:
        """A host says what it has, and that is published."""
        self.conductor.add_host(Snapshot(host, tuple(found)))
        self.publisher.publish_waiting()

    def look(self) -> None:
        """The periodic look at everything."""
        self.publisher.look_at_everything()
        self.publisher.publish_waiting()

    def parts(self, host: str) -> list[OfferedPart]:
        """What a host offers."""
        return [part for device in self.offered(host).devices for part in device.parts]

    def offered(self, host: str) -> OfferedHost:
        """What a host offers, by device."""
        with self.database.reading() as session:
            return offered.load_offered(session, host)

    def code_of(self, name: str) -> str | None:
        """Why a deployable is not wholly in Placement."""
        with self.database.reading() as session:
            row = session.query(DeployableRow).filter_by(name=name).one()
        assert (row.withheld_code is None) == (row.withheld_since is None)
        return row.withheld_code

    def devices(self) -> list[StoredDevice]:
        """All devices."""
        with self.database.reading() as session:
            return devices.list_devices(session)

    def deployables(self) -> list[StoredDeployable]:
        """All deployables."""
        with self.database.reading() as session:
            return deployables.list_deployables(session)

    def select(self, *groups: dict[str, str]) -> list[str]:
        """The devices that a profile selects here."""
        with self.database.reading() as session:
            return devices.list_selected(session, groups)

    def request(self, group: dict[str, str]) -> str:
        """An accelerator request for one unit."""
        with self.database.writing() as session:
            profile = profiles.create_profile(session, f"p{uuid.uuid4().hex}", [group])
            return arqs.create_requests(session, profile, PROJECT)[0].uuid

    def bind(
        self,
        host: str,
        part: OfferedPart,
        instance: str | None = None,
        mandate: Mandate = MEMBER,
    ) -> str:
        """Bind a new request to a part; the request."""
        arq = self.request({f"resources:{part.resource_class}": "1"})
        self.bind_request(arq, host, part, instance, mandate)
        return arq

    def bind_request(
        self,
        arq: str,
        host: str,
        part: OfferedPart,
        instance: str | None = None,
        mandate: Mandate = MEMBER,
    ) -> None:
        """Bind a request to a part, for a new instance or that one."""
        instance = instance or str(uuid.uuid4())
        binding = Binding(arq, host, part.provider_uuid, instance, PROJECT)
        self.conductor.bind([binding], mandate)

    def unbind(self, *requests: str) -> None:
        """Delete requests."""
        self.conductor.delete_requests(requests, Mandate(may_be_bound=True))

    def restart(self) -> None:
        """The publisher ends and begins anew, as with its process, and looks at everything."""
        publisher = self.second_publisher()
        self.conductor.publishers[:] = [publisher]
        self.publisher = publisher
        self.look()

    def second_publisher(self) -> PlacementPublisher:
        """Another conductor's."""
        return PlacementPublisher(self.database, PlacementClient(self.caller), Pace())


@pytest.fixture
def make_world(tmp_path: Path, sqlite_url: str) -> Iterator[Callable[..., World]]:
    """Make a cloud on a Placement's URL."""
    made: list[World] = []

    def make(url: str, *, verifies: bool = False, **limits: Any) -> World:
        database = Database(make_config([], files=[], database__connection=sqlite_url).database)
        lay_out(database)
        caller = make_counting_caller(url, tmp_path, **limits)
        client = PlacementClient(caller)
        publisher = PlacementPublisher(database, client, Pace())
        allocations = PlacementAllocations(database, client) if verifies else None
        conductor = DirectConductor(database, CATALOGUE, tmp_path, [publisher], allocations)
        made.append(World(database, Nova(url), caller, publisher, conductor, tmp_path))
        return made[-1]

    yield make
    for world in made:
        world.database.close()


@pytest.fixture
def world(make_world: Callable[..., World], placement_url: str) -> World:
    """A cloud on a Placement of its own."""
    return make_world(placement_url)


def trait_of(names: Sequence[str] | set[str], prefix: str) -> str:
    """The one trait with that prefix."""
    (found,) = (name for name in names if name.startswith(prefix))
    return found
