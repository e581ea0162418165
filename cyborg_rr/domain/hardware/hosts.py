"""Which machine a host is: an id kept beside its ledger, whatever people call it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cyborg_rr.domain.hardware.devices import LeftOut


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """Who speaks for a host, sent with every call of an agent.

    ``id`` was made once and is kept beside the ledger. ``machine`` is a hash of what the machine
    says of itself (empty for a simulated host), ``node`` what people call it. ``run`` is new at
    each start of the agent and ``last_run`` the one before that its ledger remembers, so that the
    conductor can tell the next run of one agent from a second agent. ``minor`` is the version of
    the messages that it understands.
    """

    id: str
    machine: str
    node: str
    run: str
    last_run: str | None = None
    minor: int = 0


@dataclass(frozen=True, slots=True)
class AgentPlace:
    """Where a call to an agent goes: the agent, and which of its hosts is meant.

    ``host_id`` is None where the agent, of the first release, said none; ``minor`` is the version
    of the messages that it understands. A host that ``is_lost`` has not been heard for too long.
    """

    agent: str
    hostname: str
    host_id: str | None = None
    minor: int = 0
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class DriverWord:
    """What a driver found at its last look: so many devices, or the trouble that it has."""

    devices: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class AgentWord:
    """What an agent says of itself, and of its drivers on a host.

    ``version`` is its release; it speaks every ``report_interval`` seconds, give or take a tenth.
    """

    version: str
    report_interval: int
    drivers: Mapping[str, DriverWord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who calls: an agent, what it calls its host, and which machine that is.

    An agent of the first release does not say which machine it is on; ``word`` is what a later one
    says besides, where it says it.
    """

    hostname: str
    agent: str
    identity: HostIdentity | None = None
    word: AgentWord | None = None

    def __str__(self) -> str:
        if self.identity is None:
            return f"agent {self.agent}, which says no host id"
        return f"agent {self.agent} on {self.identity.node} (host id {self.identity.id})"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """What is stored of a host and of the machine that it is.

    ``id`` is None until an agent says it, ``machine`` and ``run`` also while any is welcome.
    ``content_hash`` is the hash of what it said last, ``word`` what its agent did. A host
    ``is_lost`` that has not been heard for too long.
    """

    name: str
    agent: str
    id: str | None = None
    machine: str | None = None
    node: str | None = None
    run: str | None = None
    minor: int = 0
    content_hash: str | None = None
    word: AgentWord | None = None
    is_lost: bool = False

    def __str__(self) -> str:
        if self.id is None:
            return f"host {self.name} of agent {self.agent}"
        return f"host {self.name} of agent {self.agent} on {self.node} (host id {self.id})"

    def is_as(self, speaker: Speaker) -> bool:
        """Whether all that the speaker says of itself is stored."""
        if speaker.word is not None and speaker.word != self.word:
            return False
        identity = speaker.identity
        said = (self.name, self.agent, self.id, self.machine, self.node, self.run, self.minor)
        if identity is None:
            return said[:2] == (speaker.hostname, speaker.agent)
        return said == (
            speaker.hostname,
            speaker.agent,
            identity.id,
            identity.machine,
            identity.node,
            identity.run,
            identity.minor,
        )


@dataclass(frozen=True, slots=True)
class StoredHost:
    """A host as operators see it.

    ``known`` says which machine it is; ``refused_at`` and ``refused_reason`` who came last in its
    name and was not let in. ``left_out`` is what it has but does not offer. ``held`` counts the
    attach handles that are not free, whoever holds them or has left something on them. Since
    ``lost_at`` it is lost.
    """

    name: str
    known: KnownHost
    refused_at: datetime | None
    refused_reason: str | None
    left_out: Sequence[LeftOut]
    devices: int
    held: int
    lost_at: datetime | None
    lost_reason: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a speaker is not let in, and the host in whose name it came."""

    host: KnownHost
    reason: str


def find_refusal(
    speaker: Speaker,
    by_name: KnownHost | None,
    by_id: KnownHost | None,
    *,
    is_alive: bool = False,
) -> Refused | None:
    """Why the speaker may not speak for its host; None when it may.

    ``by_name`` is the host of that name and ``by_id`` that of its id. A host that was stored
    without an id gets that of its own agent. While its agent ``is_alive``, having spoken within its
    interval, the next run of it is one on the same node.
    """
    if speaker.identity is None:
        return _find_refusal_of_nameless(speaker, by_name)
    if by_id is None:
        return _find_refusal_of_newcomer(speaker, speaker.identity, by_name)
    if by_name is not None and by_name != by_id:
        return Refused(
            by_name, f"{by_name} is another machine than {by_id}, which calls itself so now"
        )
    refused = _find_refusal_of_run(speaker.identity, by_id)
    if refused is None and is_alive:
        refused = _find_refusal_of_second(speaker, speaker.identity, by_id)
    return refused


def _find_refusal_of_second(
    speaker: Speaker, identity: HostIdentity, known: KnownHost
) -> Refused | None:
    """Of an agent with a copy of the ledger of one that lives, which nothing else tells from it."""
    is_same_run = known.run in (None, identity.run)
    is_same_agent = known.agent == speaker.agent or bool(known.machine)
    is_restarted = is_same_agent and known.node == identity.node
    if is_same_run or is_restarted:
        return None
    return Refused(
        known,
        f"{known} has spoken just now, so that {speaker} is a second agent of the same id; if the"
        " machine was renamed, it is let in when the old name has been silent for a while",
    )


def _find_refusal_of_nameless(speaker: Speaker, by_name: KnownHost | None) -> Refused | None:
    if by_name is None:
        return None
    if by_name.id is not None:
        return Refused(by_name, f"{by_name} is not {speaker}")
    if by_name.agent != speaker.agent:
        return Refused(
            by_name,
            f"host {by_name.name} is reported by agent {by_name.agent}, not by {speaker.agent}",
        )
    return None


def _find_refusal_of_newcomer(
    speaker: Speaker, identity: HostIdentity, by_name: KnownHost | None
) -> Refused | None:
    if by_name is None or (by_name.id is None and by_name.agent == speaker.agent):
        return None
    adopting = ("cyborg-rr-manage", "host", "adopt", by_name.name, "--id", identity.id)
    return Refused(
        by_name,
        f"{by_name} is another machine than {speaker}; if it was reinstalled, let an operator"
        f" adopt its new id: {shlex.join(adopting)}",
    )


def _find_refusal_of_run(identity: HostIdentity, known: KnownHost) -> Refused | None:
    if known.machine and known.machine != identity.machine:
        return Refused(
            known,
            f"{known} runs on another machine than {identity.node}, which has a copy of its id",
        )  # one that says nothing of itself may be any machine
    if known.run in (None, identity.run, identity.last_run):
        return None
    return Refused(
        known,
        f"{known} is spoken for by another agent than the one on {identity.node} now, which has a"
        f" copy of its id and ledger (run {identity.run}, after {identity.last_run}; the last that"
        f" is known is {known.run})",
    )
