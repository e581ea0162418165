"""Layers by name: which rule translates each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.opset.native import Rule, unknown
from cyborg_rr.readers.kit.opset.operations import RULES as OPSET

_ALIASES: Final = {"SoftMax": "Softmax", "LogSoftMax": "LogSoftmax"}

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {**OPSET, **{name: OPSET[meant] for name, meant in _ALIASES.items()}}
)

_OWN: Final = ("opset", "type_relaxed_opset", "ie_internal_opset", "experimental", "internal")


@lru_cache(maxsize=64)
def name_domain(opset: str) -> str:
    """The domain of a layer: empty where it is OpenVINO's own."""
    return "" if not opset or opset.startswith(_OWN) else opset


def find_rule(kind: str, opset: str) -> Rule:
    """The rule of a layer of version 10 or later."""
    return unknown if name_domain(opset) else RULES.get(kind, unknown)


@lru_cache(maxsize=64)
def find_version(opset: str) -> int:
    """The number of an opset; 1 where none is stated."""
    digits = opset.removeprefix("opset")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 1
