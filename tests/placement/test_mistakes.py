"""What operators get wrong about Keystone: each has a code that stops all, and words for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.outside.calling import Code, OutsideTrouble, make_caller
from cyborg_rr.outside.placement.client import MICROVERSION, SERVICE, PlacementClient
from tests.servers.fixtures import make_realm
from tests.servers.realm import PASSWORD, Realm


@pytest.fixture(scope="module")
def cloud() -> Realm:
    """A Keystone whose catalogue has a Placement at which nobody listens."""
    realm = make_realm()
    realm.add_endpoint("placement", "http://127.0.0.1:9/placement")
    return realm


@pytest.mark.parametrize(
    ("option", "value", "code", "words"),
    [
        ("password", "wrong", Code.REFUSED, "Keystone: The request you have made requires"),
        ("username", "nobody", Code.REFUSED, "Keystone: "),
        ("project_name", "nothing", Code.REFUSED, "Keystone: "),
        ("auth_url", "{url}/nowhere", Code.REFUSED, "Keystone: Not Found"),
        (
            "auth_url",
            "http://127.0.0.1:9",
            Code.UNREACHABLE,
            "cannot connect to http://127.0.0.1:9",
        ),
        ("region_name", "nowhere", Code.UNREACHABLE, "in nowhere region not found"),
        ("service_type", "no-such", Code.UNREACHABLE, "endpoint for no-such service"),
        (None, "", Code.UNREACHABLE, "cannot connect to http://127.0.0.1:9/placement"),
    ],
)
def test_a_mistake_stops_all_and_is_told(
    cloud: Realm, tmp_path: Path, option: str | None, value: str, code: Code, words: str
) -> None:
    """None of them is taken for what Placement says of one provider."""
    options = {
        "auth_type": "password",
        "auth_url": cloud.url,
        "username": "admin",
        "password": PASSWORD,
        "user_domain_name": cloud.name,
        "project_name": "demo",
        "project_domain_name": cloud.name,
        "region_name": cloud.name,
    }
    cloud.credentials("admin", "demo")
    if option is not None:
        options[option] = value.format(url=cloud.url)
    file = tmp_path / "placement.conf"
    lines = "".join(f"{name} = {text}\n" for name, text in options.items())
    file.write_text(f"[placement]\n{lines}")
    conf = make_config([], files=[str(file)])
    caller = make_caller(
        conf, "placement", SERVICE, seconds=20, max_bytes=1 << 20, microversion=MICROVERSION
    )
    assert caller is not None
    with pytest.raises(OutsideTrouble) as caught:
        PlacementClient(caller).find_by_name("host-1")
    assert caught.value.code is code, caught.value
    assert words in caught.value.text
    assert PASSWORD not in str(caught.value)
