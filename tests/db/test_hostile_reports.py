"""What a host says is stored or refused in words; no text or number of it breaks the conductor."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import CyborgError, InvalidInput
from cyborg_rr.domain.hardware.devices import LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.life import Cleaned, Cleanings, CleanState, Unclean
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.refusals import read_answer
from tests.builders import change_handles, make_divided_device
from tests.shipped import load

CATALOGUE = load()
Path = tuple[Any, ...]
BAD = {
    "NUL": "a\x00b",
    "half a pair": "a\ud800b",
    "31": "x" * 31,
    "101": "x" * 101,
    "256": "x" * 256,
    "wide": "\U0001f600" * 250,
    "4096 wide": "\U0001f600" * 4096,
    "70000": "x" * 70_000,
    "empty": "",
    "blank": " ",
    "blank at the end": "vf ",
    "line": "a\nb",
    "-1": -1,
    "2**31": 2**31,
    "2**63": 2**63,
    "huge": 10**400,
    "nan": float("nan"),
    "infinite": float("inf"),
    "true": True,
    "1.5": 1.5,
    "null": None,
    "list": [],
    "object": {},
    "many": {f"k{n}": "v" * 4000 for n in range(50)},
}


def make_report() -> Any:
    device = make_divided_device("host-1", 0, 1, unit="iommu_group:1")
    left = (LeftOut("0000:99:00.0", "{}", Trouble("blank", "it is blank")),)
    facts = replace(device.facts, vendor_id="10de", partition="p", memory_bytes=1)
    fields = replace(device.fields, numa_node=0, peers={"a": "b"}, std_board_info={"a": "b"})
    device = replace(device, facts=facts, fields=fields, identity="serial:1")
    return json.loads(json.dumps(messages.render_snapshot(Snapshot("host-1", (device,), (), left))))


def list_places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Everything in a document, of lists the first and the last."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from list_places(each, (*path, key))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1} if value else ()):
            yield from list_places(value[index], (*path, index))


def list_attacks(document: Any) -> Iterator[tuple[Path, Any]]:
    """Everything bad at every place: all that is of the same type, and one of each other."""
    for path in list(list_places(document))[1:]:
        value = document
        for step in path:
            value = value[step]
        others: set[type] = set()
        for bad in BAD.values():
            if isinstance(bad, type(value)) or type(bad) not in others:
                yield path, bad
            others.add(type(bad))


def put_at(document: Any, path: Path, value: Any) -> Any:
    """A copy with something else at one place."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def make_endpoint(database: Database) -> ConductorEndpoint:
    reporter = Reporter(database, CATALOGUE, (), 0)
    nothing = cast(Any, None)
    return ConductorEndpoint(nothing, nothing, reporter, nothing, nothing, nothing)


def try_to(call: Any, context: Mapping[str, Any], **arguments: Any) -> bool:
    """Whether it was accepted; else it was refused in words."""
    try:
        read_answer(call(context, **arguments))
    except CyborgError:
        return False
    return True


def test_a_report_is_stored_or_refused_whatever_stands_in_it(database: Database) -> None:
    endpoint, report = make_endpoint(database), make_report()
    assert try_to(endpoint.report, {}, agent="agent", snapshot=report)
    taken = refused = 0
    for path, bad in list_attacks(report):
        attack = put_at(report, path, bad)
        accepted = try_to(endpoint.report, {}, agent="agent", snapshot=attack)
        taken, refused = taken + accepted, refused + (not accepted)
    assert min(taken, refused) > 100
    assert Hosts(database, ()).list_hosts()  # all of what was taken can be shown


@pytest.mark.parametrize("state", CleanState)
def test_a_synchronisation_is_answered_or_refused_whatever_stands_in_it(
    database: Database, state: CleanState
) -> None:
    endpoint = make_endpoint(database)
    identity = HostIdentity("id-1", "machine", "node", "run", None, 1)
    handle = make_divided_device("host-1", 0, 1).deployables[0].handles[0]
    unclean = Unclean("binding", "host-1_0000:00:00.0", state, handle, "code", "why")
    told = Cleanings((unclean,), (Cleaned("other", "method"),))
    context = messages.make_context(60, identity, told)
    assert try_to(endpoint.report, context, agent="agent", snapshot=make_report())
    said = {"host": "host-1", "agent": "agent", "content_hash": "hash"}
    call = {"context": context, "said": {**said, "claims": messages.render_claims(())}}
    for path, bad in list_attacks(call):
        if len(path) > 1 and "deadline" not in path:
            attack = put_at(call, path, bad)
            try_to(endpoint.synchronise_host, attack["context"], **attack["said"])
    assert Hosts(database, ()).list_hosts()


@pytest.mark.parametrize("change", [{"consumes": {"functions": -1}}, {"consumes": {"x": 2**63}}])
def test_no_handle_gives_back_what_others_hold(change: dict[str, Any]) -> None:
    device = change_handles(make_divided_device("host-1", 0, 1), **change)
    message = messages.render_snapshot(Snapshot("host-1", (device,)))
    with pytest.raises(InvalidInput, match=r"consumes\.(functions|x) "):
        messages.parse_snapshot(message)
