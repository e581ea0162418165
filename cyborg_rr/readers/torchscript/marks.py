"""What TorchScript files are recognised by."""

from __future__ import annotations

from typing import Final

MOBILE: Final = b"PTMF"
"""The identifier of the FlatBuffer form (torch/csrc/jit/serialization/mobile_bytecode.fbs)."""
