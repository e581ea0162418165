"""The microversions and what each brought; ``path`` finds out which one a request speaks.

2.0 to 2.3 mean what they mean in the existing accelerator service, 2.4 to 2.99 are left to it and
mean here what 2.3 does, and 2.100 is the first of our own. A released version never changes: the
first change that a client of the newest released one could notice (a new URL, parameter, field,
status or meaning) begins the next one, and whatever else is noticeable joins it until that one is
released. 2.100 is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

SERVICE_TYPE = "accelerator"
HEADER = "OpenStack-API-Version"


class Version(NamedTuple):
    """A microversion; compares as a pair of numbers."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


V2_0 = Version(2, 0)
V2_1 = Version(2, 1)
V2_2 = Version(2, 2)
V2_3 = Version(2, 3)
V2_100 = Version(2, 100)
V2_101 = Version(2, 101)

HISTORY: Mapping[Version, str] = MappingProxyType(
    {
        V2_0: "the first",
        V2_1: "administrators may set ``/project_id`` when they bind a request",
        V2_2: "a device profile is shown by its name too",
        V2_3: "devices show their ``status``",
        V2_100: "``/v2/ir_requirements``, ``/v2/resource_representations`` and ``/v2/matches``;"
        " devices show ``device_class``, ``state`` and ``numa_node``; requests show the ``reason``"
        " of their state; more filters; no client error is answered with 500; device-profile show"
        " writes times as all others do; 423 has a fault as its body",
        V2_101: "``/v2/hosts``, ``/v2/agents``, ``/v2/conductors``, ``/v2/attach_handles``,"
        " ``/v2/usages`` and ``/v2/measurements``;"
        " device profiles can be changed, and one that is in use is not deleted; more filters;"
        " devices are enabled and disabled for a reason and show ``status_reason``,"
        " ``status_author``, ``status_since``, ``identity``, ``capacities``, ``trouble``, ``peers``"
        " and ``versions``; deployables show ``withheld``; requests show ``trouble`` and"
        " ``trouble_since``; representations have ``fact_sources`` (schema version 1.1),"
        " ``nominal_memory_bytes``, ``compute_units`` and ``traits``; requirements have"
        " ``example_inputs``, ``parameter_count``, ``parameters_guessed``, ``uses`` and"
        " ``attention``, and are"
        " made with ``weights``; matches take ``allow_fallback``, ``keep_io``,"
        " ``precision_policy``, ``devices_limit`` and as ``runtime`` the name of any, and say by"
        " which ``catalogue`` they were made; verdicts have ``interval_share``, ``probability``,"
        " ``binding_constraint``, ``nearest_fix`` and ``nearest_device``",
    }
)
"""What each version brought, oldest first; the API reference repeats it, held by a test."""

VERSIONS = tuple(HISTORY)
MINIMUM = VERSIONS[0]
MAXIMUM = VERSIONS[-1]
