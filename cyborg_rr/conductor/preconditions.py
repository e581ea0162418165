"""What must hold before a request is changed, looked at inside the transaction that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cyborg_rr.db import requests
from cyborg_rr.db.engine import Session
from cyborg_rr.db.hardware import attributes, handles
from cyborg_rr.db.hardware.handles import Provider
from cyborg_rr.domain.errors import Conflict, HostLost, InvalidInput, NotFound
from cyborg_rr.domain.hardware.offering.offered import OF_OTHERS
from cyborg_rr.domain.hardware.stored import DeviceState, OperatorStatus
from cyborg_rr.domain.profiles import refuse_provider
from cyborg_rr.domain.requests import AcceleratorRequest, ArqAction, Binding, Mandate, next_state

REQUEST = "accelerator request"


def load_requests(
    session: Session, uuids: Sequence[str], mandate: Mandate
) -> dict[str, AcceleratorRequest]:
    """The requests by uuid, locked; ``NotFound`` when the mandate covers one of them not."""
    requests.lock_requests(session, uuids=uuids)
    found = {
        request.uuid: request
        for request in requests.list_requests(session, uuids=uuids, project_id=mandate.project_id)
    }
    for uuid in uuids:
        if uuid not in found:
            raise NotFound(REQUEST, uuid)
    return found


def check_instances(session: Session, bindings: Sequence[Binding]) -> None:
    """``InvalidInput`` for an instance that has requests already."""
    taken = requests.instances_with_requests(
        session, {binding.instance_uuid for binding in bindings}
    )
    if taken:
        raise InvalidInput(f"instance {min(taken)} has accelerator requests already")


def check_providers(
    session: Session,
    bindings: Sequence[Binding],
    found: Mapping[str, AcceleratorRequest],
    mandate: Mandate,
) -> dict[str, Provider]:
    """The provider of each binding, by uuid, when it may serve the request.

    Its device should be locked, so that it stays as it is found. Only who sees all projects is told
    what an operator said of a device: the words may be about others, the author is of one.
    """
    providers = handles.find_providers(session, {item.provider_uuid for item in bindings})
    traits = attributes.traits_by_deployable(
        session, {provider.deployable_id for provider in providers.values()}
    )
    for binding in bindings:
        request = found[binding.arq_uuid]
        next_state(request.state, ArqAction.START_BIND)
        provider = providers.get(binding.provider_uuid)
        if provider is None:
            raise NotFound("deployable of resource provider", binding.provider_uuid)
        _check_provider(provider, traits.get(provider.deployable_id, ()), request, binding)
        _check_device(provider, sees_all=mandate.project_id is None)
    return providers


def _check_provider(
    provider: Provider, traits: Iterable[str], request: AcceleratorRequest, binding: Binding
) -> None:
    if provider.hostname != binding.hostname:
        raise InvalidInput(
            f"resource provider {provider.provider_uuid} is on host {provider.hostname},"
            f" not on {binding.hostname}"
        )
    if provider.is_lost:
        raise HostLost(f"host {provider.hostname} is lost: it has not been heard for too long")
    refusal = refuse_provider(request.group, provider.resource_class, traits)
    if refusal is not None:
        raise InvalidInput(
            f"resource provider {provider.provider_uuid} cannot serve {REQUEST}"
            f" {request.uuid}: {refusal}"
        )


def _check_device(provider: Provider, *, sees_all: bool) -> None:
    if provider.status != OperatorStatus.ENABLED:
        raise Conflict(_describe_maintenance(provider, sees_all))
    if provider.state != DeviceState.PRESENT:
        raise Conflict(f"device {provider.device_uuid} is missing from its host")
    if provider.trouble is not None:
        raise Conflict(f"device {provider.device_uuid} cannot be used now: {provider.trouble}")
    withheld = provider.withheld
    if withheld is not None and withheld.code in OF_OTHERS:
        raise Conflict(
            f"resource provider {provider.provider_uuid} is somebody else's: {withheld.text}"
        )


def _describe_maintenance(provider: Provider, sees_all: bool) -> str:
    text = f"device {provider.device_uuid} is in maintenance"
    if provider.status_since is not None:
        text += f" since {provider.status_since.isoformat(' ', 'seconds')} UTC"
    note = provider.status_note
    if not sees_all or note.author is None:
        return text
    return f"{text}, by {note.author}: {note.reason or 'no reason is given'}"
