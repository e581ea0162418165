"""The uses of native operations as the requirement has them, in bounded number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.documents import MAX_NUMBER
from cyborg_rr.domain.graph.operands import leave_rank_out
from cyborg_rr.domain.graph.work.uses import Attributes, Use
from cyborg_rr.domain.graph.work.workload import Workload
from cyborg_rr.domain.requirement.requirement import OperationUse

MAX_USES: Final = 4096
"""So many different uses are told; a model of a million nodes has some hundreds."""

_Key = tuple[str, tuple[str, ...] | None, tuple[str, ...] | None, Attributes | None]


def list_uses(
    workload: Workload, calls: Mapping[str, int]
) -> tuple[tuple[OperationUse, ...], list[str]]:
    """The uses, those with the most work first, and a warning where they are told in less detail.

    Where there are too many even by name they are left out, as if no graph had been read. Behind
    them stand the ``calls`` of functions of the file, of which no operand decides anything.
    """
    counts: Counter[_Key] = Counter()
    macs: Counter[_Key] = Counter()
    for shorten in (_keep, _leave_ranks_out, _leave_operands_out):
        counts, macs = Counter(), Counter()
        for use, count in workload.uses.items():
            counts[shorten(use)] += count
        for use, work in workload.use_macs.items():
            macs[shorten(use)] += work
        if len(counts) <= MAX_USES:
            break
    else:
        counts.clear()
    made = [_make(key, count, macs[key]) for key, count in counts.items()]
    made.sort(key=lambda use: (-use.macs, -use.count, use.name))
    if made:
        made += [OperationUse(name, count, (), (), {}) for name, count in calls.items()]
    return tuple(made), _explain(len(workload.uses))


def _explain(found: int) -> list[str]:
    if found <= MAX_USES:
        return []
    return [
        f"operations are used in {found} different ways, over {MAX_USES}: what tells their nodes"
        " apart is left out, so that it is less sure what compilers take"
    ]


def _keep(use: Use) -> _Key:
    return use


def _leave_ranks_out(use: Use) -> _Key:
    return (
        use.name,
        tuple(map(leave_rank_out, use.inputs)),
        tuple(map(leave_rank_out, use.outputs)),
        None,
    )


def _leave_operands_out(use: Use) -> _Key:
    return use.name, None, None, None


def _make(key: _Key, count: int, macs: int) -> OperationUse:
    name, inputs, outputs, attributes = key
    stated = None if attributes is None else dict(attributes)
    return OperationUse(name, count, inputs, outputs, stated, min(macs, MAX_NUMBER))
