"""Compile paths: chains of toolchains from a model's IR to code for a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.checks import check_stage
from cyborg_rr.domain.representation.stages.demand import ModelDemand, has_table
from cyborg_rr.domain.representation.stages.refusal import StageRefusal
from cyborg_rr.domain.representation.stages.terms import Terms
from cyborg_rr.domain.representation.toolchain import Toolchain

MAX_PATH_LENGTH = 4

_SELDOM: Final = 1 << 30
"""The place of a toolchain that practice does not name."""

_Place = tuple[int, int]
"""Of a toolchain: which people run such files with first, then as the representation lists them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One toolchain of a path: from which IR to which IR or target."""

    toolchain: str
    source: str
    result: str

    def render(self) -> dict[str, str]:
        """As verdicts show it."""
        return {"toolchain": self.toolchain, "from": self.source, "to": self.result}


@dataclass(frozen=True, slots=True)
class CompilePath:
    """Stages that lead to the device, and what is still to be done or not known about them."""

    stages: tuple[Stage, ...] = ()
    conditions: tuple[StageRefusal, ...] = ()
    toolchains: tuple[Toolchain, ...] = field(default=(), compare=False)
    practice: tuple[_Place, ...] = field(default=(), compare=False)

    @property
    def multi_device(self) -> bool:
        """Whether the last toolchain can split a model over several devices."""
        return bool(self.toolchains) and self.toolchains[-1].multi_device


@dataclass(frozen=True, slots=True)
class PathSearch:
    """The best path (None: there is none) and why other toolchains are out.

    The refusals of the toolchain that comes nearest stand first: that with the fewest of them, then
    the one that needs fewer stages before it, then the one that people use first. ``usual_refused``
    says that they use one of those before the path.
    """

    path: CompilePath | None
    refusals: tuple[StageRefusal, ...]
    usual_refused: bool = False


def find_path(
    demand: ModelDemand, representation: ResourceRepresentation, terms: Terms | None = None
) -> PathSearch:
    """Search all chains of at most ``MAX_PATH_LENGTH`` toolchains that the representation lists.

    The best path has no conditions, or else only such as the user can meet (``change``): all of the
    model is on the device. Of equal ones that which people use first for such files is taken, then
    one of fewer stages, then that which the representation lists first.
    """
    refused: list[_Refused] = []
    paths = list(_walk(demand, representation, terms or Terms(), (), refused))
    nearest = sorted(refused, key=lambda one: (len(one.refusals), one.stages_before, one.place))
    refusals = tuple(_distinct(refusal for found in nearest for refusal in found.refusals))
    best = min(paths, key=_order, default=None)
    first = min((one.place for one in refused if not one.stages_before), default=(_SELDOM, 0))
    return PathSearch(best, refusals, best is not None and first < best.practice[0])


@dataclass(frozen=True, slots=True)
class _Refused:
    """A toolchain that is out, after so many stages."""

    stages_before: int
    place: _Place
    refusals: tuple[StageRefusal, ...]


def _order(path: CompilePath) -> tuple[int, int, list[int], list[int]]:
    unknown = sum(1 for condition in path.conditions if condition.change is None)
    usual = [place for place, _ in path.practice]
    return unknown, len(path.conditions), usual, [listed for _, listed in path.practice]


def _walk(
    demand: ModelDemand,
    representation: ResourceRepresentation,
    terms: Terms,
    used: tuple[Toolchain, ...],
    refused: list[_Refused],
    models: tuple[ModelDemand, ...] = (),
) -> Iterator[CompilePath]:
    for index, toolchain in enumerate(representation.toolchains):
        intake = toolchain.find_intake(demand.family, compiled=demand.compiled)
        if toolchain in used or intake is None or _goes_around(toolchain, models):
            continue
        place = intake.usual or _SELDOM, index
        found = check_stage(demand, toolchain, representation, terms)
        hard = [refusal for refusal in found if refusal.is_hard]
        if hard:
            refused.append(_Refused(len(used), place, tuple(hard)))
            continue
        conditions = tuple(found)
        if toolchain.target is not None:
            result = _render_target(toolchain.target, representation)
            stage = Stage(toolchain.id, demand.family, result)
            yield CompilePath((stage,), conditions, (toolchain,), (place,))
        elif len(used) + 1 < MAX_PATH_LENGTH and toolchain.yields_ir is not None:
            stage = Stage(toolchain.id, demand.family, toolchain.yields_ir)
            after = replace(
                demand,
                family=toolchain.yields_ir,
                version=None,
                dialects=dict(toolchain.yields_dialects),
                native_operations={},
                uses=(),
            )
            before = (*models, demand)
            for rest in _walk(after, representation, terms, (*used, toolchain), refused, before):
                yield CompilePath(
                    (stage, *rest.stages),
                    tuple(_distinct((*conditions, *rest.conditions))),
                    (toolchain, *rest.toolchains),
                    (place, *rest.practice),
                )


def _goes_around(toolchain: Toolchain, models: tuple[ModelDemand, ...]) -> bool:
    """Whether it takes the model as it was before that was translated, by its coverage table."""
    return any(
        has_table(model, toolchain)
        and toolchain.find_intake(model.family, compiled=model.compiled) is not None
        for model in models
    )


def _render_target(family: str, representation: ResourceRepresentation) -> str:
    if representation.architecture is None:
        return family
    return f"{family}:{representation.architecture}"


def _distinct(refusals: Iterable[StageRefusal]) -> list[StageRefusal]:
    return list(dict.fromkeys(refusals))
