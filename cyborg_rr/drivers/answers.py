"""Whether what a driver returned is what a driver returns: a plug-in may return anything.

Checked where it comes in, so that only that driver fails, and neither the look at the other
drivers' devices nor a conductor that cannot read the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from cyborg_rr.domain.documents import Range
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.drivers.driver import DiscoveryFailed

MAX_DEVICES = 100_000
"""As many as a simulated host may have; no real one comes near, but a plug-in that never ends."""

Check = Callable[[Any, str], None]
"""Raises ``DiscoveryFailed`` with the place for a value that is not of its type."""


def check_found(answer: Iterable[object]) -> tuple[FoundDevice, ...]:
    """The devices, each of the right types all the way down; else ``DiscoveryFailed``."""
    check = _make_check(FoundDevice)
    found = []
    for number, device in enumerate(answer):
        if number == MAX_DEVICES:
            raise DiscoveryFailed(f"it returned more than {MAX_DEVICES} devices")
        check(device, f"device {number}")
        found.append(_check_amounts(device, f"device {number}"))
    return tuple(found)


def _check_amounts(device: Any, place: str) -> FoundDevice:
    """Nobody has less than nothing: it would be given to others."""
    checked: FoundDevice = device
    if not checked.control_path or (checked.cut_from is not None and not checked.parts):
        raise DiscoveryFailed(f"its {place} is nowhere")
    handles = [handle for part in checked.parts for handle in part.handles]
    for amounts in (checked.capacities, *(handle.consumes for handle in handles)):
        if amounts and min(amounts.values()) < 0:
            raise DiscoveryFailed(f"its {place} has an amount below nought")
    return checked


@cache
def _make_check(hint: Any) -> Check:
    """The check of one type; made once, for a look must cost little."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _check_range(_make_check(arguments[0]), arguments[1])
    if origin in (Union, UnionType):
        return _check_optional(hint, [one for one in arguments if one is not NoneType])
    if is_dataclass(hint) and isinstance(hint, type):
        return _check_fields(hint)
    if origin is tuple:
        return _check_items(tuple, _make_check(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _check_mapping(*map(_make_check, arguments))
    return _check_plain(hint)


def _refuse(value: object, place: str, wanted: str) -> None:
    raise DiscoveryFailed(f"it returned {type(value).__name__} for {place}, which is no {wanted}")


def _check_plain(wanted: type) -> Check:
    def check(value: Any, place: str) -> None:
        if type(value) is not wanted:
            _refuse(value, place, wanted.__name__)

    return check


def _check_range(plain: Check, allowed: Range) -> Check:
    def check(value: Any, place: str) -> None:
        plain(value, place)
        if not allowed.least <= value <= allowed.most:
            raise DiscoveryFailed(f"it returned {value} for {place}, which cannot be")

    return check


def _check_optional(hint: Any, others: list[Any]) -> Check:
    if len(others) != 1:
        raise TypeError(f"{hint} has no check")
    some = _make_check(others[0])

    def check(value: Any, place: str) -> None:
        if value is not None:
            some(value, place)

    return check


def _check_fields(wanted: type) -> Check:
    hints = get_type_hints(wanted, include_extras=True)
    checks = [(field.name, _make_check(hints[field.name])) for field in fields(wanted)]

    def check(value: Any, place: str) -> None:
        if not isinstance(value, wanted):
            _refuse(value, place, wanted.__name__)
        for name, each in checks:
            each(getattr(value, name), name)

    return check


def _check_items(wanted: type, item: Check) -> Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, wanted):
            _refuse(value, place, wanted.__name__)
        for one in value:
            item(one, place)

    return check


def _check_mapping(key: Check, item: Check) -> Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, Mapping):
            _refuse(value, place, Mapping.__name__)
        for name, one in value.items():
            key(name, place)
            item(one, place)

    return check
