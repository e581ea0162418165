"""What GGUF files are recognised by."""

from __future__ import annotations

MAGIC = b"GGUF"
SUFFIX = ".gguf"


def looks_like_gguf(head: bytes) -> bool:
    """Whether a file begins as GGUF does: the magic number, and a version in either order."""
    return head[:4] == MAGIC and len(head) >= 8 and head[4:8] != bytes(4)
