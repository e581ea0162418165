"""The calls of Nova's services, in the order in which Nova makes them.

Each method says which of Nova's functions it plays; the requests are those of its accelerator
client, nova/accelerator/cyborg.py of Nova 34.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.fakes.nova import FakeNova

RESOLVED = ("Bound", "BindFailed", "Deleting")
ARQS = "/v2/accelerator_requests"


class BindingFailed(Exception):
    """AcceleratorRequestBindingFailed: the instance goes to ERROR."""


class BuildAborted(Exception):
    """BuildAbortException: the instance goes to ERROR."""


class OpFailed(Exception):
    """AcceleratorRequestOpFailed."""


class Ask(Protocol):
    """One request of Nova's for a user; the status and the JSON of the answer."""

    def __call__(
        self, method: str, path: str, body: Any = None, *, has_user: bool = True
    ) -> tuple[int, Any]:
        """Without a user's token (``has_user``) as periodic tasks of Nova make it."""
        ...


@dataclass
class Instance:
    """What Nova knows of one: which profiles flavor and ports ask for, and what it was built with.

    ``handles`` are the addresses that libvirt was given.
    """

    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    profile: str | None = None
    ports: Sequence[str] = ()
    arqs: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    vm_state: str = "building"


@dataclass
class NovaCloud:
    """nova-api, its conductors and its computes. ``providers`` are a host's, as scheduled."""

    nova: FakeNova
    ask: Ask
    providers: Mapping[str, Sequence[str]]
    event_seconds: float = 5.0
    calls: list[str] = field(default_factory=list)
    _next: dict[str, int] = field(default_factory=dict)

    def _call(self, method: str, path: str, body: Any = None, *, has_user: bool = True) -> Any:
        """``_call_cyborg``: below 400 is success; nothing is read of an error."""
        self.calls.append(f"{method} {path.partition('?')[0].removeprefix('/v2/')}")
        status, document = self.ask(method, path, body, has_user=has_user)
        if status >= 400:
            raise OpFailed(f"<Response [{status}]>")
        return document

    def get_groups(self, profile: str) -> list[dict[str, str]]:
        """``get_device_profile_groups``."""
        found = self._call("GET", f"/v2/device_profiles?name={profile}")["device_profiles"]
        assert len(found) == 1
        groups: list[dict[str, str]] = found[0]["groups"]
        return groups

    def get_arqs(self, instance: str, *, only_resolved: bool = False) -> list[dict[str, Any]]:
        """``get_arqs_for_instance``: none is an error."""
        arqs: list[dict[str, Any]] = self._call("GET", f"{ARQS}?instance={instance}")["arqs"]
        if not arqs:
            raise OpFailed("Cyborg returned no accelerator requests")
        return [arq for arq in arqs if not only_resolved or arq["state"] in RESOLVED]

    def delete_for_instance(self, instance: str, *, has_user: bool = True) -> None:
        """``delete_arqs_for_instance``."""
        self._call("DELETE", f"{ARQS}?instance={instance}", has_user=has_user)

    def delete_by_uuid(self, arqs: Sequence[str]) -> None:
        """``delete_arqs_by_uuid``: an error is logged only."""
        try:
            self._call("DELETE", f"{ARQS}?arqs={','.join(arqs)}")
        except OpFailed:
            return

    def schedule(self, instance: Instance) -> None:
        """nova-api and the scheduler ask for the groups of flavor and ports."""
        for profile in [*([instance.profile] if instance.profile else []), *instance.ports]:
            self.get_groups(profile)

    def create_and_bind(self, instance: Instance, host: str) -> None:
        """``_create_and_bind_arq_for_instance`` of the conductor: what fails is deleted by uuid."""
        made: list[dict[str, Any]] = []
        if instance.profile:
            made += self._call("POST", ARQS, {"device_profile_name": instance.profile})["arqs"]
        for profile in instance.ports:
            of_port = self._call("POST", ARQS, {"device_profile_name": profile})["arqs"]
            assert len(of_port) == 1
            made += of_port
        instance.arqs = [arq["uuid"] for arq in made]
        body = {arq: self._make_patch(instance, host) for arq in instance.arqs}
        try:
            self._call("PATCH", ARQS, body)
        except OpFailed as error:
            self.delete_by_uuid(instance.arqs)
            instance.vm_state = "error"
            raise BindingFailed(str(error)) from error

    def _make_patch(self, instance: Instance, host: str) -> list[dict[str, str]]:
        number = self._next.get(host, 0)
        self._next[host] = number + 1
        places = self.providers[host]
        values = {
            "hostname": host,
            "device_rp_uuid": places[number % len(places)],
            "instance_uuid": instance.uuid,
        }
        return [{"path": f"/{k}", "op": "add", "value": v} for k, v in values.items()]

    def get_bound(self, instance: Instance, host: str) -> list[dict[str, Any]]:
        """``_get_bound_arq_resources`` of the compute: waits for the events of the unresolved.

        The claim of the instance, from when on events are taken for this host, and the wait are one
        moment here. In Nova an event that comes between them is taken and heard by nobody.
        """
        found = self.get_arqs(instance.uuid, only_resolved=True)
        self.nova.hosts[instance.uuid] = host
        resolved = {arq["uuid"] for arq in found}
        waiting = set(instance.arqs) - resolved
        try:
            told = self.nova.wait_for(waiting, self.event_seconds) if waiting else {}
        except TimeoutError as error:
            raise BuildAborted(str(error)) from error
        if any(status != "completed" for status in told.values()):
            raise BuildAborted(f"events: {told}")
        return found if not waiting else self.get_arqs(instance.uuid)

    def build(self, instance: Instance, host: str) -> None:
        """The compute claims the instance, waits for its accelerators and starts it."""
        try:
            self.spawn(instance, self.get_bound(instance, host))
        except BuildAborted:
            self.clean_up(instance)
            instance.vm_state = "error"
            raise

    def spawn(self, instance: Instance, arqs: Sequence[dict[str, Any]]) -> None:
        """libvirt ignores handles of kinds that it does not know, so also of what failed."""
        instance.handles = [
            json_of(arq["attach_handle_info"]) for arq in arqs if arq["attach_handle_type"]
        ]
        instance.vm_state = "active"
        self.nova.states[instance.uuid] = ("active", None)

    def clean_up(self, instance: Instance) -> None:
        """``delete_arqs_if_needed``: by instance, then by uuid."""
        self.delete_for_instance(instance.uuid)
        self.delete_by_uuid(instance.arqs)

    def create(self, instance: Instance, host: str) -> None:
        """All of ``server create``."""
        self.nova.hosts[instance.uuid] = None
        self.schedule(instance)
        self.create_and_bind(instance, host)
        self.build(instance, host)

    def reboot(self, instance: Instance) -> None:
        """Start, soft and hard reboot: ``_get_accel_info``."""
        self.spawn(instance, self.get_arqs(instance.uuid))

    def evacuate(self, instance: Instance, host: str) -> None:
        """``rebuild_instance`` of the conductor with ``evacuate``: its host is down."""
        self.schedule(instance)
        self.delete_for_instance(instance.uuid)
        self.create_and_bind(instance, host)
        self.build(instance, host)

    def offload(self, instance: Instance, *, has_user: bool = True) -> None:
        """``shelve_offload``, also by the periodic task: a failure stays without effect."""
        if has_user:
            self.get_arqs(instance.uuid)
        try:
            self.delete_for_instance(instance.uuid, has_user=has_user)
        except OpFailed:
            pass
        self.nova.hosts[instance.uuid] = None
        instance.vm_state, instance.handles = "shelved_offloaded", []
        self.nova.states[instance.uuid] = (instance.vm_state, None)

    def unshelve(self, instance: Instance, host: str) -> None:
        """``unshelve_instance`` of one that was offloaded."""
        self.nova.states[instance.uuid] = (instance.vm_state, "unshelving")
        self.schedule(instance)
        self.create_and_bind(instance, host)
        self.build(instance, host)

    def delete(self, instance: Instance, *, has_user: bool = True) -> None:
        """The instance goes whether its accelerators could be deleted or not."""
        try:
            self.delete_for_instance(instance.uuid, has_user=has_user)
        except OpFailed:
            pass
        del self.nova.hosts[instance.uuid]
        instance.vm_state = "deleted"


def json_of(info: Mapping[str, str]) -> str:
    """An address as text."""
    return ",".join(f"{key}={info[key]}" for key in sorted(info))
