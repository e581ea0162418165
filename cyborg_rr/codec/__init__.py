"""The one codec: dataclasses to plain JSON data and back, for messages, stored documents and API.

``render`` and ``parse`` are all that others use; ``versions`` says how documents may differ.
"""

from cyborg_rr.codec.parsing import parse, parse_stored
from cyborg_rr.codec.rendering import hash_document, render

__all__ = ["hash_document", "parse", "parse_stored", "render"]
