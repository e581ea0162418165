"""The attributes that name dimensions, declared once for all operations that have them."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute

AXIS: Final = Attribute(
    "axis", "integer", "dimension along which it works; a negative one counts from the back"
)

AXES: Final = Attribute(
    "axes", "integers", "dimensions that it works on; negative ones count from the back"
)
