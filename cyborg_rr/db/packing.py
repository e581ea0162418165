"""Documents that are kept packed: the last report of a host, for the next says what changed."""

from __future__ import annotations

import zlib

from cyborg_rr.domain.hardware.keys import hash_key

MAX_REPORTED_BYTES = 4 << 20
"""Of a report as it is kept, packed: within what databases take in one message by default."""


def pack_document(document: str | None) -> bytes | None:
    """The report to keep; None where there is none, or one that is too long."""
    if document is None:
        return None
    packed = zlib.compress(document.encode(), 1)
    return packed if len(packed) <= MAX_REPORTED_BYTES else None


def unpack_document(packed: bytes | None, document_hash: str) -> str | None:
    """The report that is kept, if it is of that hash."""
    document = None if packed is None else zlib.decompress(packed).decode()
    return document if document is not None and hash_key(document) == document_hash else None
