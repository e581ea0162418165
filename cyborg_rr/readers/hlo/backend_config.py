"""What a backend notes beside an instruction, as JSON: looked into for a few facts only.

``known_trip_count`` stands in WhileLoopBackendConfig and ``dot_dimension_numbers`` in
GemmBackendConfig (xla/xla_data.proto, xla/service/gpu/backend_configs.proto). Older files have the
JSON as a text in quotes.
"""

from __future__ import annotations

import re

from cyborg_rr.readers.hlo.module import AttributeForm

_TRIPS = re.compile(rb'"known_trip_count"\s*+:\s*+\{\s*+"n"\s*+:\s*+"?+([0-9]{1,10}+)"?')
_SIDES = re.compile(
    rb'"((?:lhs|rhs)_(?:contracting|batch)_dim)ensions"\s*+:\s*+\[([0-9,"\s]{0,999}+)\]'
)
_NUMBER = re.compile(rb"[0-9]{1,9}+")


def read_backend_config(text: bytes) -> dict[str, AttributeForm]:
    """How often a loop runs, and which dimensions a matrix product sums over."""
    plain = text.replace(b"\\", b"")
    forms: dict[str, AttributeForm] = {}
    trips = _TRIPS.search(plain)
    if trips is not None:
        forms["trip_count"] = int(trips[1])
    if b"contracting_dimensions" in plain:
        for match in _SIDES.finditer(plain):
            forms[f"{match[1].decode()}s"] = tuple(map(int, _NUMBER.findall(match[2])))
    return forms
