"""Every graph that a reader makes in these tests is held against the declared operations."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.metadata import entry_points
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.operations.checking import check_graph


@pytest.fixture(autouse=True)
def graphs_are_as_declared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every reader check what it hands out, but for operands that a test gets wrong."""
    wrong = request.node.get_closest_marker("wrong_operands") is not None
    for entry in entry_points(group="cyborg_rr.readers"):
        reader = entry.load()
        monkeypatch.setattr(reader, "read", _checked(reader.read, _OPERANDS if wrong else ()))


_OPERANDS = ("too few operands", "too many operands")

Read = Callable[..., Graph]


def _checked(read: Read, passed_over: Collection[str]) -> Read:
    def checked(*arguments: Any, **named: Any) -> Graph:
        graph = read(*arguments, **named)
        found = [str(each) for each in check_graph(graph) if each.cause not in passed_over]
        assert found == []
        return graph

    return checked
