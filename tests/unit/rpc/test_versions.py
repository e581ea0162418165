"""Old and new processes understand each other.

``first_release.json`` holds messages as the first release (microversion 2.100) wrote them. That
release refuses keys it does not know; every later one drops them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from cyborg_rr import codec
from cyborg_rr.domain.errors import BY_CODE, CyborgError, HandleInUse, InvalidInput, NotFound
from cyborg_rr.domain.hardware.devices import AttachHandle, Snapshot
from cyborg_rr.domain.requests import Binding, Claim
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.refusals import answers_errors, read_answer

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "messages" / "first_release.json").read_text()
)
ADDED_SINCE: frozenset[tuple[str, str]] = frozenset(
    {
        ("AttachHandle", "consumes"),
        ("AttachHandle", "place"),
        ("AttachHandle", "unit"),
        ("Claim", "device_key"),
        ("Claim", "holder"),
        ("Claim", "part"),
        ("Claim", "slot_key"),
        ("Deployable", "num_accelerators"),
        ("Deployable", "part"),
        ("Deployable", "part_facts"),
        ("Device", "capacities"),
        ("Device", "identity"),
        ("Device", "trouble"),
        ("DeviceFacts", "bandwidth_bytes_per_second"),
        ("DeviceFacts", "interconnect"),
        ("DeviceFacts", "interconnect_bytes_per_second"),
        ("DeviceFacts", "partition_modes"),
        ("DeviceFacts", "pcie"),
        ("DeviceFacts", "platforms"),
        ("DeviceFields", "peers"),
        ("DeviceFields", "versions"),
        ("Snapshot", "left_out"),
    }
)
"""(class, field) of every field that came after the first release."""

LATER_CLASSES = frozenset({"LeftOut", "Trouble"})
"""Classes that stand in later fields only."""


def test_a_report_of_the_first_release_is_taken_whole() -> None:
    snapshot = messages.parse_snapshot(RECORDED["snapshot"])
    assert snapshot.hostname == "host"
    assert snapshot.failed_drivers == ("pci",)
    card = snapshot.devices[1]
    assert card.fields.numa_node == 1
    assert card.facts.functions == ("afu-1", "afu-2")
    assert card.deployables[0].handles[0].info["bus"] == "3b"


def test_the_first_release_takes_what_we_send() -> None:
    snapshot = messages.parse_snapshot(RECORDED["snapshot"])
    claims = messages.parse_claims(RECORDED["claims"])
    bindings = messages.parse_bindings(RECORDED["bindings"])
    assert claims == [Claim("b", "a", "d", AttachHandle("PCI", {"bus": "3b"}))]
    assert bindings == [Binding("a", "host", "rp", "instance", None)]
    sent = json.loads(json.dumps(messages.render_snapshot(snapshot, minor=0)))
    assert sent == RECORDED["snapshot"]
    assert messages.render_claims(claims, minor=0) == RECORDED["claims"]
    assert messages.render_bindings(bindings) == RECORDED["bindings"]


def test_an_argument_of_a_newer_caller_is_dropped() -> None:
    class Endpoint:
        @answers_errors
        def double(self, _context: object, number: int) -> int:
            return 2 * number

    assert Endpoint().double({}, number=4, reason="new")["answer"] == 8


def test_a_host_that_did_not_change_is_known_to_both() -> None:
    assert messages.hash_content(RECORDED["snapshot"]) == RECORDED["content_hash"]


def test_refusals_are_understood_both_ways() -> None:
    with pytest.raises(NotFound, match="device 7"):
        read_answer(RECORDED["refusals"][0])
    with pytest.raises(HandleInUse, match="taken"):
        read_answer(RECORDED["refusals"][1])

    @answers_errors
    def refuse() -> None:
        raise NotFound("device", "7")

    ours, theirs = refuse()["refusal"], RECORDED["refusals"][0]["refusal"]
    assert {key: ours[key] for key in theirs} == theirs


@pytest.mark.parametrize(("name", "code"), RECORDED["errors"].items())
def test_every_error_of_the_first_release_keeps_its_name_and_code(name: str, code: str) -> None:
    assert BY_CODE[code].__name__ == name
    arguments = ["a", "b"] if name == "NotFound" else ["a"]
    with pytest.raises(CyborgError) as raised:
        read_answer({"refusal": {"error": name, "arguments": arguments}})
    assert raised.value.code == code


def _change_objects(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The data with every object in it changed, mappings of texts left as they are."""
    if isinstance(value, list):
        return [_change_objects(item, change) for item in value]
    if isinstance(value, dict) and not all(isinstance(item, str) for item in value.values()):
        return change({key: _change_objects(item, change) for key, item in value.items()})
    return value


def test_a_newer_agent_can_report_to_us() -> None:
    def add(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "novelty": {"a": [1]}}

    newer = _change_objects(RECORDED["snapshot"], add)
    assert "novelty" in newer["devices"][1]["facts"]
    assert messages.parse_snapshot(newer) == messages.parse_snapshot(RECORDED["snapshot"])


def test_what_a_newer_agent_says_twice_is_known_though_we_drop_a_part_of_it() -> None:
    newer = {**RECORDED["snapshot"], "novelty": 1}
    assert messages.hash_content(newer) != messages.hash_content(RECORDED["snapshot"])
    assert messages.hash_content(newer) == messages.hash_content(dict(reversed(newer.items())))


def test_another_major_version_is_refused() -> None:
    with pytest.raises(InvalidInput, match="message version 2 is not 1"):
        messages.parse_snapshot({**RECORDED["snapshot"], "version": 2})


def _list_classes(kind: Any) -> set[type]:
    """The dataclasses that a message is made of."""
    if not (is_dataclass(kind) and isinstance(kind, type)):
        return set().union(*(_list_classes(part) for part in get_args(kind)))
    hints = get_type_hints(kind)
    return {kind}.union(*(_list_classes(hints[field.name]) for field in fields(kind)))


@pytest.mark.parametrize(
    "kind",
    sorted(
        (
            kind
            for kind in _list_classes(Snapshot) | {Claim, Binding}
            if kind.__name__ not in LATER_CLASSES
        ),
        key=lambda kind: kind.__name__,
    ),
    ids=lambda kind: kind.__name__,
)
def test_a_field_that_came_later_has_a_default(kind: Any) -> None:
    known = _keys_of_first_release(kind)
    for field in fields(kind):
        name = field.metadata.get("key", field.name)
        if name in known or "prefix" in field.metadata:
            assert (kind.__name__, field.name) not in ADDED_SINCE
            continue
        assert (kind.__name__, field.name) in ADDED_SINCE, f"{name} is new: note it in ADDED_SINCE"
        assert field.default is not MISSING or field.default_factory is not MISSING
        assert field.metadata["since"] <= messages.MINOR, "the first release would refuse it"


def _keys_of_first_release(kind: type) -> frozenset[str]:
    """Every key of the recorded messages; one name means one thing in all of them."""
    found: set[str] = set()

    def note(item: dict[str, Any]) -> dict[str, Any]:
        found.update(item)
        return item

    _change_objects([RECORDED["snapshot"], RECORDED["claims"], RECORDED["bindings"]], note)
    handle = {"type", "info"}
    return frozenset(found | handle)


def test_a_stored_document_of_a_newer_release_is_still_read() -> None:
    from cyborg_rr.catalogue.loading import load
    from cyborg_rr.domain.representation.representation import ResourceRepresentation

    written = load().represent_product("nvidia-t4")
    newer = {**codec.render(written), "schema_version": "1.9", "novelty": [1]}
    read = codec.parse(ResourceRepresentation, newer, "resource representation")
    assert read.device_class == written.device_class
    assert read.schema_version == "1.9"
