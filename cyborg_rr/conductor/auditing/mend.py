"""Healing what was found, by what conductors do themselves: safe beside them, and twice.

Each act changes only what is still as it was found: a bind by its binding, a handle by the binding
that holds it, an instance's requests by its uuid after it was asked for again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.conductor.auditing.audit import Auditor
from cyborg_rr.conductor.auditing.finding import Finding
from cyborg_rr.conductor.auditing.kinds import ASKED_OUTSIDE, Act, Code
from cyborg_rr.conductor.publishing.publishers import Publisher, tell_all
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.conductor.unbind import Unbinder
from cyborg_rr.db.auditing import claims
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.requests import Mandate

AT_A_TIME = 200
"""Findings of one transaction: so many rows are locked, while conductors go on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a finding: whether it is not there any more, and what was done or why not."""

    finding: Finding
    is_mended: bool
    done: str


class Mender:
    """Does what the kinds of findings say may be done."""

    def __init__(
        self,
        database: Database,
        auditor: Auditor,
        unbinder: Unbinder,
        releaser: Releaser,
        publishers: Sequence[Publisher] = (),
    ) -> None:
        self._database = database
        self._auditor = auditor
        self._unbinder = unbinder
        self._releaser = releaser
        self._publishers = publishers
        self._acts: Mapping[Act, Callable[[Sequence[Finding]], None]] = {
            Act.UNDO_BIND: self._undo_binds,
            Act.LET_GO: self._let_go,
            Act.ASK_HOST: self._ask_hosts,
            Act.DELETE_REQUESTS: self._delete_requests,
            Act.PUBLISH: self._publish,
        }

    def preview(self, codes: Iterable[Code] = tuple(Code)) -> list[Outcome]:
        """What ``heal`` would do; nothing is changed."""
        return [_foresee(each) for each in self._auditor.find(codes)]

    def heal(self, codes: Iterable[Code] = tuple(Code)) -> list[Outcome]:
        """Mend what can be, look again, and tell of each finding what became of it."""
        codes = tuple(codes)
        found = self._auditor.find(codes)
        by_act: dict[Act, list[Finding]] = defaultdict(list)
        for each in found:
            if each.kind.act is not None and each.obstacle is None:
                by_act[each.kind.act].append(each)
        failures: dict[Finding, str] = {}
        for act, group in by_act.items():
            for part in _cut(group):
                failures |= self._try(act, part)
        left = {(each.code, each.key): each for each in self._auditor.find(codes)}
        if any(code is Code.SERVICE_SILENT for code, _ in left):
            # What cannot be looked at again is not known to be mended.
            unknown = {each for each in found if each.code in ASKED_OUTSIDE}
            left = {(each.code, each.key): each for each in unknown} | left
        return [_tell(each, left.get((each.code, each.key)), failures.get(each)) for each in found]

    def _try(self, act: Act, group: Sequence[Finding]) -> dict[Finding, str]:
        """Do it; the findings that it failed for, and why. The trouble of one act is no other's."""
        try:
            self._acts[act](group)
        except CyborgError as error:
            return dict.fromkeys(group, str(error))
        return {}

    def _undo_binds(self, group: Sequence[Finding]) -> None:
        by_reason: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for each in group:
            by_reason[f"undone by an operator: {each.kind.title}"].append(
                (each.key, each.binding_id or "")
            )
        for reason, stuck in by_reason.items():
            self._unbinder.undo(stuck, reason)

    def _let_go(self, group: Sequence[Finding]) -> None:
        if any(each.code is Code.HANDLE_OWNERLESS for each in group):
            self._release_ownerless()
        idle = [each for each in group if each.code is Code.HANDLE_IDLE]
        if idle:
            self._release_idle(idle)
        self._ask_hosts(group)

    @retry_on_deadlock
    def _release_ownerless(self) -> None:
        with self._database.writing() as session:
            handles.release_ownerless(session)

    @retry_on_deadlock
    def _release_idle(self, group: Sequence[Finding]) -> None:
        arqs = [each.arq_uuid for each in group if each.arq_uuid is not None]
        bindings = [each.binding_id for each in group if each.binding_id is not None]
        with self._database.writing() as session:
            claims.release_idle(session, arqs, bindings, "its request was not bound")

    def _ask_hosts(self, group: Sequence[Finding]) -> None:
        self._releaser.drive(self._list_leaving([each.key for each in group]))

    def _list_leaving(self, uuids: Sequence[str]) -> list[HostClaim]:
        with self._database.reading() as session:
            return claims.list_leaving_of(session, uuids)

    def _delete_requests(self, group: Sequence[Finding]) -> None:
        for each in group:
            self._unbinder.delete_of_instance(each.key, Mandate())

    def _publish(self, group: Sequence[Finding]) -> None:
        for host in sorted({each.host for each in group if each.host is not None}):
            tell_all(self._publishers, host)


def _cut(group: Sequence[Finding]) -> Iterator[Sequence[Finding]]:
    for start in range(0, len(group), AT_A_TIME):
        yield group[start : start + AT_A_TIME]


def _foresee(finding: Finding) -> Outcome:
    act = finding.kind.act
    if act is None:
        return Outcome(finding, False, f"left: {finding.kind.advice}")
    if finding.obstacle is not None:
        return Outcome(finding, False, f"left: {finding.obstacle}")
    return Outcome(finding, False, f"would {act}")


def _tell(finding: Finding, left: Finding | None, failure: str | None) -> Outcome:
    act = finding.kind.act
    if act is None or finding.obstacle is not None:
        is_mended = left is None
        done = "ended by itself" if is_mended else _foresee(finding).done
        return Outcome(finding, is_mended, done)
    if left is None:
        return Outcome(finding, True, f"done: {act}")
    why = failure or left.why
    return Outcome(finding, False, f"tried to {act}, and it is still so: {why}")
