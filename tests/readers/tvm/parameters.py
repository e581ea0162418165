"""Files of parameters as TVM saves them, written after the published format."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping


def make_parameters(shapes: Mapping[str, tuple[int, ...]]) -> bytes:
    """Zeros of float32 under these names."""
    parts = [struct.pack("<QQQ", 0xF7E58D4F05049CB7, 0, len(shapes))]
    for name in shapes:
        parts.append(struct.pack("<Q", len(name)) + name.encode())
    parts.append(struct.pack("<Q", len(shapes)))
    for shape in shapes.values():
        content = bytes(4 * math.prod(shape))
        head = struct.pack("<QQiiiBBH", 0xDD5E40F096B4A13F, 0, 1, 0, len(shape), 2, 32, 1)
        sizes = struct.pack(f"<{len(shape)}q", *shape)
        parts.append(head + sizes + struct.pack("<q", len(content)) + content)
    return b"".join(parts)
