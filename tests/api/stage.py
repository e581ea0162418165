"""A whole service in this process, reached through its WSGI application."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import webob

from cyborg_rr.api.app import make_app
from cyborg_rr.api.layers import make_layers
from cyborg_rr.api.request.caller import Wsgi
from cyborg_rr.api.request.version import MAXIMUM
from cyborg_rr.api.services import Services
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.quota.allowance import LimitedQuota
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.measurements import create_measurement
from cyborg_rr.domain.representation.measured.operators import Operator
from cyborg_rr.outside.limits.limits import LimitSource, Unlimited
from cyborg_rr.processes.api import read_settings
from cyborg_rr.rpc.conductor_client import ConductorClient
from tests.builders import make_snapshot
from tests.fakes.direct import DirectConductor
from tests.fakes.keystone import SERVICE_TOKEN, FakeKeystone
from tests.migrated import lay_out
from tests.shipped import load
from tests.unit.representation.measured.making import make_measurement

load_catalogue = lru_cache(load)
NEWEST = str(MAXIMUM)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def fault(self) -> str:
        """The text of an error answer, decoded twice."""
        return str(json.loads(self.json["error_message"])["faultstring"])


class Stage:
    """A database, a conductor with agents and the API, for one test or many."""

    def __init__(
        self,
        directory: Path,
        files: Sequence[str] = (),
        limits: LimitSource | None = None,
        **options: Any,
    ) -> None:
        self.conf = make_config(
            [],
            files=files,
            **{
                "database__connection": f"sqlite:///{directory / 'cyborg_rr.sqlite'}",
                "api__auth_strategy": "keystone",
                "readers__spool_directory": str(directory),
                **options,
            },
        )
        self.database = Database(self.conf.database)
        lay_out(self.database)
        self.catalogue: Catalogue = load_catalogue()
        self.limits = limits or Unlimited()
        quota = None if limits is None else LimitedQuota(self.database, limits)
        self.conductor = DirectConductor(self.database, self.catalogue, directory, quota=quota)

    @cached_property
    def services(self) -> Services:
        """What the API is given."""
        conductor = cast(ConductorClient, self.conductor)
        settings = read_settings(self.conf)
        return Services(settings, self.database, conductor, self.catalogue, self.limits)

    @cached_property
    def app(self) -> Wsgi:
        """The API behind invented tokens."""
        layers = make_layers(self.conf, self.conf.api.auth_strategy)
        return make_app(self.services, replace(layers, authenticate=FakeKeystone))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "admin",
        service: bool = False,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a body that is no bytes is sent as JSON."""
        request = webob.Request.blank("/", method=method)
        path, _, query = path.partition("?")
        request.environ["PATH_INFO"] = path
        request.environ["QUERY_STRING"] = query
        if token is not None:
            request.headers["X-Auth-Token"] = token
        if service:
            request.headers["X-Service-Token"] = SERVICE_TOKEN
        if version is not None:
            request.headers["OpenStack-API-Version"] = f"accelerator {version}"
        if body is not None:
            request.body = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.headers["Content-Type"] = "application/json"
        request.headers.update(headers or {})
        response = request.get_response(self.app)
        return Answer(response.status_int, dict(response.headers), response.body)

    def add_host(self, name: str, devices: int = 1, handles: int = 1) -> None:
        """A host with so many equal devices."""
        self.conductor.add_host(make_snapshot(name, devices, handles=handles))

    def create_profile(self, groups: Sequence[Mapping[str, str]] | None = None) -> str:
        """A new device profile; returns its name."""
        name = f"profile-{uuid.uuid4().hex}"
        wanted = groups or [{"resources:PGPU": "1"}]
        answer = self.call("POST", "/v2/device_profiles", [{"name": name, "groups": wanted}])
        assert answer.status == 201, answer.body
        return name

    def create_arqs(self, profile: str | None = None, token: str = "member") -> list[str]:
        """New accelerator requests; returns their uuids."""
        body = {"device_profile_name": profile or self.create_profile()}
        answer = self.call("POST", "/v2/accelerator_requests", body, token=token)
        assert answer.status == 201, answer.body
        return [arq["uuid"] for arq in answer.json["arqs"]]

    def add_measurements(self) -> None:
        """Two, of different classes and runtimes."""
        launch = [Operator("launch", "f32")]
        with self.database.writing() as session:
            create_measurement(session, make_measurement(launch))
            other = make_measurement(launch, device_class="nvidia-h200-sxm", runtime="xla")
            create_measurement(session, other)

    def first_deployable(self, host: str) -> dict[str, Any]:
        """The first deployable of a host."""
        answer = self.call("GET", "/v2/deployables")
        return next(d for d in answer.json["deployables"] if d["name"].startswith(f"{host}_"))

    def bind(self, arqs: Sequence[str], host: str, token: str = "member", **changes: Any) -> Answer:
        """Bind requests to the first deployable of a host for a new instance."""
        fields = {
            "hostname": host,
            "device_rp_uuid": self.first_deployable(host)["rp_uuid"],
            "instance_uuid": str(uuid.uuid4()),
            **changes,
        }
        patch = [{"path": f"/{name}", "op": "add", "value": v} for name, v in fields.items()]
        body = dict.fromkeys(arqs, patch)
        version = "2.1" if "project_id" in changes else None
        return self.call(
            "PATCH", "/v2/accelerator_requests", body, token=token, service=True, version=version
        )
