"""The RabbitMQ user of an agent, as the documentation makes it, does what it should and no more."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.requests import ArqState
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.transport import make_transport
from tests.builders import make_snapshot
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import address_of
from tests.services.conftest import Cloud
from tests.services.test_dead_hosts import wait_for

HOST = "gpu-1"
PAGE = Path(__file__).parents[2] / "doc/source/admin/liveness.rst"
QUOTED = re.compile(r"'(\^[^']*)'")


def make_user(rabbit_url: str) -> str:
    """The URL of an agent's own user, with the permissions that the documentation shows."""
    text = PAGE.read_text()
    configure, write, read, topic_write, topic_read = QUOTED.findall(text)
    vhost, user = rabbit_url.rpartition("/")[2], f"agent-{uuid.uuid4().hex}"
    server, address = RabbitMq(), address_of(RabbitMq())
    server._ask(address, "PUT", f"users/{user}", {"password": "secret", "tags": ""})
    permissions = {"configure": configure, "write": write, "read": read}
    server._ask(address, "PUT", f"permissions/{vhost}/{user}", permissions)
    topics = {"exchange": "cyborg_rr", "write": topic_write, "read": topic_read}
    server._ask(address, "PUT", f"topic-permissions/{vhost}/{user}", topics)
    return rabbit_url.replace("guest:guest", f"{user}:secret")


def test_an_agents_user_can_do_its_work_and_no_other_agents(
    make_cloud: Callable[..., Cloud], sqlite_url: str, rabbit_url: str
) -> None:
    cloud = make_cloud(sqlite_url, rabbit_url)
    url = make_user(rabbit_url)
    transport = make_transport(make_config([], files=[]), url)
    whole_bus, cloud.transport, cloud.client = (
        cloud.transport,
        transport,
        ConductorClient(transport, 10),
    )
    try:
        cloud.add_host(HOST, make_snapshot(HOST, 1).devices)
        cloud.transport, cloud.client = whole_bus, ConductorClient(whole_bus, 30)
        cloud.add_host("gpu-2", make_snapshot("gpu-2", 1).devices)
        (arq,) = cloud.create(1)
        part = next(d for d in cloud.deployables() if d.name.startswith(HOST))
        cloud.bind([arq], hostname=HOST, provider_uuid=part.provider_uuid)
        wait_for(lambda: cloud.get(arq).state is ArqState.BOUND)
        with pytest.raises(AgentUnavailable):  # it may not send what conductors send
            AgentClient(transport, 3).release(AgentPlace("gpu-2", "gpu-2"), [])
        with pytest.raises(AgentUnavailable):
            LivenessClient(transport).tell_all(
                conductor="c", run="r", number=1, hosts={"gpu-2": 0.0}, asks=False
            )
        assert cloud.conductor.standing.gossip.is_heard("c") is False
    finally:
        transport.cleanup()
