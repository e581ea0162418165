"""Every kind of finding: what it means, what may be done about it and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Noun(StrEnum):
    """What a finding is about; its key is the uuid of that, or the name of a host or conductor."""

    REQUEST = "accelerator request"
    INSTANCE = "instance"
    HANDLE = "attach handle"
    HOST = "host"
    CONDUCTOR = "conductor"
    PROVIDER = "resource provider"
    SERVICE = "service"


class Act(StrEnum):
    """What healing does, by the use cases of the conductor; each changes only what is still so."""

    UNDO_BIND = "undo the bind and release what it holds"
    LET_GO = "release it; it is free once its host has cleaned it"
    ASK_HOST = "ask its host again"
    DELETE_REQUESTS = "delete its accelerator requests and release what they hold"
    PUBLISH = "publish its host again"


class Code(StrEnum):
    """The name of a kind of finding; people may script against it."""

    BIND_LATE = "bind_late"
    BIND_ABANDONED = "bind_abandoned"
    BIND_FAILED = "bind_failed"
    BOUND_TO_NOTHING = "bound_to_nothing"
    BOUND_ELSEWHERE = "bound_elsewhere"
    BOUND_ON_UNKNOWN_HOST = "bound_on_unknown_host"
    BOUND_ON_LOST_HOST = "bound_on_lost_host"
    BOUND_TO_MISSING = "bound_to_missing"
    BOUND_TO_TROUBLED = "bound_to_troubled"
    EVENT_LATE = "event_late"
    INSTANCE_GONE = "instance_gone"
    HANDLE_OWNERLESS = "handle_ownerless"
    HANDLE_IDLE = "handle_idle"
    RELEASE_LATE = "release_late"
    CLEAN_LATE = "clean_late"
    QUARANTINED = "quarantined"
    NO_CONDUCTOR = "no_conductor"
    CONDUCTOR_LEFT_WORK = "conductor_left_work"
    HOST_REFUSED = "host_refused"
    HOST_LOST = "host_lost"
    HOST_UNSETTLED = "host_unsettled"
    HOST_UNKNOWN = "host_unknown"
    PROVIDER_WITHHELD = "provider_withheld"
    PROVIDER_DRIFTED = "provider_drifted"
    SERVICE_SILENT = "service_silent"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding; without an ``act`` healing leaves it, and ``advice`` says why."""

    noun: Noun
    title: str
    act: Act | None
    advice: str


_INSTANCE_HAS_IT = (
    "an instance may be using the device. Delete or move the instance; its requests go with it"
)

ASKED_OUTSIDE = frozenset({Code.INSTANCE_GONE, Code.PROVIDER_DRIFTED})
"""What is not known while a service outside is silent."""

KINDS: Mapping[Code, Kind] = MappingProxyType(
    {
        Code.BIND_LATE: Kind(
            Noun.REQUEST,
            "being bound for too long",
            Act.UNDO_BIND,
            "what finishes it by now is left alone",
        ),
        Code.BIND_ABANDONED: Kind(
            Noun.REQUEST,
            "being bound by a conductor that has ended",
            Act.UNDO_BIND,
            "what finishes it by now is left alone",
        ),
        Code.BIND_FAILED: Kind(
            Noun.REQUEST,
            "left behind after its bind failed",
            None,
            "it holds nothing, and says why its instance did not start. Delete it, or the instance",
        ),
        Code.BOUND_TO_NOTHING: Kind(
            Noun.REQUEST, "bound, but holds no attach handle", None, _INSTANCE_HAS_IT
        ),
        Code.BOUND_ELSEWHERE: Kind(
            Noun.REQUEST,
            "bound to one thing, but holds the attach handle of another",
            None,
            _INSTANCE_HAS_IT,
        ),
        Code.BOUND_ON_UNKNOWN_HOST: Kind(
            Noun.REQUEST, "bound on a host that is not known", None, _INSTANCE_HAS_IT
        ),
        Code.BOUND_ON_LOST_HOST: Kind(
            Noun.REQUEST,
            "bound on a host that is silent",
            None,
            "the instance may run on. Bring the host back, or evacuate the instance",
        ),
        Code.BOUND_TO_MISSING: Kind(
            Noun.REQUEST, "bound to a device that has gone", None, _INSTANCE_HAS_IT
        ),
        Code.BOUND_TO_TROUBLED: Kind(
            Noun.REQUEST, "bound to a device that is in trouble", None, _INSTANCE_HAS_IT
        ),
        Code.EVENT_LATE: Kind(
            Noun.REQUEST,
            "its end of bind is not known to Nova",
            None,
            "conductors send it until Nova takes it. See why it does not, and whether one runs",
        ),
        Code.INSTANCE_GONE: Kind(
            Noun.INSTANCE,
            "has accelerator requests, and Nova does not know it",
            Act.DELETE_REQUESTS,
            "only where Nova shows the instances of all projects",
        ),
        Code.HANDLE_OWNERLESS: Kind(
            Noun.HANDLE,
            "held by an accelerator request that is gone",
            Act.LET_GO,
            "what is claimed anew by now is left alone",
        ),
        Code.HANDLE_IDLE: Kind(
            Noun.HANDLE,
            "held by an accelerator request that is not bound",
            Act.LET_GO,
            "what is claimed anew by now is left alone",
        ),
        Code.RELEASE_LATE: Kind(
            Noun.HANDLE,
            "its host has not let go of it yet",
            Act.ASK_HOST,
            "not while the host is lost: it is told when it speaks",
        ),
        Code.CLEAN_LATE: Kind(
            Noun.HANDLE,
            "its host has not cleaned it yet",
            Act.ASK_HOST,
            "not while the host is lost: it is told when it speaks",
        ),
        Code.QUARANTINED: Kind(
            Noun.HANDLE,
            "could not be cleaned",
            None,
            "only you can say that it is clean, or that the cause is mended: PATCH"
            " /v2/attach_handles/{uuid} with the state free or dirty",
        ),
        Code.NO_CONDUCTOR: Kind(
            Noun.CONDUCTOR,
            "the last that was alive: none is now",
            None,
            "start one; nothing is bound, released, cleaned or published meanwhile. One of release"
            " 0.0.1 has no lease and is not seen here",
        ),
        Code.CONDUCTOR_LEFT_WORK: Kind(
            Noun.CONDUCTOR,
            "its lease has expired while it was binding",
            None,
            "another conductor undoes its binds in seconds, and heal does it now (bind_abandoned)."
            " See why it ended, or no longer reaches the database",
        ),
        Code.HOST_REFUSED: Kind(
            Noun.HOST,
            "another machine spoke in its name",
            None,
            "only you know which machine is the right one: cyborg-rr-manage host adopt",
        ),
        Code.HOST_LOST: Kind(
            Noun.HOST,
            "silent for too long",
            None,
            "start its agent, or if it never comes back: cyborg-rr-manage host remove --gone",
        ),
        Code.HOST_UNSETTLED: Kind(
            Noun.HOST,
            "what it said last is not all taken in",
            None,
            "it holds what it does not report any more, or was adopted and has not reported yet",
        ),
        Code.HOST_UNKNOWN: Kind(
            Noun.HOST,
            "has devices, but is not known",
            None,
            "its agent brings it back when it reports. If none ever will, start one of its name"
            " that finds nothing",
        ),
        Code.PROVIDER_WITHHELD: Kind(
            Noun.PROVIDER,
            "not in Placement as it should be",
            None,
            "conductors try again by themselves once the cause is mended",
        ),
        Code.PROVIDER_DRIFTED: Kind(
            Noun.PROVIDER,
            "in Placement, but not as it should be",
            Act.PUBLISH,
            "conductors do so on a period too",
        ),
        Code.SERVICE_SILENT: Kind(
            Noun.SERVICE,
            "does not answer, so that what only it knows is not looked at",
            None,
            "see why it does not answer, and look again",
        ),
    }
)
"""In the order in which findings are told."""
