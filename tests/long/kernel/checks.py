"""What must hold of a guest's answer: the agent's picture held against the kernel's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.long.kernel.machine import MAC_ADDRESSES, NVME_SERIAL

Step = dict[str, Any]
Check = Callable[[Sequence[Step]], Iterator[str]]
"""Gives a sentence for each thing that is wrong."""


def _list_handles(step: Step) -> list[dict[str, Any]]:
    return [handle for device in step["agent"] for handle in device["handles"]]


def _offered(step: Step) -> set[str]:
    return {handle["address"] for handle in _list_handles(step)}


def _get(steps: Sequence[Step], name: str) -> Step:
    return next(step for step in steps if step["step"] == name)


def no_device_and_no_handle_stands_twice(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        devices = [device["address"] for device in step["agent"]]
        identities = [device["identity"] for device in step["agent"] if device["identity"]]
        handles = [handle["address"] for handle in _list_handles(step)]
        for what in (devices, identities, handles):
            twice = [each for each, count in Counter(what).items() if count > 1]
            if twice:
                yield f"{step['step']}: twice: {', '.join(twice)}"


def everything_offered_is_there_and_no_bridge(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        for address in sorted(_offered(step)):
            function = step["kernel"].get(address)
            if function is None:
                yield f"{step['step']}: {address} is offered and not there"
            elif function["ids"][2].startswith("06"):
                yield f"{step['step']}: the bridge {address} is offered"


def everything_listed_is_offered_or_divided(ids: Sequence[tuple[str, str]]) -> Check:
    def check(steps: Sequence[Step]) -> Iterator[str]:
        for step in steps:
            offered = _offered(step)
            for address, function in step["kernel"].items():
                is_listed = tuple(function["ids"][:2]) in ids or function["physical"] is not None
                is_orphan = function["physical"] is not None and not _is_known(step, address)
                if is_orphan or not function["answers"] or function["virtual"]:
                    continue
                if is_listed and address not in offered:
                    yield f"{step['step']}: {address} is not offered"

    return check


def _is_known(step: Step, virtual: str) -> bool:
    """Whether the card of a virtual function is there and knows it."""
    card = step["kernel"].get(step["kernel"][virtual]["physical"])
    return card is not None and virtual in card["virtual"]


def a_card_is_never_held_whole_beside_its_parts(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        for device in step["agent"]:
            for handle in device["handles"]:
                parts = _list_parts(step, handle["address"]) & _offered(step)
                own = [each for each in device["handles"] if each["address"] in parts]
                if len(own) < len(parts) or not _exclude(device, handle, own):
                    yield f"{step['step']}: {handle['address']} beside {', '.join(sorted(parts))}"


def _list_parts(step: Step, address: str) -> set[str]:
    """The virtual functions of a function, as either side tells it.

    Those of a card that was pulled and put back say whose they were; the card does not know them.
    """
    said = step["kernel"].get(address, {}).get("virtual", [])
    return {*said, *(name for name, f in step["kernel"].items() if f["physical"] == address)}


def what_does_not_answer_is_not_offered(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        for address in sorted(_offered(step)):
            if not step["kernel"].get(address, {}).get("answers", True):
                yield f"{step['step']}: {address} reads as ones and is offered"


def _exclude(device: dict[str, Any], whole: dict[str, Any], parts: list[dict[str, Any]]) -> bool:
    """Whether the capacities let nobody hold the whole while a part is held."""
    return all(
        any(
            amount + part["consumes"].get(name, 0) > device["capacities"].get(name, 0)
            for name, amount in whole["consumes"].items()
            if part["consumes"].get(name)
        )
        for part in parts
    )


def virtual_functions_come_and_go(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if "cards" not in step:
            continue
        count = int(step["step"].split()[0])
        for card in step["cards"]:
            parts = [a for a, f in step["kernel"].items() if f["physical"] == card]
            if len(parts) != count:
                yield f"{step['step']}: the kernel has {len(parts)} of {card}"
            missing = sorted(set(parts) - _offered(step))
            if missing:
                yield f"{step['step']}: not offered: {', '.join(missing)}"
    pulled = _get(steps, "cards pulled with their virtual functions")
    if not pulled["gone"]:
        yield "no card with virtual functions was tried"
    left = [name for name in pulled["kernel"] if name in pulled["gone"]]
    if left:
        yield f"the kernel still has {', '.join(left)}"


def units_are_the_kernels_isolation_groups(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        for handle in _list_handles(step):
            group = step["kernel"].get(handle["address"], {}).get("group")
            if group is None:
                yield f"{step['step']}: the kernel has no group of {handle['address']}"
            elif handle["unit"] != f"iommu_group:{group}":
                yield f"{step['step']}: unit of {handle['address']}: {handle['unit']}, not {group}"
    groups = Counter(handle["unit"] for handle in _list_handles(steps[0]))
    if max(groups.values(), default=0) < 2:
        yield "no two functions of one group were tried"


def serial_numbers_are_identities(steps: Sequence[Step]) -> Iterator[str]:
    """The number that qemu makes of a network card's address: two bytes in its middle."""
    wanted = {f"pci:{mac.replace(':', '')}" for mac in MAC_ADDRESSES}
    wanted = {f"{each[:10]}ffff{each[10:]}" for each in wanted}
    for step in steps:
        missing = wanted - {device["identity"] for device in step["agent"]}
        if missing:
            yield f"{step['step']}: no device is {', '.join(sorted(missing))}"


def resets_leave_the_picture_as_it_was(steps: Sequence[Step]) -> Iterator[str]:
    step = _get(steps, "functions reset")
    if not step["resets"]:
        yield "no function could be reset"
    for address, outcome in step["resets"].items():
        if outcome != "done" and _is_alone(step, address):
            yield f"reset of {address}: {outcome}"
    before = _get(steps, "cards are back")
    if step["agent"] != before["agent"]:
        yield "the agent sees something else after the resets"


def cleans_reach_what_they_clean_and_leave_its_driver(steps: Sequence[Step]) -> Iterator[str]:
    step = _get(steps, "functions cleaned")
    before, after = step["drivers"]
    if before != after:
        yield f"drivers were {before} and are {after}"
    for address, outcome in step["cleaned"].items():
        if outcome != "function_reset" and _is_alone(step, address):
            yield f"clean of {address}: {outcome}"
        by_bus = "bus" in step["methods"][address][:1]
        if outcome == "function_reset" and by_bus and not _is_alone(step, address):
            yield f"{address} was reset with what is on its bus"
    if not before.keys() & step["cleaned"].keys():
        yield "nothing that has a driver was cleaned"
    if step["agent"] != _get(steps, "functions reset")["agent"]:
        yield "the agent sees something else after the cleans"


def _is_alone(step: Step, address: str) -> bool:
    """Whether nothing else is on its bus: two cannot be reset by their bus, whatever is said."""
    return sum(name.startswith(address[:8]) for name in step["kernel"]) == 1


def a_device_pulled_within_a_read_is_gone_and_comes_back(steps: Sequence[Step]) -> Iterator[str]:
    step = _get(steps, "unplugged within reads")
    if "something" in step["within"]:
        yield f"files of a pulled device were read: {step['within']}"
    if not any(look["seen"] for look in step["looks"]):
        yield "no look saw the device before it was pulled"
    if not all(look["missed"] for look in step["looks"]):
        yield "a look saw the device after it was pulled"
    if step["victim"] not in _offered(step):
        yield "the device did not come back"


def a_recording_works_like_the_machine_and_names_no_piece(steps: Sequence[Step]) -> Iterator[str]:
    step = _get(steps, "recorded")
    for secret in (NVME_SERIAL, *MAC_ADDRESSES, *_render_bytes(MAC_ADDRESSES)):
        if secret.lower() in step["recording"].lower():
            yield f"the recording has {secret}"

    def strip(devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**device, "identity": bool(device["identity"])} for device in devices]

    if strip(step["recorded_agent"]) != strip(step["agent"]):
        yield "the agent sees something else in the recording"


def _render_bytes(addresses: Sequence[str]) -> list[str]:
    """Both ends of a serial number, as a configuration space has them: vendor's and card's own."""
    turned = ["".join(reversed(address.split(":"))) for address in addresses]
    return [end for each in turned for end in (f"{each[:6]}ff", f"ff{each[6:]}")]


def list_checks(ids: Sequence[tuple[str, str]]) -> list[tuple[str, Check]]:
    """Every check by its sentence."""
    checks: list[Check] = [
        no_device_and_no_handle_stands_twice,
        everything_offered_is_there_and_no_bridge,
        what_does_not_answer_is_not_offered,
        a_card_is_never_held_whole_beside_its_parts,
        virtual_functions_come_and_go,
        units_are_the_kernels_isolation_groups,
        serial_numbers_are_identities,
        resets_leave_the_picture_as_it_was,
        cleans_reach_what_they_clean_and_leave_its_driver,
        a_device_pulled_within_a_read_is_gone_and_comes_back,
        a_recording_works_like_the_machine_and_names_no_piece,
    ]
    named = [(check.__name__.replace("_", " "), check) for check in checks]
    listed = everything_listed_is_offered_or_divided(ids)
    return [*named, ("everything listed is offered or divided", listed)]
