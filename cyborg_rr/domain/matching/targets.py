"""Exact targets that a file demands, such as an architecture, a platform or an FPGA function."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import LIBRARY, Target
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.representation.architectures import runs_code_for
from cyborg_rr.domain.representation.representation import ResourceRepresentation


def refuse_target(target: Target, representation: ResourceRepresentation) -> Refusal | None:
    """Why the device is not the target, or None; a target that cannot be checked is ``unknown``."""
    kind, value = target.kind, target.value
    name = representation.device_class
    if kind == "arch":
        return _refuse_architecture(value, representation)
    if kind == "backend":
        families = {own.split(":", 1)[0] for own in representation.targets}
        if value.split(":", 1)[0].lower() in families:
            return None
        shown = ", ".join(sorted(families)) or "no backend"
        return Refusal("target", f"the file is for {value}, {name} has {shown}", "does not fit")
    if kind in ("platform", "artifact", "afu", "function"):
        loaded = {function.lower() for function in representation.functions}
        if value.lower() in loaded:
            return None
        has = ", ".join(sorted(loaded)) or "nothing"
        return Refusal(
            "target",
            f"the file needs the {kind} {value}; {name} has {has} loaded",
            "does not fit",
            f"load {value}",
        )
    if kind == LIBRARY:
        return Refusal(
            "target",
            f"the functions of the graph stand compiled in a library ({value}) that is not read: it"
            " alone says for what device",
            "unknown",
            f"compile the model for {name} from what the graph was made of",
        )
    return Refusal("target", f"the file demands {kind} {value}, which nobody can check", "unknown")


def _refuse_architecture(value: str, representation: ResourceRepresentation) -> Refusal | None:
    wanted = value.split(":", 1)[1] if value.startswith(("cuda:", "rocm:", "hip:")) else value
    own = representation.architecture
    if own is None:
        return Refusal(
            "target",
            f"the file is for {value}; the architecture of {representation.device_class} is not"
            " known",
            "unknown",
        )
    if runs_code_for(own, wanted):
        return None
    return Refusal(
        "target",
        f"the file is for {value}, {representation.device_class} is {own}",
        "does not fit",
        f"compile the model for {own}",
    )
