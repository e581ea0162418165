"""May a toolchain take this model for this device? Each check answers one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.graph.naming import native_operation
from cyborg_rr.domain.representation.architectures import is_at_least, normalise_architecture
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.toolchain import Intake, Toolchain
from cyborg_rr.domain.words import ELEMENT_TYPES, find_bits

SHOWN = 4

_PLAIN = tuple(entry.name for entry in ELEMENT_TYPES.values() if entry.is_plain)

NOT_OPERATIONS = frozenset({"unknown", "custom_call"})
"""Counted elsewhere: what this service has no rule for is not the toolchain's refusal."""

FREE_OF_CODE = frozenset({"identity", "tuple", "get_tuple_element", "optimization_barrier"})


@dataclass(frozen=True, slots=True)
class ModelDemand:
    """What a model asks of a compiler.

    ``operations`` counts canonical names; ``work_shares`` gives, for those that do matrix work,
    their share of it as far as that is known. ``dynamic`` says that the file leaves sizes open,
    ``bound`` that the analysis was given all of them and ``binding`` names them with their sizes.
    """

    family: str
    version: str | None = None
    dialects: Mapping[str, str | None] = field(default_factory=dict)
    element_types: tuple[str, ...] = ()
    operations: Mapping[str, int] = field(default_factory=dict)
    native_operations: Mapping[str, int] = field(default_factory=dict)
    work_shares: Mapping[str, float] = field(default_factory=dict)
    dynamic: bool = False
    bound: bool = True
    binding: str = ""
    control_flow: Mapping[str, int] = field(default_factory=dict)
    collectives: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepRefusal:
    """Why a toolchain does not (or may not) take the model.

    A refusal with ``change`` is met by that change of how the model is compiled; one that is
    ``uncertain`` says that nobody stated the fact; any other rules the toolchain out. ``fix`` says
    what would remove it.
    """

    code: str
    text: str
    fix: str = ""
    change: str | None = None
    uncertain: bool = False

    @property
    def is_hard(self) -> bool:
        """Whether it rules the toolchain out."""
        return self.change is None and not self.uncertain


def check_step(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> list[StepRefusal]:
    """All refusals of one toolchain; none: it takes the model as it is."""
    return [refusal for check in CHECKS for refusal in check(demand, toolchain, representation)]


def _check_versions(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """The IR's version and those of its operation sets."""
    intake = next(i for i in toolchain.takes if i.family == demand.family)
    if intake.version is not None and demand.version is not None:
        wanted = intake.version.refuse(demand.version)
        if wanted:
            yield StepRefusal(
                "version",
                f"{toolchain.name} needs {demand.family} version {wanted}, the file is"
                f" {demand.version}",
                f"convert the model to {demand.family} version {wanted}",
            )
    for name, version in demand.dialects.items():
        bounds = intake.dialects.get(name)
        if bounds is None:
            yield from _check_unlisted(demand, toolchain, intake, name)
        elif version is not None and (wanted := bounds.refuse(version)):
            text = f"{toolchain.name} needs {name} {wanted}, the file uses {version}"
            kept = bounds.refuse_conversion(version, demand.native_operations)
            if kept == () and demand.native_operations:
                change = f"convert {name} {version} to {bounds.max}"
                yield StepRefusal("version", text, change=change)
                continue
            why = f" and {_shorten(list(kept))} changed since" if kept else ""
            yield StepRefusal("version", text + why, f"export the model with {name} {wanted}")


def _check_unlisted(
    demand: ModelDemand, toolchain: Toolchain, intake: Intake, dialect: str
) -> Iterator[StepRefusal]:
    """An operation set without a stated range counts only once an operation of it is used."""
    if not intake.dialects:
        return
    used = list(
        dict.fromkeys(
            native_operation(name)
            for name in demand.native_operations
            if name.startswith((f"{dialect}:", f"{dialect}."))
        )
    )
    if used:
        yield StepRefusal(
            "operation",
            f"{toolchain.name} does not take operations of {dialect} ({_shorten(used)})",
            f"export the model without operations of {dialect}",
        )


def _check_architecture(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """The device's architecture against the least, highest and listed ones."""
    own = representation.architecture
    if toolchain.target is None:
        return
    limited = toolchain.min_architecture or toolchain.max_architecture or toolchain.architectures
    if own is None:
        if limited:
            yield StepRefusal(
                "architecture",
                f"the architecture of {representation.device_class} is not known, which"
                f" {toolchain.name} depends on",
                uncertain=True,
            )
        return
    low, high = toolchain.min_architecture, toolchain.max_architecture
    if low is not None and not is_at_least(own, low):
        yield StepRefusal("architecture", f"{toolchain.name} needs {low} or later, not {own}")
    if high is not None and not is_at_least(high, own):
        yield StepRefusal("architecture", f"{toolchain.name} knows {high} at the latest, not {own}")
    listed = [normalise_architecture(name) for name in toolchain.architectures]
    if listed and normalise_architecture(own) not in listed:
        yield StepRefusal(
            "architecture", f"{toolchain.name} compiles for {_shorten(listed)}, not for {own}"
        )


def _check_element_types(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """Each element type of the model, on this architecture."""
    if not toolchain.element_types:
        return
    own = representation.architecture
    foreign = [name for name in demand.element_types if name not in toolchain.element_types]
    if foreign:
        yield StepRefusal(
            "element_type",
            f"{toolchain.name} does not take {_shorten(foreign)}",
            _conversion_fix(foreign, toolchain, own),
        )
    for name in demand.element_types:
        least = toolchain.element_types.get(name)
        if least and own is not None and not is_at_least(own, least):
            yield StepRefusal(
                "element_type",
                f"{toolchain.name} takes {name} from {least} on, not on {own}",
                _conversion_fix([name], toolchain, own),
            )


def _conversion_fix(foreign: list[str], toolchain: Toolchain, architecture: str | None) -> str:
    """What to convert to when only floating-point types stand in the way: the two nearest."""
    if any(name not in _PLAIN for name in foreign):
        return ""
    taken = [
        name
        for name in _PLAIN
        if (least := toolchain.element_types.get(name)) is not None
        and name not in foreign
        and (not least or (architecture is not None and is_at_least(architecture, least)))
    ]
    if taken:
        bits = max(find_bits(name) for name in foreign)
        taken.sort(key=lambda name: abs(find_bits(name) - bits))
        return f"convert the model to {' or '.join(taken[:2])}"
    return "quantise the model to i8" if "i8" in toolchain.element_types else ""


def _check_quantisation(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """A floating-point model on a part that computes in integers only."""
    target = toolchain.quantises_to
    if target is not None and target not in demand.element_types:
        yield StepRefusal(
            "quantisation",
            f"{toolchain.name} computes in {target} only and needs example inputs to quantise",
            change=f"quantise to {target} with example inputs",
        )


def _check_operations(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """Operations that would run on the host's processor instead, or not at all."""
    coverage = toolchain.operations
    if coverage.cover == "unknown":
        yield StepRefusal(
            "coverage",
            f"which operations {toolchain.name} covers is not stated anywhere",
            uncertain=True,
        )
        return
    asked = {
        name: count
        for name, count in demand.operations.items()
        if name not in NOT_OPERATIONS and name not in FREE_OF_CODE
    }
    missing = [
        name
        for name in asked
        if name in coverage.excluded or (coverage.cover == "list" and name not in coverage.listed)
    ]
    if not missing:
        return
    nodes = sum(asked[name] for name in missing)
    shares = [demand.work_shares[name] for name in missing if name in demand.work_shares]
    share = f", {100 * sum(shares):.3g} % of the matrix work" if shares else ""
    yield StepRefusal(
        "operation",
        f"{toolchain.name} does not cover {_shorten(missing)} ({nodes} of"
        f" {sum(demand.operations.values())} nodes{share})",
        f"replace {_shorten(missing)} in the model",
    )


def _check_shapes(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """Open dimensions, which some compilers want fixed or bounded."""
    if not demand.dynamic or not demand.bound or toolchain.dynamic_shapes != "none":
        return  # without sizes the figures are missing anyway, which is a refusal of its own
    yield StepRefusal(
        "dynamic",
        f"{toolchain.name} compiles fixed shapes only",
        change=f"bind {demand.binding}",
    )


def _check_control_flow(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """Loops and branches."""
    if demand.control_flow and not toolchain.control_flow:
        yield StepRefusal(
            "control_flow",
            f"{toolchain.name} takes no control flow ({_shorten(list(demand.control_flow))})",
            "unroll loops and fold branches before",
        )


def _check_collectives(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """Communication between devices."""
    if demand.collectives and not toolchain.collectives:
        yield StepRefusal(
            "collectives",
            f"{toolchain.name} takes no collectives ({_shorten(list(demand.collectives))})",
            "export the model for one device",
        )


def _check_overlay(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StepRefusal]:
    """FPGA functions that must be loaded before."""
    loaded = {name.lower() for name in representation.functions}
    if toolchain.overlays and not loaded & {name.lower() for name in toolchain.overlays}:
        has = f"has {_shorten(sorted(loaded))}" if loaded else "has none loaded"
        yield StepRefusal(
            "overlay",
            f"{toolchain.name} needs the overlay {' or '.join(toolchain.overlays)};"
            f" {representation.device_class} {has}",
            f"load the overlay {toolchain.overlays[0]}",
        )


Check = Callable[[ModelDemand, Toolchain, ResourceRepresentation], Iterator[StepRefusal]]

CHECKS: tuple[Check, ...] = (
    _check_versions,
    _check_architecture,
    _check_overlay,
    _check_element_types,
    _check_quantisation,
    _check_operations,
    _check_shapes,
    _check_control_flow,
    _check_collectives,
)


def _shorten(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
