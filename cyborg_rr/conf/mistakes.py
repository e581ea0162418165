"""What oslo.config says of a value that is none, in words for whoever wrote it."""

from __future__ import annotations

import re

_LOCATION = re.compile(r"LocationInfo\(location=<[^>]*>, detail='([^']*)'\)")
"""Where a value comes from, as oslo.config 10 writes it: an object's own form."""


def render_mistake(text: str) -> str:
    """The text of an error of oslo.config, with the file's name where it writes an object."""
    return "configuration: " + _LOCATION.sub(r"\1", text)
