"""Nova is found in Keystone's catalogue and called with our user's token, renewed when refused."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.requests import EventStatus, InstanceEvent
from cyborg_rr.outside.calling import make_caller
from cyborg_rr.outside.nova.client import MICROVERSION, SERVICE, Need, NovaClient, Told
from tests.fakes.nova import FakeNova
from tests.fakes.serving import serving
from tests.servers.realm import Realm


class AnyTokens(set[str]):
    """Takes every token that Keystone knows, until it is refused."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self.seen: list[str] = []
        self.refused: set[str] = set()

    def __contains__(self, token: object) -> bool:
        assert isinstance(token, str)
        self.seen.append(token)
        roles = {role["name"] for role in self._realm.describe(token)["roles"]}
        return token not in self.refused and "admin" in roles


def test_nova_is_found_and_our_token_is_renewed(realm: Realm, tmp_path: Path) -> None:
    instance, arq = str(uuid.uuid4()), str(uuid.uuid4())
    tokens = AnyTokens(realm)
    nova = FakeNova({instance: "host"}, tokens=tokens)
    with serving(nova) as url:
        realm.add_endpoint("compute", f"{url}/v2.1")
        client = make_client(realm, tmp_path)
        event = InstanceEvent(arq, instance, EventStatus.COMPLETED)
        for _ in range(2):
            assert client.send([event]) == {arq: Told.TAKEN}
        assert len(set(tokens.seen)) == 1
        assert nova.paths == ["POST /v2.1/os-server-external-events"] * 2  # nothing is discovered
        tokens.refused.update(tokens.seen)
        assert client.send([event]) == {arq: Told.TAKEN}
        assert len(set(tokens.seen)) == 2
        client.check_sees_all()
        assert client.find_need(instance) is Need.HAS
        threads = [threading.Thread(target=client.send, args=([event],)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(tokens.seen)) == 2
    assert len(nova.posts) == 3 + 8


def make_client(realm: Realm, directory: Path) -> NovaClient:
    options: dict[str, Any] = realm.credentials("admin", "service").render_options()
    lines = [f"{name} = {value}" for name, value in options.items()]
    file = directory / "nova.conf"
    file.write_text(
        "\n".join(["[nova]", "auth_type = password", f"region_name = {realm.name}", *lines])
    )
    conf = make_config([], files=[str(file)])
    caller = make_caller(
        conf, "nova", SERVICE, seconds=30, max_bytes=1 << 20, microversion=MICROVERSION
    )
    assert caller is not None
    return NovaClient(caller)
