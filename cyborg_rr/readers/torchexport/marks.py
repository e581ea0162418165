"""What torch.export packages are recognised by."""

from __future__ import annotations

from typing import Final

BEFORE: Final = "serialized_exported_program.json"
"""The member that holds the program as PyTorch wrote it until 2.6."""
