"""Green bitstreams of OPAE (.gbs): metadata in JSON in front of the bitstream.

Layout: opae-sdk, libraries/libbitstream and its metadata constants: a GUID, a length, JSON with
``afu-image``.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.formats.json_values import get_field, get_list, get_mapping, parse_json
from cyborg_rr.readers.reading.source import Buffer

MAX_METADATA_BYTES: Final = 1 << 20
_GUID_BYTES: Final = 16
_WHAT: Final = "the metadata of the bitstream"


def read(data: Buffer) -> Found:
    """The region that it is for, and the functions (AFUs) that it is."""
    start = _GUID_BYTES + 4
    size = int.from_bytes(bytes(data[_GUID_BYTES:start]), "little")
    if size > MAX_METADATA_BYTES or start + size > len(data):
        raise UnreadableModel(f"{_WHAT} has {size} bytes, more than the file or than is meant")
    metadata = parse_json(bytes(data[start : start + size]).rstrip(b"\0"), _WHAT)
    image = get_mapping(get_field(metadata, "afu-image", _WHAT), "afu-image")
    clusters = get_list(get_field(image, "accelerator-clusters", "afu-image"), "the clusters")
    targets, lacks = [], []
    if "interface-uuid" in image:
        targets.append(Target("region", _parse_uuid(image["interface-uuid"])))
    else:
        lacks.append("it does not say for which region it was compiled (no interface-uuid)")
    for cluster in clusters:
        uuid = get_field(cluster, "accelerator-type-uuid", "a cluster")
        targets.append(Target("bitstream", _parse_uuid(uuid)))
    if not targets:
        raise UnreadableModel(f"{_WHAT} names neither a region nor a function")
    platform = get_mapping(metadata, _WHAT).get("platform-name")
    return Found(
        kind="gbs",
        what="a bitstream of OPAE (.gbs)",
        targets=tuple(dict.fromkeys(targets)),
        version="1",
        producer="opae",
        lacks=tuple(lacks),
        notes=(f"its platform is called {quote(platform)}",)
        if isinstance(platform, str) and platform
        else (),
    )


def _parse_uuid(value: object) -> str:
    try:
        return str(UUID(str(value)[:64]))
    except ValueError as error:
        raise UnreadableModel(f"{quote(str(value)[:64])} is no uuid") from error
