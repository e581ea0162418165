"""Operations of the opsets by name: which rule translates each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.opset import (
    elementwise,
    indexing,
    recurrent,
    shaping,
    summing,
    windows,
)
from cyborg_rr.readers.kit.opset.native import Rule

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **elementwise.RULES,
        **windows.RULES,
        **summing.RULES,
        **shaping.RULES,
        **indexing.RULES,
        **recurrent.RULES,
    }
)
"""What stays unknown beside them: what is made of regions and boxes of detectors, beam searches,
connectionist temporal classification, colours of video, short-time transforms, and texts."""
