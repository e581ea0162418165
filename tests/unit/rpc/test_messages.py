"""Messages: what is sent is what arrives, and nothing else is taken."""

from __future__ import annotations

import json

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.requests import Binding, Claim
from cyborg_rr.rpc import messages
from tests.builders import hash_of, make_snapshot


def test_a_snapshot_arrives_as_it_was_sent() -> None:
    sent = make_snapshot("host", 3, handles=2)
    received = messages.parse_snapshot(json.loads(json.dumps(messages.render_snapshot(sent))))
    assert received == sent
    assert hash_of(received) == hash_of(sent)


def test_claims_and_bindings_arrive_as_they_were_sent() -> None:
    claims = [Claim("b", "a", "d", AttachHandle("PCI", {"bus": "3b"}))]
    bindings = [Binding("a", "host", "rp", "instance", None)]
    assert messages.parse_claims(messages.render_claims(claims)) == claims
    assert messages.parse_bindings(messages.render_bindings(bindings)) == bindings


def test_a_number_that_no_column_holds_is_refused() -> None:
    message = messages.render_snapshot(make_snapshot("host", 1))
    message["devices"][0]["numa_node"] = 2**31
    with pytest.raises(InvalidInput, match=r"report.devices\[0\].numa_node is too large"):
        messages.parse_snapshot(message)


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"devices": [{"type": "GPU"}]}, {"devices": None}, {"host": ...}]
)
def test_a_malformed_report_is_refused(change: dict[str, object]) -> None:
    message = {**messages.render_snapshot(make_snapshot("host", 1)), **change}
    if message["host"] is ...:
        del message["host"]
    with pytest.raises(InvalidInput):
        messages.parse_snapshot(message)
