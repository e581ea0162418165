"""Device profiles: named lists of request groups, and what a group asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import physical_network_trait
from cyborg_rr.domain.words import DEVICE_KINDS

NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
RESOURCE_CLASSES = frozenset({"GPU"}).union(
    *({kind.resource_class, kind.slice_class} for kind in DEVICE_KINDS.values())
)
"""What a profile may ask for besides classes that begin with ``CUSTOM_``."""
_PLACEMENT_NAME = re.compile(r"[A-Z0-9_]{1,255}", re.ASCII)
_RESOURCES = "resources:"
_TRAIT = "trait:"
_ACCEL = "accel:"
_AMOUNT = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
MAX_GROUPS = 64
MAX_REQUESTS_PER_PROFILE = 1024
MAX_COPIED_CHARACTERS = 4 * 1024**2
"""Of the groups, once for each request that is made from them: each has a copy of its group."""

Group = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """A named list of groups; the index of a group is its id."""

    uuid: str
    name: str
    groups: tuple[Group, ...]
    created_at: datetime
    updated_at: datetime | None = None
    description: str | None = None


def parse_groups(groups: object) -> tuple[dict[str, str], ...]:
    """Check the groups of a new profile and return them with text values and trimmed keys.

    Raises ``InvalidInput`` that names the group and the key.
    """
    if not isinstance(groups, list) or not groups:
        raise InvalidInput("groups must be a list with at least one group")
    if len(groups) > MAX_GROUPS:
        raise InvalidInput(f"groups holds {len(groups)} groups; at most {MAX_GROUPS} are allowed")
    parsed = tuple(_parse_group(index, group) for index, group in enumerate(groups))
    total = count_all(parsed)
    if total > MAX_REQUESTS_PER_PROFILE:
        raise InvalidInput(
            f"the profile asks for {total} accelerators; at most {MAX_REQUESTS_PER_PROFILE}"
            " are allowed"
        )
    copied = sum(count_requests(group) * _count_characters(group) for group in parsed)
    if copied > MAX_COPIED_CHARACTERS:
        raise InvalidInput(
            f"each accelerator has a copy of its group, here of {copied} characters together; at"
            f" most {MAX_COPIED_CHARACTERS} are allowed"
        )
    return parsed


def _count_characters(group: Group) -> int:
    return sum(len(key) + len(value) for key, value in group.items())


def _parse_group(index: int, group: object) -> dict[str, str]:
    if not isinstance(group, dict):
        raise InvalidInput(f"groups[{index}] must be an object")
    parsed: dict[str, str] = {}
    for raw_key, raw_value in group.items():
        key, value = _parse_entry(f"groups[{index}]", raw_key, raw_value)
        if key in parsed:
            raise InvalidInput(f"groups[{index}] has the key {key!r} twice")
        parsed[key] = value
    return parsed


def _parse_entry(place: str, key: str, value: object) -> tuple[str, str]:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidInput(f"{place}[{key!r}] must be text or a whole number")
    text = str(value)
    if len(key) > 512 or len(text) > 4096:
        raise InvalidInput(f"{place} has a key or value that is too long")
    if key.startswith(_RESOURCES):
        return _parse_resource(place, key[len(_RESOURCES) :].strip(), text)
    if key.startswith(_TRAIT):
        return _parse_trait(place, key[len(_TRAIT) :].strip(), text)
    if key.startswith(_ACCEL):
        return f"{_ACCEL}{key[len(_ACCEL) :].strip()}", text
    raise InvalidInput(f"{place}: key {key!r} must begin with resources:, trait: or accel:")


def _parse_resource(place: str, name: str, text: str) -> tuple[str, str]:
    known = name in RESOURCE_CLASSES or name.startswith("CUSTOM_")
    if not known or not _PLACEMENT_NAME.fullmatch(name):
        raise InvalidInput(f"{place}: {name!r} is not a resource class that a profile may ask for")
    if not _AMOUNT.fullmatch(text):
        raise InvalidInput(
            f"{place}: the amount of {name} must be a whole number, not {text[:100]!r}"
        )
    amount = int(text)
    if amount > MAX_REQUESTS_PER_PROFILE:
        raise InvalidInput(
            f"{place}: {amount} of {name} is over the limit of {MAX_REQUESTS_PER_PROFILE}"
        )
    return f"{_RESOURCES}{name}", text.strip()


def _parse_trait(place: str, name: str, text: str) -> tuple[str, str]:
    if not name.startswith("CUSTOM_") or not _PLACEMENT_NAME.fullmatch(name):
        raise InvalidInput(f"{place}: trait {name!r} must begin with CUSTOM_ and be A-Z, 0-9, _")
    if text not in ("required", "forbidden"):
        raise InvalidInput(f"{place}: trait {name} must be required or forbidden, not {text!r}")
    return f"{_TRAIT}{name}", text


def parse_name(name: object) -> str:
    """A profile name: 1 to 255 letters, digits, hyphens and underscores."""
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
        raise InvalidInput(
            "name must be 1 to 255 characters, each a letter, a digit, a hyphen or an underscore"
        )
    return name


def resources_of(group: Group) -> dict[str, int]:
    """Resource class -> amount; amounts below one ask for nothing."""
    return {
        key[len(_RESOURCES) :]: int(value)
        for key, value in group.items()
        if key.startswith(_RESOURCES) and int(value) > 0
    }


def traits_of(group: Group, value: str) -> frozenset[str]:
    """The traits that the group marks ``required`` or ``forbidden``."""
    return frozenset(
        key[len(_TRAIT) :]
        for key, mark in group.items()
        if key.startswith(_TRAIT) and mark == value
    )


def count_requests(group: Group) -> int:
    """How many accelerator requests a group becomes.

    One for each unit of a resource; a Xilinx FPGA counts double since its management and user
    functions are handed out together (a rule of the accelerator v2 API).
    """
    resources = resources_of(group)
    if "CUSTOM_FPGA_XILINX" in traits_of(group, "required"):
        return 2 * resources.get("FPGA", 0)
    return sum(resources.values())


def count_all(groups: Iterable[Group]) -> int:
    """How many accelerator requests all the groups become."""
    return sum(count_requests(group) for group in groups)


def refuse_provider(group: Group, resource_class: str, traits: Iterable[str]) -> str | None:
    """Why a provider with that resource class and those traits cannot serve the group, or None."""
    wanted = resources_of(group)
    if wanted and resource_class not in wanted:
        return f"it provides {resource_class}, the profile asks for {', '.join(sorted(wanted))}"
    offered = frozenset(traits)
    missing = traits_of(group, "required") - offered
    if missing:
        return f"it lacks the trait {', '.join(sorted(missing))}{_explain_networks(missing)}"
    present = traits_of(group, "forbidden") & offered
    if present:
        return f"it has the forbidden trait {', '.join(sorted(present))}"
    return None


def _explain_networks(missing: Iterable[str]) -> str:
    """What to do for a port that cannot lead to its network."""
    if not any(trait.startswith(physical_network_trait("")) for trait in missing):
        return ""
    return (
        "; option [nic] physical_network_mappings of its agent names no such network for it, so"
        " that no port can have it"
    )


def expand_requests(groups: Sequence[Group]) -> list[tuple[int, Group]]:
    """The (group id, group) of each request that a profile becomes, in order."""
    return [
        (index, group) for index, group in enumerate(groups) for _ in range(count_requests(group))
    ]
