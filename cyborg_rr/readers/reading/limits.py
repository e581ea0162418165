"""What no model goes beyond, whatever its IR."""

from __future__ import annotations

MAX_RANK = 64
"""Dimensions of a tensor; runtimes stop at 8 to 64."""

MAX_NODES = 5_000_000
"""Nodes of one graph: the largest that we met has about a hundred thousand."""
