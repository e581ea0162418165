"""A document for an older reader has no key that came later, however deep it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

import pytest

from cyborg_rr import codec
from cyborg_rr.codec.shapes import keys_of
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement

DOCUMENTS = (IRRequirement, ResourceRepresentation, Verdict)


def fill(hint: Any) -> Any:
    """A value with every key that a type may have; its leaves do not matter."""
    if isinstance(hint, type) and is_dataclass(hint):
        return {key.name: fill(key.hint) for key in keys_of(hint)} | {"of_a_newer_release": 1}
    inner = [each for each in get_args(hint) if each is not type(None) and each is not Ellipsis]
    origin = get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"name": fill(inner[1])}
    if origin in (tuple, list):
        return [fill(inner[0])]
    found = next((fill(each) for each in inner if isinstance(fill(each), (dict, list))), None)
    return "leaf" if found is None else found


def late(kind: Any, value: Any) -> Iterator[str]:
    """Keys in a value of that type which a reader of version 1.0 does not know."""
    if isinstance(kind, type) and is_dataclass(kind):
        known = {key.name: key for key in keys_of(kind)}
        for name, each in value.items():
            if name not in known or known[name].since:
                yield name
            else:
                yield from late(known[name].hint, each)
        return
    for inner in get_args(kind):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                origin = get_origin(kind)
                by_name = isinstance(origin, type) and issubclass(origin, Mapping)
                for one in each.values() if by_name else [each]:
                    if isinstance(one, dict):
                        yield from late(inner, one)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_no_key_of_a_later_version_is_left_at_any_depth(kind: type) -> None:
    document = fill(kind)
    assert "of_a_newer_release" in set(late(kind, document))
    assert set(late(kind, codec.restrict(kind, document, 0))) == set()


def test_what_a_verdict_needs_at_least_came_later() -> None:
    need = {"known": 1, "least": 2, "total": 3}
    older = codec.restrict(Verdict, {"verdict": "fits", "memory_bytes": need}, 0)
    assert older == {"verdict": "fits", "memory_bytes": {"total": 3}}
