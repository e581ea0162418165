"""The one codec: dataclasses to plain JSON data and back, for messages, stored documents and API.

What it offers is imported from here. ``domain.documents`` says how values stand in documents and
how versions of one may differ.
"""

from cyborg_rr.codec.parsing import parse, parse_stored
from cyborg_rr.codec.rendering import render
from cyborg_rr.codec.versions import restrict

__all__ = ["parse", "parse_stored", "render", "restrict"]
