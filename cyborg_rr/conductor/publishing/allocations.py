"""Whether an instance has been allocated what it is about to be bound to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.offering import offered
from cyborg_rr.domain.errors import NoAllocation, PlacementUnavailable
from cyborg_rr.domain.requests import Binding
from cyborg_rr.outside.calling import OutsideTrouble
from cyborg_rr.outside.placement.client import PlacementClient


class Allocations(Protocol):
    """Somebody who knows what schedulers have given out."""

    def check(self, bindings: Sequence[Binding]) -> None:
        """``NoAllocation`` where an instance has not what it is bound to."""
        ...


class Unchecked:
    """Every bind is taken as it comes: whoever may bind is trusted to have asked a scheduler."""

    def check(self, bindings: Sequence[Binding]) -> None:
        """Nothing to do."""


class PlacementAllocations:
    """Asks Placement for the allocations of each instance, whose consumer has the instance's uuid.

    Only what is allocated of a provider's own resource class counts: operators may keep others
    on it. Not inside a transaction: an answer takes its time.
    """

    def __init__(self, database: Database, client: PlacementClient) -> None:
        self._database = database
        self._client = client

    def check(self, bindings: Sequence[Binding]) -> None:
        """``NoAllocation``, or ``PlacementUnavailable`` where nobody can say."""
        classes = self._find_classes({each.provider_uuid for each in bindings})
        wanted = Counter((each.instance_uuid, each.provider_uuid) for each in bindings)
        for instance in sorted({each.instance_uuid for each in bindings}):
            try:
                allocated = self._client.list_allocated(instance)
            except OutsideTrouble as trouble:
                raise PlacementUnavailable(
                    f"the allocations of instance {instance} cannot be looked at: {trouble}"
                ) from trouble
            for (holder, provider), count in wanted.items():
                resource = classes.get(provider, "units")
                has = allocated.get(provider, {}).get(resource, 0)
                if holder == instance and has < count:
                    raise NoAllocation(
                        f"instance {instance} has an allocation of {has} {resource} of resource"
                        f" provider {provider}, and would be bound to {count}"
                    )

    def _find_classes(self, provider_uuids: Collection[str]) -> Mapping[str, str]:
        with self._database.reading() as session:
            return offered.find_classes_of(session, provider_uuids)
