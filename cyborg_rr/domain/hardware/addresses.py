"""Where a function sits on the PCI bus, as one value instead of text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cyborg_rr.domain.errors import InvalidInput

_PCI_ADDRESS = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class PciAddress:
    """Where a function sits on the PCI bus."""

    domain: int
    bus: int
    device: int
    function: int

    @classmethod
    def parse(cls, text: str) -> PciAddress:
        """Read ``dddd:bb:ss.f`` in hexadecimal; anything else is ``InvalidInput``."""
        return _parse(text)

    @classmethod
    def parse_info(cls, info: Mapping[str, str]) -> PciAddress:
        """Read the four parts of ``render_handle_info``; ``InvalidInput`` when one is missing."""
        parts = [info.get(name, "") for name in ("domain", "bus", "device", "function")]
        if not all(parts):
            raise InvalidInput("not a PCI handle with domain, bus, device and function")
        return cls.parse("{}:{}:{}.{}".format(*parts))

    def render(self) -> str:
        """The address as the kernel writes it, for example ``0000:3b:00.0``."""
        return _render(self)

    def render_handle_info(self) -> dict[str, str]:
        """The four parts as the accelerator API gives them: hexadecimal text without a prefix."""
        return {
            "domain": f"{self.domain:04x}",
            "bus": f"{self.bus:02x}",
            "device": f"{self.device:02x}",
            "function": f"{self.function:x}",
        }


def render_control_path(control_path: str) -> str:
    """A stored control path for people: a PCI address where it is one, else as it is stored."""
    parts: dict[str, str] = json.loads(control_path)
    try:
        domain, bus, device, function = (
            parts[name] for name in ("domain", "bus", "device", "function")
        )
        return PciAddress.parse(f"{domain}:{bus}:{device}.{function}").render()
    except (KeyError, TypeError, InvalidInput):
        return control_path


@lru_cache(maxsize=4096)
def _parse(text: str) -> PciAddress:
    match = _PCI_ADDRESS.fullmatch(text.lower())
    if match is None:
        raise InvalidInput(f"{text!r} is not a PCI address of the form dddd:bb:ss.f")
    return PciAddress(*(int(part, 16) for part in match.groups()))


@lru_cache(maxsize=4096)
def _render(address: PciAddress) -> str:
    return f"{address.domain:04x}:{address.bus:02x}:{address.device:02x}.{address.function:x}"
