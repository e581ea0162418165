"""Whether an instance has been allocated what it is about to be bound to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

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

    Not inside a transaction: an answer takes its time.
    """

    def __init__(self, client: PlacementClient) -> None:
        self._client = client

    def check(self, bindings: Sequence[Binding]) -> None:
        """``NoAllocation``, or ``PlacementUnavailable`` where nobody can say."""
        wanted = Counter((each.instance_uuid, each.provider_uuid) for each in bindings)
        for instance in sorted({each.instance_uuid for each in bindings}):
            try:
                allocated = self._client.list_allocated(instance)
            except OutsideTrouble as trouble:
                raise PlacementUnavailable(
                    f"the allocations of instance {instance} cannot be looked at: {trouble}"
                ) from trouble
            for (holder, provider), count in wanted.items():
                has = sum(allocated.get(provider, {}).values())
                if holder == instance and has < count:
                    raise NoAllocation(
                        f"instance {instance} has an allocation of {has} of resource provider"
                        f" {provider}, and would be bound to {count}"
                    )
