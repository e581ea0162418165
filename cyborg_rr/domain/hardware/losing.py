"""What holders of a device are told when they can no longer use it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.stored import StoredHandle, StoredTree


@dataclass(frozen=True, slots=True)
class RequestTrouble:
    """What an accelerator request is told of its device; None: it is well again."""

    arq_uuid: str
    text: str | None
    is_new: bool = True


def list_request_troubles(
    tree: StoredTree, trouble: Trouble | None, lost: Collection[int] = ()
) -> list[RequestTrouble]:
    """What the requests that hold a part of a device are told and do not know yet.

    ``lost`` are the rows of those handles that their host no longer has.
    """
    found = []
    for part in tree.parts:
        for handle in part.handles:
            text = _explain(tree, handle, trouble, handle.id in lost)
            if handle.arq_uuid is not None and text != handle.arq_trouble:
                found.append(RequestTrouble(handle.arq_uuid, text, handle.arq_trouble is None))
    return found


def _explain(
    tree: StoredTree, handle: StoredHandle, trouble: Trouble | None, is_lost: bool
) -> str | None:
    device = f"device {tree.device.uuid} at {render_address(tree.control_path)}"
    where = f"host {tree.device.hostname}"
    if is_lost:
        what = "" if handle.place is None else f" ({handle.place})"
        return f"what it holds{what} of {device} is no longer on {where}"
    if trouble is not None:
        return f"{device} of {where} cannot be used: {trouble.text} ({trouble.code})"
    return None


def render_address(control_path: str) -> str:
    """A stored control path for people: a PCI address where it is one, else as it is stored."""
    parts: dict[str, str] = json.loads(control_path)
    try:
        domain, bus, device, function = (
            parts[name] for name in ("domain", "bus", "device", "function")
        )
        return PciAddress.parse(f"{domain}:{bus}:{device}.{function}").render()
    except (KeyError, InvalidInput):
        return control_path
