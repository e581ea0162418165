"""Where the generators beside it put what they write: plain, or packed where weights are in it."""

from __future__ import annotations

import lzma
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MAX_PLAIN_BYTES = 2048


def keep(model: str, name: str, content: bytes) -> None:
    """One file of one form of one model."""
    path = FOLDER / model / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if len(content) > MAX_PLAIN_BYTES:
        path.with_name(f"{path.name}.xz").write_bytes(lzma.compress(content, preset=9))
    else:
        path.write_bytes(content)
