"""The JSON of devices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import ONE_LINE_SCHEMA, Schema
from cyborg_rr.api.request.version import V2_3, V2_100, V2_101
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.stored import DeviceHealth, OperatorStatus, StoredDevice

COLLECTION = "devices"


STATUS = Schema(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {"reason": ONE_LINE_SCHEMA},
    }
)
"""Why a device is enabled or disabled."""


def parse_reason(document: Any) -> str | None:
    """The reason that the body of enable or disable may give."""
    STATUS.check(document)
    reason: str | None = document.get("reason")
    return reason


def parse_status(name: str, text: str) -> str:
    """The operator's word that a list is limited to."""
    return _parse_word(name, text, tuple(OperatorStatus))


def parse_health(name: str, text: str) -> str:
    """Whether a list is limited to devices that can be used, or to those in trouble."""
    return _parse_word(name, text, tuple(DeviceHealth))


def _parse_word(name: str, text: str, words: Sequence[str]) -> str:
    if text not in words:
        raise InvalidInput(f"{name} must be {' or '.join(words)}, not {text[:100]!r}")
    return text


def render_device(device: StoredDevice, call: Call) -> dict[str, Any]:
    """A device; from 2.3 on with its status, from 2.100 on with its class, state and NUMA node.

    From 2.101 on it says who gave it its status and why, which one it is, what of it can be
    consumed, why it cannot be used, what it is linked to, and which versions of drivers and
    toolchains are there.
    """
    document: dict[str, Any] = {
        "uuid": device.uuid,
        "type": device.type,
        "vendor": device.fields.vendor,
        "model": device.fields.model,
        "std_board_info": _render_info(device.fields.std_board_info),
        "vendor_board_info": _render_info(device.fields.vendor_board_info),
        "hostname": device.hostname,
    }
    if call.version >= V2_3:
        document["status"] = device.status
    document["links"] = call.links.own(COLLECTION, device.uuid)
    document["created_at"] = render_time(device.created_at)
    document["updated_at"] = render_time(device.updated_at)
    if call.version >= V2_100:
        document["device_class"] = device.device_class
        document["state"] = device.state
        document["numa_node"] = device.fields.numa_node
    if call.version >= V2_101:
        document["status_reason"] = device.status_reason
        document["status_author"] = device.status_author
        document["status_since"] = render_time(device.status_since)
        document["identity"] = device.identity
        document["capacities"] = dict(device.capacities)
        document["trouble"] = _render_trouble(device)
        document["peers"] = dict(device.fields.peers)
        document["versions"] = dict(device.fields.versions)
    return document


def _render_trouble(device: StoredDevice) -> dict[str, Any] | None:
    if device.trouble is None:
        return None
    return {
        "code": device.trouble.code,
        "text": device.trouble.text,
        "since": render_time(device.trouble_since),
    }


def _render_info(info: Mapping[str, str]) -> str:
    """JSON text within the JSON, as clients of the v2 API expect it."""
    return _render_items(tuple(info.items()))


@lru_cache(maxsize=4096)
def _render_items(items: tuple[tuple[str, str], ...]) -> str:
    """Written once for the many devices that say the same."""
    return json.dumps(dict(items), sort_keys=True, separators=(",", ":"))
