"""Microversions: which one a request speaks, and the headers that tell of it.

2.0 to 2.3 mean what they mean in the existing accelerator service, 2.4 to 2.99 are left to it, and
2.100 is the first of our own. ``latest`` is the newest that we have.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import microversion_parse

from cyborg_rr.api.errors import MalformedVersion, NotAcceptable

SERVICE_TYPE = "accelerator"
HEADER = "OpenStack-API-Version"
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})", re.ASCII)


class Version(NamedTuple):
    """A microversion; compares as a pair of numbers."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


V2_0 = Version(2, 0)
V2_1 = Version(2, 1)
"""Administrators may set the project of a request when they bind it."""
V2_2 = Version(2, 2)
"""A device profile can be shown by its name."""
V2_3 = Version(2, 3)
"""Devices show their status."""
V2_100 = Version(2, 100)
"""IR requirements, resource representations and matches; client errors are never 500."""

VERSIONS = (V2_0, V2_1, V2_2, V2_3, V2_100)
MINIMUM = VERSIONS[0]
MAXIMUM = VERSIONS[-1]


def negotiate(header: str | None) -> Version:
    """The version that the header asks for; without one, the oldest.

    Raises ``MalformedVersion`` for what cannot be read and ``NotAcceptable`` for what we lack. A
    value without service type counts as meant for us, as in the existing service.
    """
    if header is None:
        return MINIMUM
    text = microversion_parse.get_version({HEADER.lower(): header}, SERVICE_TYPE)
    text = header.strip() if text is None else text
    if text == "latest":
        return MAXIMUM
    match = _VERSION.fullmatch(text)
    if match is None:
        raise MalformedVersion(
            f"{HEADER}: {header[:100]!r} is not of the form '{SERVICE_TYPE} X.Y'"
        )
    version = Version(int(match[1]), int(match[2]))
    if version not in VERSIONS:
        raise NotAcceptable(
            f"version {version} is not supported; supported are"
            f" {', '.join(str(known) for known in VERSIONS)}"
        )
    return version


def render_headers(version: Version | None) -> dict[str, str]:
    """Headers of an answer; ``version`` is None where an unknown one was asked for."""
    headers = {
        "Vary": HEADER,
        "OpenStack-API-Minimum-Version": str(MINIMUM),
        "OpenStack-API-Maximum-Version": str(MAXIMUM),
    }
    if version is not None:
        headers[HEADER] = f"{SERVICE_TYPE} {version}"
    return headers
