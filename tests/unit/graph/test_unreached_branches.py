"""A branch that never runs need not make sense: exporters write one for each shape."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.memory.liveness import find_peak
from cyborg_rr.domain.graph.work.workload import find_workload

FLOATS = TensorType("f32", (4, 4))


def squeezing(predicate: bool | None, times: int = 1) -> Graph:
    """Squeezes a dimension of size 4 where the predicate holds, else negates."""
    squeeze = Node("squeeze", "Squeeze", ("x",), ("s",), {"axes": (0,)})
    branches = (
        Block({}, ("s",), (squeeze,)),
        Block({}, ("n",), (Node("negate", "Neg", ("x",), ("n",)),)),
    )
    nodes = [Node("if", "If", ("p",), (f"y{index}",), blocks=branches) for index in range(times)]
    known = {} if predicate is None else {"p": (predicate,)}
    stored = {
        name: StoredTensor(TensorType("i1", ()), "constant", values=values)
        for name, values in known.items()
    }
    inputs = {"x": FLOATS} if predicate is not None else {"x": FLOATS, "p": TensorType("i1", ())}
    body = Block(inputs, ("y0",), tuple(nodes), stored)
    return Graph(IRIdentity("test", None, "none"), "squeezing", body)


def test_a_contradiction_in_a_branch_that_never_runs_is_no_error() -> None:
    typed = infer(squeezing(False))
    assert typed.types["y0"] == FLOATS
    assert find_workload(typed).macs == 0
    assert find_peak(typed) is not None


def test_a_contradiction_in_the_branch_that_runs_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="Squeeze"):
        infer(squeezing(True))


def test_a_contradiction_in_a_branch_that_may_run_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="Squeeze"):
        infer(squeezing(None))


def test_many_branches_that_never_run_do_not_count_as_nesting() -> None:
    assert infer(squeezing(False, times=200)).types["y199"] == FLOATS
