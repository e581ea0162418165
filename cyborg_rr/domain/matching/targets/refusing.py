"""Why a device is not the target that a file demands: a rule for each kind of target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import ANY_OF, LIBRARY, Target
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.matching.targets.backends import refuse_backend
from cyborg_rr.domain.matching.targets.machine_code import (
    refuse_architecture,
    refuse_ptx,
    refuse_spirv,
)
from cyborg_rr.domain.matching.targets.programmable import (
    refuse_bitstream,
    refuse_function,
    refuse_interface,
    refuse_platform,
    refuse_region,
)
from cyborg_rr.domain.representation.representation import ResourceRepresentation

Rule = Callable[[Target, ResourceRepresentation], Refusal | None]

MAX_SHOWN: Final = 6


def refuse_target(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """Why the device is not the target, or None; a target that cannot be checked is ``unknown``."""
    if target.kind == ANY_OF:
        return _refuse_any(target, representation)
    rule = RULES.get(target.kind)
    if rule is not None:
        return rule(target, representation)
    text = f"the file demands {target.kind} {target.value}, which nobody can check"
    return Refusal("target", text, "unknown")


def _refuse_any(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """The best of the alternatives: none refused, else one of which nothing sure is known."""
    found = [refuse_target(each, representation) for each in target.alternatives]
    refusals = [refusal for refusal in found if refusal is not None]
    if len(refusals) < len(found):
        return None
    unsure = next((each for each in refusals if each.outcome != "does not fit"), None)
    if unsure is not None:
        return unsure
    listed = list_names([each.value for each in target.alternatives], MAX_SHOWN)
    own = representation.architecture or "none of them"
    fix = next((each.fix for each in refusals if each.fix), "")
    text = f"the file holds code for {listed}; {representation.device_class} is {own}"
    return Refusal("target", text, "does not fit", fix)


def _refuse_library(target: Target, representation: ResourceRepresentation) -> Refusal:
    return Refusal(
        "target",
        f"the functions of the graph stand compiled in a library ({target.value}) that is not read:"
        " it alone says for what device",
        "unknown",
        f"compile the model for {representation.device_class} from what the graph was made of",
    )


def _refuse_undeclared(target: Target, representation: ResourceRepresentation) -> Refusal:
    """What the file was built for, and does not say: only who built it knows."""
    return Refusal(
        "target",
        f"the file does not say for which {target.value} it was built, and runs on no other",
        "unknown",
        f"build it on {representation.device_class}",
    )


def _refuse_host(target: Target, representation: ResourceRepresentation) -> Refusal:
    return Refusal(
        "target",
        f"the file is a program for {target.value} and holds no code for {representation.name}",
        "does not fit",
        f"compile the model for {representation.device_class}",
    )


RULES: Final[Mapping[str, Rule]] = {
    "arch": refuse_architecture,
    "ptx": refuse_ptx,
    "spirv": refuse_spirv,
    "backend": refuse_backend,
    "built on": _refuse_undeclared,
    "host": _refuse_host,
    "platform": refuse_platform,
    "interface": refuse_interface,
    "region": refuse_region,
    "bitstream": refuse_bitstream,
    "artifact": refuse_function,
    "afu": refuse_function,
    "function": refuse_function,
    LIBRARY: _refuse_library,
}
"""By kind of target; what a kind's value is stands with its rule."""
