"""The life of an attach handle as one table, and what its host says of it once it is let go.

    free -> held -> releasing -> dirty -> free | quarantined

Only a free one is handed out, and only a clean that is known to have succeeded makes one free.
Absence proves nothing (a ledger may be lost, a message late): a host must say, by the binding that
a handle served, that it is clean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from cyborg_rr.domain.documents import composed
from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.hardware.devices import AttachHandle, Trouble
from cyborg_rr.domain.hardware.stored import HandleState


class HandleAction(StrEnum):
    """What can happen to an attach handle."""

    CLAIM = "be claimed"
    LET_GO = "be let go"
    AWAIT_CLEAN = "wait for its clean"
    FINISH_CLEAN = "be clean"
    FAIL_CLEAN = "fail to be cleaned"
    FIND_DIRTY = "be found dirty on its host"
    QUARANTINE = "be quarantined"
    RETRY_CLEAN = "be cleaned again"
    ACCEPT = "be declared clean"


TRANSITIONS: Mapping[HandleState, Mapping[HandleAction, HandleState]] = MappingProxyType(
    {
        HandleState.FREE: {
            HandleAction.CLAIM: HandleState.HELD,
            HandleAction.FIND_DIRTY: HandleState.DIRTY,
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
        },
        HandleState.HELD: {HandleAction.LET_GO: HandleState.RELEASING},
        HandleState.RELEASING: {
            HandleAction.AWAIT_CLEAN: HandleState.DIRTY,
            HandleAction.FINISH_CLEAN: HandleState.FREE,
            HandleAction.FAIL_CLEAN: HandleState.QUARANTINED,
        },
        HandleState.DIRTY: {
            HandleAction.FINISH_CLEAN: HandleState.FREE,
            HandleAction.FAIL_CLEAN: HandleState.QUARANTINED,
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
        },
        HandleState.QUARANTINED: {
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
            HandleAction.RETRY_CLEAN: HandleState.DIRTY,
            HandleAction.ACCEPT: HandleState.FREE,
        },
    }
)
"""From state and action to the next state."""


def next_state(state: HandleState, action: HandleAction) -> HandleState:
    """The state after ``action``; ``InvalidState`` when the table does not allow it."""
    try:
        return TRANSITIONS[state][action]
    except KeyError:
        allowed = " or ".join(states_allowing(action))
        raise InvalidState(
            f"an attach handle that is {state} cannot {action}, only one that is {allowed}"
        ) from None


def states_allowing(action: HandleAction) -> tuple[HandleState, ...]:
    """The states from which ``action`` is allowed: what a conditional UPDATE asks for."""
    return tuple(state for state, row in TRANSITIONS.items() if action in row)


def target_of(action: HandleAction) -> HandleState:
    """The state that ``action`` leads to, which is one, from wherever it is allowed."""
    (target,) = {TRANSITIONS[state][action] for state in states_allowing(action)}
    return target


DEVICE_GONE = "device_gone"
"""The code of a clean that must wait for its device to come back."""

RELEASE_FAILED = "release_failed"
"""The code of a release that its host did not confirm: it is asked again."""

UNKNOWN_TROUBLE = Trouble("clean_failed", "the host does not say why")


class CleanState(StrEnum):
    """Where a host is with the clean of what it let go of."""

    DIRTY = "dirty"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Unclean:
    """A handle that a host has let go of and not cleaned yet; quarantined says why it cannot."""

    binding_id: str
    deployable_name: str
    state: CleanState
    handle: AttachHandle = field(metadata=composed("handle_"))
    code: str | None = None
    reason: str | None = None

    @property
    def trouble(self) -> Trouble:
        """Why it cannot be cleaned."""
        if self.code is None or self.reason is None:
            return UNKNOWN_TROUBLE
        return Trouble(self.code, self.reason)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A binding whose handle is clean, and by which method (None: it was never used)."""

    binding_id: str
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Cleanings:
    """What one host says, at one moment, of what it has let go of."""

    unclean: tuple[Unclean, ...] = ()
    cleaned: tuple[Cleaned, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """What the database knows of a handle that nobody holds and that is not free."""

    state: HandleState
    code: str | None = None

    @property
    def waits_for_device(self) -> bool:
        """Whether it is quarantined only until its device is there again."""
        return self.state is HandleState.QUARANTINED and self.code == DEVICE_GONE


def find_news(told: Cleanings, known: Mapping[str, Leaving]) -> Cleanings:
    """What is news to a database that knows these bindings of the host.

    An unclean handle under a binding that the database does not know is news too: the database was
    restored, or an older conductor took the release for the clean. What was quarantined because
    its device had gone follows its host again; any other quarantine ends by an operator's word.
    """
    return Cleanings(
        tuple(item for item in told.unclean if _is_news(item, known.get(item.binding_id))),
        tuple(item for item in told.cleaned if _may_end(known.get(item.binding_id))),
    )


def _is_news(item: Unclean, leaving: Leaving | None) -> bool:
    if leaving is None:
        return True
    if leaving.waits_for_device:
        return item.code != DEVICE_GONE
    if item.state is CleanState.DIRTY:
        return leaving.state is HandleState.RELEASING
    return leaving.state in _UNSETTLED


def _may_end(leaving: Leaving | None) -> bool:
    return leaving is not None and (leaving.state in _UNSETTLED or leaving.waits_for_device)


_UNSETTLED = frozenset({HandleState.RELEASING, HandleState.DIRTY})
