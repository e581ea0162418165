"""Every operation of the API and every policy rule: one line for each resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from oslo_policy import policy

from cyborg_rr.api.request.path import Route
from cyborg_rr.api.request.policy import BASE_RULES
from cyborg_rr.api.resources.accelerator_requests import policies as accelerator_requests
from cyborg_rr.api.resources.accelerator_requests.controller import AcceleratorRequests
from cyborg_rr.api.resources.agents import policies as agents
from cyborg_rr.api.resources.agents.controller import Agents
from cyborg_rr.api.resources.attach_handles import policies as attach_handles
from cyborg_rr.api.resources.attach_handles.controller import AttachHandles
from cyborg_rr.api.resources.attributes import policies as attributes
from cyborg_rr.api.resources.attributes.controller import Attributes
from cyborg_rr.api.resources.conductors import policies as conductors
from cyborg_rr.api.resources.conductors.controller import Conductors
from cyborg_rr.api.resources.deployables import policies as deployables
from cyborg_rr.api.resources.deployables.controller import Deployables
from cyborg_rr.api.resources.device_profiles import policies as device_profiles
from cyborg_rr.api.resources.device_profiles.controller import DeviceProfiles
from cyborg_rr.api.resources.devices import policies as devices
from cyborg_rr.api.resources.devices.controller import Devices
from cyborg_rr.api.resources.hosts import policies as hosts
from cyborg_rr.api.resources.hosts.controller import Hosts
from cyborg_rr.api.resources.ir_requirements import policies as ir_requirements
from cyborg_rr.api.resources.ir_requirements.controller import IrRequirements
from cyborg_rr.api.resources.matches import policies as matches
from cyborg_rr.api.resources.matches.controller import Matches
from cyborg_rr.api.resources.measurements import policies as measurements
from cyborg_rr.api.resources.measurements.controller import Measurements
from cyborg_rr.api.resources.resource_representations import policies as resource_representations
from cyborg_rr.api.resources.resource_representations.controller import ResourceRepresentations
from cyborg_rr.api.resources.usages import policies as usages
from cyborg_rr.api.resources.usages.controller import Usages
from cyborg_rr.api.resources.versions.controller import Versions
from cyborg_rr.api.services import Services


class Controller(Protocol):
    """What answers the operations of one resource."""

    @property
    def routes(self) -> Sequence[Route]:
        """Its operations."""


_RESOURCES: Sequence[tuple[Callable[[Services], Controller], Sequence[policy.RuleDefault]]] = (
    (Versions, ()),
    (DeviceProfiles, device_profiles.RULES),
    (AcceleratorRequests, accelerator_requests.RULES),
    (Devices, devices.RULES),
    (Deployables, deployables.RULES),
    (Attributes, attributes.RULES),
    (AttachHandles, attach_handles.RULES),
    (Hosts, hosts.RULES),
    (Agents, agents.RULES),
    (Conductors, conductors.RULES),
    (Usages, usages.RULES),
    (IrRequirements, ir_requirements.RULES),
    (ResourceRepresentations, resource_representations.RULES),
    (Measurements, measurements.RULES),
    (partial(Matches, devices_rule=devices.LIST), matches.RULES),
)


def list_routes(services: Services) -> tuple[Route, ...]:
    """Every operation of the API."""
    return tuple(route for make, _ in _RESOURCES for route in make(services).routes)


def list_rules() -> list[policy.RuleDefault]:
    """Every rule, for the enforcer and for the generators of samples and documents."""
    return [*BASE_RULES, *(rule for _, rules in _RESOURCES for rule in rules)]
