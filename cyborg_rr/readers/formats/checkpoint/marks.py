"""What checkpoints of PyTorch are recognised by."""

from __future__ import annotations

from typing import Final

LEGACY_MAGIC: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""MAGIC_NUMBER as a pickle; the version of the protocol and facts on the machine follow."""

PICKLE: Final = "data.pkl"
"""The member of an archive that holds what was saved."""
