"""Layers that hold networks, by their names: what writes each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.openvino.graph import Maker
from cyborg_rr.readers.openvino.nesting.branches import make_if
from cyborg_rr.readers.openvino.nesting.loops import make_loop

MAKERS: Final[Mapping[str, Maker]] = MappingProxyType(
    {"If": make_if, "Loop": make_loop, "TensorIterator": make_loop}
)
