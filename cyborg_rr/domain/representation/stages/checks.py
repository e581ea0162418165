"""May a toolchain take this model for this device? Each check answers one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.coverage import check_coverage, check_packing
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.stages.element_types import (
    check_element_types,
    check_quantisation,
)
from cyborg_rr.domain.representation.stages.hardware import check_architecture, check_overlay
from cyborg_rr.domain.representation.stages.operations import (
    check_collectives,
    check_control_flow,
    check_operations,
    check_shapes,
)
from cyborg_rr.domain.representation.stages.refusal import StageRefusal
from cyborg_rr.domain.representation.stages.terms import Terms
from cyborg_rr.domain.representation.stages.versions import check_versions
from cyborg_rr.domain.representation.toolchain import Toolchain

Check = Callable[[ModelDemand, Toolchain, ResourceRepresentation], Iterator[StageRefusal]]

CHECKS: tuple[Check, ...] = (
    check_versions,
    check_architecture,
    check_overlay,
    check_element_types,
    check_quantisation,
    check_packing,
    check_operations,
    check_shapes,
    check_control_flow,
    check_collectives,
)


def check_stage(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation, terms: Terms
) -> list[StageRefusal]:
    """All refusals of one toolchain; none: it takes the model as it is."""
    found = [refusal for check in CHECKS for refusal in check(demand, toolchain, representation)]
    return [*found, *check_coverage(demand, toolchain, representation, terms)]
