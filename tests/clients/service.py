"""The whole service in this process, guarded by Keystone's middleware and in its catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from oslo_config import cfg

from cyborg_rr.conf.opts import make_config
from cyborg_rr.processes.agent import wire_agent
from cyborg_rr.processes.api import read_limits, wire_api
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from cyborg_rr.processes.door.server import ApiServer
from cyborg_rr.processes.options import load_catalogue
from tests.memory_bus import make_memory_bus
from tests.servers.realm import PASSWORD, Realm

FLEET_HOST = "gpu-1"
FLEET = f"hosts: [{{name: {FLEET_HOST}, devices: {{nvidia-h100-sxm-80: 2}}}}]\n"
FPGA_HOST = "fpga-1"
"""The host of this process itself, with the one FPGA of the fake driver."""

_AUTH = """\
[keystone_authtoken]
www_authenticate_uri = {url}
auth_url = {url}
auth_type = password
username = service
password = {password}
user_domain_name = {domain}
project_name = service
project_domain_name = {domain}
region_name = {domain}
"""


@dataclass(frozen=True)
class Running:
    """A service that answers, and the realm whose tokens it knows."""

    realm: Realm
    url: str
    conf: cfg.ConfigOpts

    def ask(
        self, method: str, path: str, token: str | None = None, **arguments: Any
    ) -> requests.Response:
        """One request with that token; ``service_token`` and ``version`` become headers."""
        headers = {
            "X-Auth-Token": token,
            "X-Service-Token": arguments.pop("service_token", None),
            "OpenStack-API-Version": arguments.pop("version", None),
        }
        return self.send(method, path, headers, **arguments)

    def send(
        self, method: str, path: str, headers: Mapping[str, Any], **arguments: Any
    ) -> requests.Response:
        """One request with those headers."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, self.url + path, headers=dict(headers), timeout=60, **arguments
            )


def write_configuration(realm: Realm, directory: Path, **more: str) -> str:
    """What an operator writes into [keystone_authtoken], as a file; returns its path.

    The service's user has the role ``service`` and no other.
    """
    realm.credentials("service", "service")
    lines = _AUTH.format(url=realm.url, password=PASSWORD, domain=realm.name)
    lines += "".join(f"{name} = {value}\n" for name, value in more.items())
    file = directory / "cyborg_rr.conf"
    file.write_text(lines)
    return str(file)


@contextmanager
def running(realm: Realm, directory: Path) -> Iterator[Running]:
    """Serve until the block ends."""
    conf = _make_config(realm, directory)
    catalogue = load_catalogue(conf)
    database = upgrade_database(conf)
    transport = make_memory_bus(conf)
    conductor = wire_conductor(conf, database, transport, catalogue)
    agent = wire_agent(conf, transport, lambda: catalogue)
    app = wire_api(conf, database, transport, catalogue, 60)
    server = ApiServer(app, "127.0.0.1", 0, name="cyborg-rr", limits=read_limits(conf, 5))
    conductor.start()
    server.start()
    agent.report_all()
    agent.start()
    try:
        url = f"http://127.0.0.1:{server.port}"
        realm.add_endpoint("accelerator", f"{url}/v2")
        yield Running(realm, url, conf)
    finally:
        server.stop()
        agent.stop()
        conductor.stop()
        transport.cleanup()
        database.close()


def _make_config(realm: Realm, directory: Path) -> cfg.ConfigOpts:
    fleet = directory / "fleet.yaml"
    fleet.write_text(FLEET)
    # Keystone is asked about every token anew, so that what is revoked is refused at once.
    file = write_configuration(realm, directory, token_cache_time="-1")
    return make_config(
        [],
        files=[file],
        database__connection=f"sqlite:///{directory / 'cyborg_rr.sqlite'}",
        host=FPGA_HOST,
        state_path=str(directory),
        agent__fleet_file=str(fleet),
        agent__enabled_drivers=["fake"],
        conductor__heal_interval=3600,
        readers__spool_directory=str(directory),
    )
