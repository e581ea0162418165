"""What every device driver provides, and what it is given.

A driver finds devices and acts on them. It returns facts: it writes no rows, reads no
configuration, and neither knows what its devices are offered as nor on which host it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.devices import AttachHandle, LeftOut, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice

T = TypeVar("T")


class DiscoveryFailed(CyborgError):
    """A driver as a whole could not look: what it reported before must stay as it is."""

    code = "discovery_failed"


class HandleUnusable(CyborgError):
    """The host cannot hand out the attach handle: the function behind it is gone or another one."""

    code = "handle_unusable"


NO_VGPU_TYPE = "no_vgpu_type"
"""Code of a virtual function of which its driver knows that it is no device yet: it has the ids of
the whole card, so that no other driver may offer it as that."""


WHOLE_OFFERED = "whole_offered"
"""Code of a function whose card another driver offers already, whole or in other parts."""


class NoCleanMethod(CyborgError):
    """Nothing here can clean what an instance had: neither kernel nor driver has a way."""

    code = "no_clean_method"


class CleanFailed(CyborgError):
    """What an instance had could not be cleaned; ``cause`` is a code, the text is for people."""

    code = "clean_failed"

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(text)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class DriverContext:
    """What a driver is given at construction.

    ``sysfs`` is the root to read below, so that a recorded tree works like a machine. ``options``
    holds values by name; each driver's module says which it reads (``fleet`` and ``fleet_host``:
    fake; ``pci_devices`` and ``physical_networks``: pci; ``nvml`` and ``watch_xids``: nvidia_gpu;
    ``offer_in_use`` (addresses), ``records`` (a directory), ``proc`` (the kernel's other tree) and
    ``root`` (below which vendors install what they install): all drivers of PCI functions;
    ``reset_suffices`` (names of drivers): these too).
    """

    sysfs: Path = Path("/sys")
    options: Mapping[str, object] = field(default_factory=dict)


SHARED_IDENTITIES = "shared_identities"
"""Key of ``Memory`` for what is of no slot: the identities that tell no device from another."""


class Memory:
    """What drivers learnt of a host's devices while these could be asked.

    A GPU that a guest has cannot be asked by its vendor's library: what that said before still
    describes it, also after a restart of the agent, which keeps this beside its ledger. Facts are
    plain JSON data, of the driver's own choice, by the ``slot_key`` of the device that they are of:
    another kind of device in its slot has other ones. Whoever can ask again learns them anew.

    Counts of what happened to a device are kept apart, by what they count: they are forgotten when
    it goes, for those of the kernel begin anew when it comes back.
    """

    def __init__(self, known: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> None:
        self._known = dict(known)
        self._news: dict[str, Mapping[str, Any] | None] = {}

    def recall(self, slot_key: str) -> Mapping[str, Any] | None:
        """What was learnt last of the device in that slot."""
        return self._known.get(slot_key)

    def learn(self, slot_key: str, facts: Mapping[str, Any]) -> None:
        """Remember what a device said of itself now."""
        if self._known.get(slot_key) != facts:
            self._known[slot_key] = self._news[slot_key] = dict(facts)

    def count_growth(self, slot_key: str, what: str, count: int) -> int:
        """How much more it is than at the last look; 0 at the first, or when it began anew."""
        key = f"{what}:{slot_key}"
        known = (self._known.get(key) or {}).get("count")
        self.learn(key, {"count": count})
        return max(0, count - known) if isinstance(known, int) else 0

    def forget_counts(self, seen: Collection[str]) -> None:
        """Forget the counts of devices in slots other than these."""
        for key in [key for key in self._known if key != get_slot(key)]:
            if get_slot(key) not in seen:
                del self._known[key]
                self._news[key] = None

    def note_shared(self, identities: Collection[str]) -> frozenset[str]:
        """All the identities that two devices of the host were ever seen to have at a time.

        While one of the two is away, the other one must not be taken for it.
        """
        known = (self._known.get(SHARED_IDENTITIES) or {}).get("identities")
        before = frozenset(known if isinstance(known, list) else ())
        if not before.issuperset(identities):
            self.learn(SHARED_IDENTITIES, {"identities": sorted(before.union(identities))})
        return before.union(identities)

    def take_news(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What was learnt since the last call, and what was forgotten (None): to be written."""
        news, self._news = self._news, {}
        return news

    def return_news(self, news: Mapping[str, Mapping[str, Any] | None]) -> None:
        """They could not be written down: the next call gives them again."""
        self._news = {**news, **self._news}


def get_slot(memory_key: str) -> str:
    """The slot that a key of ``Memory`` is of; that of a count has in front what it counts."""
    what, parting, rest = memory_key.partition(":{")
    return "{" + rest if parting and "{" not in what else memory_key


class Look:
    """What the drivers of a host share while they look once, such as the scan of its PCI bus.

    ``host_id`` tells what is made of a device without identity from what other hosts make, and
    ``held`` are the handles that are given out, as they were when they were given.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        host_id: str = "",
        held: Collection[AttachHandle] = (),
    ) -> None:
        self.memory = Memory() if memory is None else memory
        self.host_id = host_id
        self.held = tuple(held)
        self._shared: dict[Hashable, Any] = {}
        self._left_out: dict[str, LeftOut] = {}

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """What the first driver that asked with this key made."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found

    def leave_out(self, name: str, slot_key: str, trouble: Trouble) -> None:
        """Something is here but not offered: the first driver that says so says why."""
        said = (name, slot_key, trouble.code, trouble.text)
        if not all(isinstance(text, str) for text in said):
            raise DiscoveryFailed("it left something out without saying in words what and why")
        self._left_out.setdefault(slot_key, LeftOut(name, slot_key, trouble))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out until now, in order of its names."""
        return tuple(sorted(self._left_out.values(), key=lambda left_out: left_out.name))


class Driver(Protocol):
    """Finds the devices of one family on this host and acts on them."""

    name: str
    """How configuration calls it, and who reported a device."""

    is_generic: bool
    """Whether any more specific driver that claims the same function wins."""

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """The devices that are there now, in a stable order.

        A device that cannot be read is left out with a warning. ``DiscoveryFailed`` means that
        nothing can be said about any device of this driver.
        """
        ...

    def prepare(self, handle: AttachHandle) -> None:
        """Make the handle ready for an instance; repeating it changes nothing.

        Raises ``HandleUnusable`` when the function behind the handle is not there any more, or
        cannot be made ready: nothing is done then. After any other error ``release`` is asked for.
        """
        ...

    def release(self, handle: AttachHandle) -> None:
        """Undo ``prepare``; repeating it, or a device that has gone, is no error."""
        ...

    def clean(self, handle: AttachHandle) -> str:
        """Take from a released handle what its instance left there; returns the method's name.

        May take minutes, may be repeated, also after it was interrupted. Raises ``NoCleanMethod``
        where there is no way, ``CleanFailed`` where it failed or cannot be seen to have succeeded.
        """
        ...


class DriverFactory(Protocol):
    """What an entry point names: a class, or anything that makes a driver from its context."""

    def __call__(self, context: DriverContext) -> Driver:
        """Make the driver; raises ``InvalidInput`` for an option that it cannot work with."""
        ...


class SkipLog:
    """Warns once for each device and cause, though discovery repeats every minute."""

    def __init__(self, driver_name: str) -> None:
        self._log = logging.getLogger(f"{__package__}.{driver_name}")
        self._told: dict[str, str] = {}

    def skip(self, device_name: str, cause: object, level: int = logging.WARNING) -> None:
        """Say that the device is left out and why, unless that was the last word about it."""
        text = str(cause)
        if self._told.get(device_name) != text:
            self._told[device_name] = text
            self._log.log(level, "%s is left out: %s", device_name, text)

    def forget(self, device_name: str) -> None:
        """The device is in order (again): its next trouble is news."""
        self._told.pop(device_name, None)
